"""Who is whose neighbour, and who belongs together."""
