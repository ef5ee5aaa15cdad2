"""A queue with few places, and a producer with few credits."""
