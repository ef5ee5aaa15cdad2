"""Managers and shared values: one object, used by a child of the process that made it."""
