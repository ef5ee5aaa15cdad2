"""Queues: producers put items, consumers get them."""
