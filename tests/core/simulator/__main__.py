"""`python -m tests.core.simulator [--seconds S] [--seed N] [SCENARIO ...]`: as many schedules as fit into the time."""

from __future__ import annotations

import argparse
import time
from collections import Counter

from tests.core.simulator.playing import play, replay
from tests.core.simulator.scenarios import SCENARIOS, UNSOLVED
from tests.core.simulator.world import Failure


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.core.simulator", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to go on")
    parser.add_argument("--seed", type=int, default=0, help="the first schedule")
    parser.add_argument(
        "--replay", action="store_true", help="play that one schedule, and print every message"
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="count failures instead of stopping at the first"
    )
    options = parser.parse_args()
    known = {**SCENARIOS, **UNSOLVED}
    names = options.scenarios or list(SCENARIOS)
    if options.replay:
        replay(known[names[0]], options.seed)
        return 0
    begun, played, messages, seed = time.perf_counter(), 0, 0, options.seed
    failures: Counter[str] = Counter()
    while time.perf_counter() - begun < options.seconds:
        for name in names:
            try:
                messages += len(play(known[name], seed).network.log)
            except Failure as failure:
                failures[f"{name}: {str(failure).splitlines()[0]}"] += 1
                if not options.keep_going:
                    print(failure)
                    return 1
            played += 1
        seed += 1
    seconds = time.perf_counter() - begun
    print(f"{played} schedules, {messages} messages in {seconds:.1f} s: {played / seconds:.0f} schedules/s")
    for text, count in failures.most_common():
        print(f"{count:6d}  {text}")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
