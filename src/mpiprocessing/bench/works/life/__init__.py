"""Processes: started and joined; what one of them weighs."""
