"""Settings and an array for all, at once and hand to hand."""
