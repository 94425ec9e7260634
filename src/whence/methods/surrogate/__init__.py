"""Methods that fit something simpler first."""
