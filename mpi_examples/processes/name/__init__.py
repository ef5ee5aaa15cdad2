"""A process has the name its parent gives it; a rank has a number."""
