"""Processes are ended from outside; ranks are asked to end."""
