"""One who holds a lock calls another who takes it too."""
