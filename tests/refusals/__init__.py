"""Bad inputs at the front door, and what each must be told."""
