"""The lower floors: what the standard library does not have, because it can share memory."""
