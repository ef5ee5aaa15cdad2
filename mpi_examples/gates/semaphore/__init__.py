"""Five clients share two connections."""
