"""Locks, semaphores, conditions, barriers, events."""
