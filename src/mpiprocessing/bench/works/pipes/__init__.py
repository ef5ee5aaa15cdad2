"""Pipes: two processes send each other something, in turn."""
