"""What costs time while nothing happens, and how fast something is noticed then; a main process that computes."""
