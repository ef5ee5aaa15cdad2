"""The squares of 0 to 19, one share for each worker."""
