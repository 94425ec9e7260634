"""The same answer for other tools: frames, files, and other libraries' objects."""
