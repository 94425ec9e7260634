"""Pictures (matplotlib): one file each, and what they share."""
