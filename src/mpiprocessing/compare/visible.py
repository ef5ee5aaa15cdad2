"""Text of programs made safe to show: what would be obeyed, or cannot be written, is seen instead.

Theory of operation: a program may print anything, and name its processes anything. A control character moves a
terminal's cursor, and no XML file may hold one; an override of the writing direction makes a line read as what it
is not; half of a surrogate pair cannot be encoded. Each becomes a character that has a picture and no effect.
"""

from __future__ import annotations

__all__ = ["encodable", "visible"]

_REPLACEMENT = 0xFFFD
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {127: 0x2421}
_WITHOUT_PICTURE = (
    *range(0x80, 0xA0),  # the controls of ISO 8859
    *range(0x202A, 0x202F),  # overrides of the writing direction
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),  # surrogates
    0xFFFE,
    0xFFFF,
)
_TABLE = _PICTURES | dict.fromkeys(_WITHOUT_PICTURE, _REPLACEMENT)


def visible(text: str) -> str:
    """Replace every character that has an effect and no look.

    Args:
        text: what a program printed, or called something.

    Returns:
        The same text with its lines and tabs; an escape sequence is seen instead of obeyed.
    """
    return text.replace("\r\n", "\n").translate(_TABLE)


def encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which no file can hold: names of files that are no UTF-8 have some.

    Args:
        text: anything.
    """
    return text.encode("utf-8", "replace").decode("utf-8")
