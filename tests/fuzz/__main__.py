"""`python -m tests.fuzz [--seconds S] [--seed N] [frames | commands | programs ...]`: attack for a while, and count."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tests.fuzz import commands, frames
from tests.fuzz.programs import campaign

ATTACKS: dict[str, Callable[[float, int], tuple[str, bool]]] = {
    "frames": frames.run,
    "commands": commands.run,
    "programs": campaign.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help=f"{', '.join(ATTACKS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each goes on (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="decides about everything (default: 0)")
    options = parser.parse_args()
    unknown = [name for name in options.attacks if name not in ATTACKS]
    if unknown:
        parser.error(f"there is no attack {unknown[0]!r}: {', '.join(ATTACKS)}")
    good = True
    for name in options.attacks or ATTACKS:
        told, held = ATTACKS[name](options.seconds, options.seed)
        print(told, flush=True)
        good = good and held
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
