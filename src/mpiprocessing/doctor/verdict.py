"""A verdict: how bad it is, what was seen, and the line that mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["FAIL", "NOT_LOOKED", "OK", "WARN", "Verdict", "amount", "bad", "fine", "listed", "poor", "unseen"]

OK, WARN, FAIL, NOT_LOOKED = "OK", "WARN", "FAIL", "----"

_NAMED = 4
"""How many ranks or hosts a line names."""


@dataclass(frozen=True)
class Verdict:
    """What a check has found.

    Attributes:
        level: OK; WARN: it works, but slowly, or not everywhere; FAIL: it does not work; NOT_LOOKED.
        text: what was seen.
        fix: the line to type, or what to do; "" where nothing is to be done.
    """

    level: str
    text: str
    fix: str = ""


def fine(text: str) -> Verdict:
    """All is well."""
    return Verdict(OK, text)


def poor(text: str, fix: str) -> Verdict:
    """It works, but slowly, or not everywhere."""
    return Verdict(WARN, text, fix)


def bad(text: str, fix: str) -> Verdict:
    """It does not work."""
    return Verdict(FAIL, text, fix)


def unseen(why: str, how: str = "") -> Verdict:
    """It was not looked at.

    Args:
        why: the reason.
        how: what to do to have it looked at.
    """
    return Verdict(NOT_LOOKED, f"not looked at: {why}", how)


def listed(things: Iterable[object], one: str = "", many: str = "") -> str:
    """Name a few of several: "ranks 0, 1, 2, 3 and 12 more".

    Args:
        things: what to name.
        one: what one of them is called.
        many: what several are called; `one` with an s if empty.
    """
    all_of_them = [str(thing) for thing in things]
    text = ", ".join(all_of_them[:_NAMED])
    if len(all_of_them) > _NAMED:
        text += f" and {len(all_of_them) - _NAMED} more"
    return f"{one if len(all_of_them) == 1 else many or one + 's'} {text}" if one else text


def amount(count: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.0f} TiB" if count >= 10 else f"{count:.1f} TiB"
