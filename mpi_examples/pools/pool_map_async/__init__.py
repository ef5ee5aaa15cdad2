"""A map with a callback, and one whose function fails."""
