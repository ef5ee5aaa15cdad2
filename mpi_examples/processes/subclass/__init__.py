"""A class of processes with a run method, and a plain class."""
