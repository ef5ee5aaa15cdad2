"""Workers add to one number and to one array."""
