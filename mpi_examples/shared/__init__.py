"""Data that many processes read and change."""
