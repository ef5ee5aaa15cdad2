"""Attacks: bytes, command lines, pages and programs nobody would write. `python -m tests.fuzz --help`."""
