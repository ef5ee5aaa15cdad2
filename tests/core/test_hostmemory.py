"""The memory of a host: ranks that come at the same time find the same, and nobody takes a stranger's."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from mpiprocessing.core import hostmemory
from mpiprocessing.core.hostmemory import HostMemory

_jobs = itertools.count(os.getpid() << 24)

pytestmark = pytest.mark.skipif(
    not hasattr(os, "memfd_create"), reason="this system has no memory without a name"
)

RANK = """
import sys
from mpiprocessing.core.hostmemory import HostMemory
job, rank = int(sys.argv[1]), int(sys.argv[2])
mine = HostMemory(job, "flags", 8)
mine.bytes[rank] = 1
print(mine._meeting is not None, flush=True)
sys.stdin.read()
print(mine.bytes[:].hex())
"""


def test_all_ranks_of_a_host_find_the_same() -> None:
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
        found.append(HostMemory(job, "flags", 12))

    threads = [threading.Thread(target=come) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    makers = [one for one in found if one._meeting is not None]
    makers[0].bytes[2] = 7
    assert len(makers) == 1
    assert {one.bytes[2] for one in found} == {7}
    assert {one.owner for one in found} == {os.getpid()}
    for one in found:
        one.close()


def test_jobs_do_not_share() -> None:
    one, other = HostMemory(next(_jobs), "flags", 1), HostMemory(next(_jobs), "flags", 1)
    one.bytes[0] = 1
    assert other.bytes[0] == 0
    one.close()
    other.close()


def test_uses_do_not_share() -> None:
    job = next(_jobs)
    one, other = HostMemory(job, "one", 1), HostMemory(job, "other", 1)
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
def test_a_place_where_nobody_has_memory_is_left(monkeypatch: pytest.MonkeyPatch, listens: bool) -> None:
    monkeypatch.setattr(hostmemory, "_PATIENCE", 0.01)
    job = next(_jobs)
    with _meeting_place(job, listens), pytest.raises((FileNotFoundError, TimeoutError)):
        HostMemory(job, "flags", 1)


def test_what_another_user_offers_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    job = next(_jobs)
    mine = HostMemory(job, "flags", 1)
    asked: Callable[[], int] = os.geteuid
    monkeypatch.setattr(os, "geteuid", lambda: asked() + 1)
    with pytest.raises(PermissionError):
        HostMemory(job, "flags", 1)
    mine.close()


def test_who_is_gone_leaves_nothing() -> None:
    job = next(_jobs)
    HostMemory(job, "flags", 1).close()
    again = HostMemory(job, "flags", 1)
    assert again._meeting is not None
    again.close()
