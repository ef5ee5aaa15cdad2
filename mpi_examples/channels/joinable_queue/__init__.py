"""Work is done when every item has been acknowledged."""
