"""One sum, by one process, by threads, by processes."""
