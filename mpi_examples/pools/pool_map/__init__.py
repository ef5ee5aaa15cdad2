"""The squares of 0 to 99 by a pool of four workers."""
