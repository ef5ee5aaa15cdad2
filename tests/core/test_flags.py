"""The flags of a host: ranks that come at the same time find the same ones, and nobody takes a stranger's."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from mpiprocessing.core import flags
from mpiprocessing.core.flags import Flags

_jobs = itertools.count(os.getpid() << 24)

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no flags")

RANK = """
import sys
from mpiprocessing.core.flags import Flags
job, rank = int(sys.argv[1]), int(sys.argv[2])
mine = Flags(job, 8)
mine.bytes[rank] = 1
print(mine._meeting is not None, flush=True)
sys.stdin.read()
print(mine.bytes[:].hex())
"""


def test_all_ranks_of_a_host_find_the_same_ones() -> None:
    job = next(_jobs)
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", RANK, str(job), str(rank)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(8)
    ]
    made = [rank.stdout.readline() for rank in ranks if rank.stdout]
    assert sorted(made) == ["False\n"] * 7 + ["True\n"]
    seen = [rank.communicate(timeout=60)[0] for rank in ranks]
    assert seen == ["01" * 8 + "\n"] * 8


def test_threads_that_come_at_once_make_one() -> None:
    job, found = next(_jobs), []
    go = threading.Barrier(12)

    def come() -> None:
        go.wait()
        found.append(Flags(job, 12))

    threads = [threading.Thread(target=come) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    makers = [one for one in found if one._meeting is not None]
    makers[0].bytes[2] = 7
    assert len(makers) == 1
    assert {one.bytes[2] for one in found} == {7}
    for one in found:
        one.close()


def test_jobs_do_not_share() -> None:
    one, other = Flags(next(_jobs), 1), Flags(next(_jobs), 1)
    one.bytes[0] = 1
    assert other.bytes[0] == 0
    one.close()
    other.close()


def _meeting_place(job: int, listens: bool) -> socket.socket:
    place = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    place.bind(f"\0mpiprocessing-{job:x}-flags")
    if listens:
        place.listen(1)
    return place


@pytest.mark.parametrize("listens", [True, False])
def test_a_place_where_nobody_has_flags_is_left(monkeypatch: pytest.MonkeyPatch, listens: bool) -> None:
    monkeypatch.setattr(flags, "_PATIENCE", 0.01)
    job = next(_jobs)
    with _meeting_place(job, listens), pytest.raises((FileNotFoundError, TimeoutError)):
        Flags(job, 1)


def test_what_another_user_offers_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    job = next(_jobs)
    mine = Flags(job, 1)
    asked: Callable[[], int] = os.geteuid
    monkeypatch.setattr(os, "geteuid", lambda: asked() + 1)
    with pytest.raises(PermissionError):
        Flags(job, 1)
    mine.close()


def test_who_is_gone_leaves_nothing() -> None:
    job = next(_jobs)
    Flags(job, 1).close()
    again = Flags(job, 1)
    assert again._meeting is not None
    again.close()
