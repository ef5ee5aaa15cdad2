"""Waiting for each other, and taking turns."""
