"""Several processes change one number, one at a time."""
