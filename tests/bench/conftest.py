"""The fixtures with which pages are looked at in a browser."""

from tests.browsers import browser, visit

__all__ = ["browser", "visit"]
