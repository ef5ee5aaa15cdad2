"""Handing objects from process to process."""
