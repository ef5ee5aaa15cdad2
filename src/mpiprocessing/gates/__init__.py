"""What processes wait at for each other: locks and semaphores, conditions, events, barriers."""
