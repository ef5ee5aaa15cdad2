"""Points find their centres; all agree when nobody moves."""
