"""Two processes meet at a barrier, two others do not."""
