"""Starting processes, and what becomes of them."""
