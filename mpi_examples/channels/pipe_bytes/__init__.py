"""Bytes in messages, received into memory that waits."""
