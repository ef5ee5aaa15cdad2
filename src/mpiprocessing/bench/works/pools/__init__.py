"""Pools: workers do tasks."""
