"""All ranks together in one call."""
