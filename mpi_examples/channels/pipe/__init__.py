"""Two ends of a pipe, and the end of a conversation."""
