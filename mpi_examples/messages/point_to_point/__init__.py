"""Two senders, one receiver that chooses whom to hear."""
