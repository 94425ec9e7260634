"""Small networks whose insides are known, for the tests."""
