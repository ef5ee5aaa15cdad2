"""Figures as text: the same in the terminal, on the page and in a document."""

from __future__ import annotations

from mpiprocessing.bench.catalogue import Kind, Target, Work
from mpiprocessing.bench.spread import Spread
from mpiprocessing.bench.verdict import Judged

__all__ = [
    "UNITS",
    "amount_text",
    "judged_text",
    "range_text",
    "ratio_text",
    "size_text",
    "target_text",
    "unit_text",
    "value_text",
]

UNITS: dict[Kind, tuple[tuple[float, str], ...]] = {
    "seconds": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "bytes": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
    "share": ((1e-2, "%"),),
}
"""In which amounts are written, the largest first."""


def amount_text(amount: float, kind: Kind) -> str:
    """Write an amount.

    Args:
        amount: seconds, bytes or a share.
        kind: which of them.

    Returns:
        "12.3 µs", "24 MB", "1.8 %".
    """
    factor, unit = _unit(amount, kind)
    return f"{_short(amount / factor)} {unit}"


def range_text(spread: Spread, kind: Kind) -> str:
    """Write where the middle half of the samples lies, in the unit of the median.

    Args:
        spread: of the samples.
        kind: what they are.

    Returns:
        "11.9-14".
    """
    factor, _ = _unit(spread.median, kind)
    return f"{_short(spread.low / factor)}-{_short(spread.high / factor)}"


def size_text(size: float, *, decimal: bool = False) -> str:
    """Write a number of bytes.

    Args:
        size: how many.
        decimal: in units of thousands, as rates are, instead of those of 1024, as sizes of buffers are.

    Returns:
        "64 KiB", "1 MiB"; "1.2 GB".
    """
    if decimal:
        return amount_text(size, "bytes")
    power = 0
    while size >= 1024 and power < 3:
        size, power = size / 1024, power + 1
    return f"{size:g} {('B', 'KiB', 'MiB', 'GiB')[power]}"


def ratio_text(ratio: float | None) -> str:
    """Write how many times as long one takes as the other.

    Args:
        ratio: of two amounts, None where one is not known.

    Returns:
        "0.31", "12", "-".
    """
    return "-" if ratio is None else _short(ratio)


def target_text(target: Target, kind: Kind, *, named: bool = True) -> str:
    """Write a target.

    Args:
        target: any.
        kind: of the amounts.
        named: say what it is against.

    Returns:
        "≤ 1/8 multiprocessing", "≤ 1.5 mpi4py", "≤ mpi4py + 15 MB", "≤ 1 ms".
    """
    if not target.against:
        return f"≤ {amount_text(target.most, kind)}"
    if target.beyond:
        return f"≤ {target.against} + {amount_text(target.most, kind)}"
    if target.most < 1 and abs(1 / target.most - round(1 / target.most)) < 1e-9:
        factor = f"1/{round(1 / target.most)}"
    else:
        factor = f"{target.most:g}"
    return f"≤ {factor} {target.against}" if named else f"≤ {factor}"


def judged_text(judged: Judged, kind: Kind, *, named: bool = True) -> str:
    """Write a target and whether it is reached.

    Args:
        judged: any.
        kind: of the amounts.
        named: say what it is against.

    Returns:
        "✓ ≤ 1/8 multiprocessing", "✗ ≤ 1 ms", "? ≤ 1.5 mpi4py" where it is not known.
    """
    mark = {True: "✓", False: "✗", None: "?"}[judged.reached]
    return f"{mark} {target_text(judged.target, kind, named=named)}"


def unit_text(work: Work) -> str:
    """Write for what the amounts of a work are.

    Args:
        work: any.

    Returns:
        "for each item"; "share of a core, for each process".
    """
    return f"{'share of a core, ' if work.kind == 'share' else ''}for each {work.unit}"


def value_text(judged: Judged, kind: Kind) -> str:
    """Write what is held to a target.

    Args:
        judged: any.
        kind: of the amounts.

    Returns:
        "0.31", a ratio; "0.8 ms", an amount; "not measured".
    """
    if judged.value is None:
        return "not measured"
    ratio = judged.target.against and not judged.target.beyond
    return ratio_text(judged.value) if ratio else amount_text(judged.value, kind)


def _unit(amount: float, kind: Kind) -> tuple[float, str]:
    units = UNITS[kind]
    return next(((factor, unit) for factor, unit in units if abs(amount) >= factor * 0.9995), units[-1])


def _short(number: float) -> str:
    """Three digits, of which none is a zero that says nothing."""
    if number == 0:
        return "0"
    if abs(number) >= 99.95:
        return f"{number:.0f}"
    return f"{number:.3g}"
