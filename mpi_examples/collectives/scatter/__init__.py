"""Twelve numbers dealt out, the squares of each share summed."""
