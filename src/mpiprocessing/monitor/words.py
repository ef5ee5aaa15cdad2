"""Numbers for people: times, sizes, paces."""

from __future__ import annotations

__all__ = ["count", "duration", "named", "pace", "share", "size"]


def duration(seconds: float) -> str:
    """Such as "12 µs", "3.5 ms", "42 s", "7 min 5 s", "3 h 12 min", "2 d 4 h"."""
    seconds = max(0.0, seconds)
    if 0 < seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if 0 < seconds < 0.1:
        return f"{seconds * 1e3:.1f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def size(number: float) -> str:
    """Bytes, such as "1.3 GiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def pace(per_second: float) -> str:
    """Such as "12/s", or "3.5/min" where it is slow."""
    if per_second >= 10:
        return f"{per_second:.0f}/s"
    if per_second >= 0.5 or not per_second:
        return f"{per_second:.1f}/s"
    return f"{per_second * 60:.1f}/min" if per_second * 60 >= 0.5 else f"{per_second * 3600:.1f}/h"


def share(part: float, whole: float) -> str:
    """Such as "12 %"."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def named(task: int, call: str | None, item: int | None, items: int | None) -> str:
    """A task as its caller knows it, such as "map(fit), items 10 to 14"; by its number where that is not known."""
    what = call or f"task {task}"
    if item is None or items is None:
        return what
    return f"{what}, item {item}" if items == 1 else f"{what}, items {item} to {item + items - 1}"


def count(number: int, thing: str) -> str:
    """Such as "1 task", "3 tasks"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
