"""Results as they come: in order, and in any order."""
