"""What is sent: a small tuple, bytes, or a NumPy array, of a given size."""

from __future__ import annotations

from typing import Any

import numpy

__all__ = ["payload"]


def payload(kind: str, size: int) -> Any:
    """Make something to send.

    Args:
        kind: "tuple", "bytes" or "array".
        size: bytes; a tuple is always the same.

    Returns:
        It; every page of it has been written, so that none is the kernel's page of zeros.
    """
    if kind == "tuple":
        return (1, "two", 3.0)
    return b"x" * size if kind == "bytes" else numpy.ones(size // 8)
