"""Four processes that say who they are, in order."""
