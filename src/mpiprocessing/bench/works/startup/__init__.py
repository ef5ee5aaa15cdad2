"""Whole programs that do nothing: they are timed from outside, by bench/startup.py."""
