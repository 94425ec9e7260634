"""Judges: what holds of an answer, and of the evidence that it rests on."""
