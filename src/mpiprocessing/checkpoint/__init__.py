"""Checkpoints: results are on disk as they come, and the next run goes on from there."""
