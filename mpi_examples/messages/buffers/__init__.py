"""A matrix as an object, as a buffer, and one column of it."""
