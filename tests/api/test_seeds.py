"""Random numbers by place: numpy's streams, the same on any number of ranks, for any chunks, serially and after a resume."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mpiprocessing import SerialPool, task_rng, task_seed
from tests.api.conftest import Play

PROGRAM = """
    import json, operator, os, sys
    import mpiprocessing

    def work(x):
        rng = mpiprocessing.task_rng()
        assert rng is mpiprocessing.task_rng()
        return x * rng.standard_normal(3).sum(), mpiprocessing.task_seed()

    def numbered(pair):
        place, x = pair
        return place, work(x)

    def plus(a, b):
        return a[0] + b[0], a[1] ^ b[1]

    def main():
        ranks = int(sys.argv[1])
        xs = [0.1 * n for n in range(50)]
        pool = mpiprocessing.Pool() if ranks > 1 else mpiprocessing.SerialPool()
        with pool:
            found = [pool.map(work, xs, seed=42), pool.map(work, xs, chunksize=7, seed=42)]
            found += [list(pool.imap(work, iter(xs), seed=42)), list(pool.imap(work, xs, chunksize=3, seed=42))]
            found += [pool.starmap(work, [(x,) for x in xs], seed=42)]
            half = pool.map(work, xs[:20], checkpoint=f"half{ranks}.ckpt", seed=42)
            assert half == found[0][:20]
            found += [pool.map(work, xs, checkpoint=f"half{ranks}.ckpt", seed=42, chunksize=4)]
            assert all(one == found[0] for one in found), found
            stream = pool.imap_unordered(numbered, enumerate(xs), chunksize=2, seed=42)
            total = mpiprocessing.reduce_in_order(plus, stream, numbered=True)
            assert total == mpiprocessing.reduce_in_order(plus, found[0])
            other = pool.map(work, xs, seed=[4, 2])
            assert other[0] != found[0][0]
            print(json.dumps([found[0], total, other]))

    if __name__ == "__main__":
        main()
"""


def test_the_same_on_1_2_3_5_and_8_ranks(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for ranks in (1, 2, 3, 5, 8):
        done = play(PROGRAM.replace('f"half', f'"{tmp_path}/" f"half'), str(ranks), ranks=ranks)
        assert done.status == 0, done.stderr
        found[ranks] = json.loads(done.stdout)
    assert all(one == found[1] for one in found.values())


def draw(x: int) -> tuple[list[float], int]:
    return task_rng().random(2).tolist(), task_seed()


def test_they_are_numpys_spawned_sequences() -> None:
    spawned = np.random.SeedSequence(42).spawn(4)
    wanted = [np.random.default_rng(one).random(2).tolist() for one in spawned]
    found = SerialPool().map(draw, range(4), seed=42)
    assert [numbers for numbers, _ in found] == wanted
    seeds = [seed for _, seed in found]
    assert len(set(seeds)) == 4 and all(0 <= seed < 2**63 for seed in seeds)
    assert seeds[0] == 3359826839662086593


def test_outside_of_a_task_they_say_what_to_do() -> None:
    for name in (task_rng, task_seed):
        with pytest.raises(LookupError, match=r"pass seed=\.\.\. to map"):
            name()
    with pytest.raises(LookupError):
        SerialPool().map(draw, [1])
