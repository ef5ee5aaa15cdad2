"""A daemon ends with the main process; a rank has to be told."""
