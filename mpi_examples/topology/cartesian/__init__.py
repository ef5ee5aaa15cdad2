"""The heat in a plate, each piece of it with another process."""
