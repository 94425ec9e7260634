"""The words every other room speaks: games, indices, methods, attributions."""
