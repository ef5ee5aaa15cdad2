"""No port is opened, and nothing is unpickled or decoded that did not come through the job's own communicator.

A job that uses every kind of object is watched from its first line by an audit hook in each rank (`watched/sitecustomize.py`),
and each rank tells what sockets it has, according to the kernel. What MPI opens for itself shows in a bare mpi4py job.
"""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mpiprocessing.launch.mpiexec import Completed

WATCHED = Path(__file__).parent / "watched"

LOOK = '''
import os, re, time

def sockets():
    """What sockets this process has: kind, state and name, as the kernel tells."""
    inodes = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            inodes.update(re.findall(r"socket:\\\\[(\\\\d+)\\\\]", os.readlink(f"/proc/self/fd/{number}")))
        except OSError:
            pass
    found = []
    for kind in ("tcp", "tcp6", "udp", "udp6", "raw"):
        if os.path.exists(f"/proc/self/net/{kind}"):
            for line in open(f"/proc/self/net/{kind}").read().splitlines()[1:]:
                words = line.split()
                if words[9] in inodes:
                    found.append((kind, "listening" if words[3] == "0A" else words[3], ""))
    for line in open("/proc/self/net/unix").read().splitlines()[1:]:
        words = line.split()
        if words[6] in inodes:
            found.append(("unix", {"0001": "stream", "0002": "datagram"}.get(words[4], words[4]), " ".join(words[7:])))
    return sorted(found)
'''

EVERYTHING = (
    LOOK
    + """
import json, multiprocessing as mp, sys

def begin(barrier):
    global gate
    gate = barrier

def square(x):
    if x:
        return x * x
    gate.wait()  # each worker has one of the two
    return sockets()

def child(told, things):
    lock, rlock, permits, bounded, condition, event, barrier, value, array, here, queue, joinable, simple, shared = things
    with lock, rlock, permits, bounded, condition:
        value.value += 1
        array[0] = 5
        shared["child"] = [1, 2]
        condition.notify_all()
    event.set()
    here.send({"an": "object"})
    here.send(bytes(100_000))
    queue.put(here)
    joinable.get()
    joinable.task_done()
    simple.put(7)
    barrier.wait()
    told.put(sockets())

def main():
    with mp.Manager() as manager, mp.Pool(2, begin, (mp.Barrier(2),)) as pool:
        ours, theirs = mp.Pipe()
        things = (mp.Lock(), mp.RLock(), mp.Semaphore(2), mp.BoundedSemaphore(2), mp.Condition(), mp.Event(), mp.Barrier(2),
                  mp.Value("i", 0), mp.Array("i", 3), theirs, mp.Queue(), mp.JoinableQueue(), mp.SimpleQueue(),
                  manager.dict())
        told = mp.Queue()
        process = mp.Process(target=child, args=(told, things))
        process.start()
        assert things[5].wait(30)
        assert ours.recv() == {"an": "object"} and len(ours.recv()) == 100_000
        things[11].put(1)
        things[11].join()
        assert things[10].get().closed is False and things[12].get() == 7
        things[6].wait()
        found = [told.get(), *pool.map(square, [0, 0], 1), sockets()]
        assert pool.apply(square, (3,)) == 9 and list(pool.imap(square, [2])) == [4]
        assert pool.map(lambda x: x + 1, [1, 2]) == [2, 3]
        process.join()
        assert things[13]["child"] == [1, 2] and things[7].value == 1
        print(json.dumps(found))

if __name__ == "__main__":
    main()
"""
)

BARE = (
    LOOK
    + """
import json
from mpi4py import MPI
comm = MPI.COMM_WORLD
everybody = comm.gather(comm.alltoall([bytes(1000)] * comm.size) and None)
found = comm.gather(sockets())
if comm.rank == 0:
    print(json.dumps(found))
"""
)


@pytest.fixture(scope="module")
def watched(launch: Callable[..., Completed], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A job with every kind of object: its sockets, rank by rank, what the hooks noted, and the same of a bare job."""
    folder = tmp_path_factory.mktemp("watched")
    found = []
    for name, source, words in (("ours", EVERYTHING, ["-m", "mpiprocessing"]), ("bare", BARE, [])):
        program, notes = folder / f"{name}.py", folder / name
        notes.mkdir()
        program.write_text(
            textwrap.dedent(source).replace("\\\\\\\\", "\\\\").replace("\\\\", "\\"), encoding="utf-8"
        )
        path = os.pathsep.join([str(WATCHED), *filter(None, [os.environ.get("PYTHONPATH")])])
        done = launch([*words, str(program)], ranks=4, env={"PYTHONPATH": path, "WATCHED": str(notes)})
        assert done.status == 0, done.stderr
        events = [json.loads(line) for file in notes.iterdir() for line in file.read_text().splitlines()]
        assert len(list(notes.iterdir())) >= 4
        found.append((json.loads(done.stdout.splitlines()[-1]), events))
    return found


def sockets_of(ranks: list[Any]) -> Iterator[tuple[str, str, str]]:
    for sockets in ranks:
        for kind, state, name in sockets:
            # The kernel gives five digits to a socket that was bound to no name.
            yield kind, state, "" if re.fullmatch("@[0-9a-f]{5}", name) else re.sub(r"\d+", "#", name)


def test_the_only_sockets_of_ours_are_bells_and_the_place_where_a_host_meets(watched: Any) -> None:
    (ours, _), (bare, _) = watched
    assert len(ours) == len(bare) == 4
    for kind in ("tcp", "tcp6", "udp", "udp6", "raw"):
        # Connections of MPI come and go; what listens is what others could reach.
        listening = [[s for s in sockets if s[0] == kind and s[1] in ("listening", "07")] for sockets in ours]
        allowed = max(
            len([s for s in sockets if s[0] == kind and s[1] in ("listening", "07")]) for sockets in bare
        )
        assert all(len(sockets) <= allowed for sockets in listening), (listening, bare)
    named = [name for kind, _, name in sockets_of(ours) if kind == "unix" and name]
    others = {name for _, _, name in sockets_of(bare)}
    mine = [name for name in named if name.startswith("@mpiprocessing-")]
    assert len([name for name in mine if name.endswith("-flags")]) == 1, named
    assert len(mine) == 5, named
    assert {name for name in named if name not in mine} <= others


def test_only_bells_are_bound_and_ranks_connect_to_nothing_but_their_meeting_place(watched: Any) -> None:
    (_, events), _ = watched
    about = [event for event in events if event[0].startswith("socket.")]
    kinds = {"socket.__new__", "socket.bind", "socket.sendto", "socket.connect"}
    assert {event[0] for event in about} <= kinds, about
    for event, args, place in about:
        if event == "socket.__new__" and place.endswith("mpiprocessing/core/wires.py"):
            continue  # a late rank was taken for one of another host: a look at a connection that MPI has
        ours = ("mpiprocessing/core/doorbell.py", "mpiprocessing/core/hostmemory.py")
        assert place.endswith(ours), (event, args, place)
        if event != "socket.__new__":
            assert re.match(r"\0mpiprocessing-[0-9a-f]+-(flags|[0-9]+)$", args[1]), args
            assert (event == "socket.connect") <= args[1].endswith("-flags")


def test_only_messages_are_unpickled(watched: Any) -> None:
    (_, events), _ = watched
    readers = {place for event, _, place in events if event == "pickle.find_class"}
    assert readers, "the hook saw nothing"
    assert all(
        place.endswith(("mpiprocessing/core/payload.py", "mpiprocessing/core/plain.py")) for place in readers
    ), readers
    assert not [event for event in events if event[0] == "marshal.loads"]


def test_no_file_is_written_but_the_black_box(watched: Any) -> None:
    (_, events), _ = watched
    written = {
        args[0]
        for event, args, _ in events
        if event == "open" and not re.match(r"/(dev/null|proc/)", args[0])
    }
    others = [path for path in written if not path.endswith(".pyc") and "__pycache__" not in path]
    boxes = {path for path in others if re.search(r"/mpiprocessing-\w{8}$", path)}
    assert boxes == set(others) and len(boxes) <= 1, others


# ---- a stranger at the door -----------------------------------------------------------------------------------------


def test_a_stranger_who_rings_is_not_heard(play: Callable[..., Completed], tmp_path: Path) -> None:
    """Anybody on the host can send to a bell: whatever it is, the job goes on as if nothing had been.

    Here it is the bells of this job alone: other tests that run beside this one find that theirs are not rung.
    """
    done = play(
        """
        import multiprocessing as mp, os, re, socket, threading

        def square(x):
            return x * x

        visitors = []

        def places(which):
            with open("/proc/net/unix", encoding="ascii", errors="replace") as file:
                return re.findall(rf" ([0-9]+) @mpiprocessing-([0-9a-f]+)-({which})$", file.read(), re.MULTILINE)

        def shout(stop):
            stranger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            stranger.setblocking(False)
            # Of this job alone: those of another would hear it as well.
            mine = set()
            for number in os.listdir("/proc/self/fd"):
                try:
                    mine.add(os.readlink(f"/proc/self/fd/{number}")[8:-1])
                except OSError:  # closed meanwhile
                    pass
            (job,) = {job for inode, job, _ in places("[0-9]+") if inode in mine}
            heard = 0
            while not stop.is_set() or not heard:
                for _, owner, place in places("[0-9]+|flags"):
                    if owner != job:
                        continue
                    if place == "flags":
                        if visitors:
                            continue
                        visitor = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                        visitor.setblocking(False)
                        visitors.append(visitor)
                        try:
                            visitor.connect(f"\\0mpiprocessing-{job}-flags")  # nobody accepts, nobody reads
                            visitor.send(b"\\x80\\x05cos\\nsystem\\n")
                        except OSError:
                            pass
                        continue
                    for words in (b"", b"\\x80\\x05cos\\nsystem\\n", os.urandom(2000)):
                        try:
                            stranger.sendto(words, f"\\0mpiprocessing-{job}-{place}")
                            heard += 1
                        except OSError:
                            pass
            print("heard", heard > 0, flush=True)

        if __name__ == "__main__":
            with mp.Pool(2) as pool:
                stop = threading.Event()
                thread = threading.Thread(target=shout, args=(stop,))
                thread.start()
                for turn in range(30):
                    assert pool.map(square, range(100), 10) == [x * x for x in range(100)]
                stop.set()
                thread.join()
            print("right")
        """,
        ranks=3,
    )
    assert done.status == 0, done.stderr
    assert done.stdout.split() == ["heard", "True", "right"], done.stderr


def test_a_flood_of_rings_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    from mpiprocessing.core import doorbell

    bell = doorbell.Doorbell(0xABCDEF, 0, 1)

    class Flooded:
        """A socket that always has one more."""

        def __init__(self, real: socket.socket) -> None:
            self._real = real

        def recv(self, size: int) -> bytes:
            return b""

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

    assert bell._socket is not None
    monkeypatch.setattr(bell, "_socket", Flooded(bell._socket))
    bell.listen()
    monkeypatch.undo()
    bell.close()


# ---- files ----------------------------------------------------------------------------------------------------------


def test_files_beside_a_run_are_for_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the comparison and the benchmark keep while they run is in a folder of random name, for this user alone."""
    import tempfile

    from mpiprocessing.compare import runner

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old = os.umask(0)
    try:
        with runner.tempfile.TemporaryDirectory(prefix="mpiprocessing-") as folder:
            assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    finally:
        os.umask(old)


def test_sources_make_files_in_such_folders_only() -> None:
    root = Path(__file__).resolve().parents[2]
    places = set()
    for file in [*(root / "src").rglob("*.py"), *(root / "mpi_examples").rglob("*.py")]:
        if file.is_relative_to(root / "src/mpiprocessing/doctor"):
            continue  # it looks at what is in /dev/shm, and says what to do about it
        for line in file.read_text(encoding="utf-8").splitlines():
            if re.search(r"mktemp\(|mkstemp|NamedTemporaryFile|TemporaryDirectory|['\"]/tmp|/dev/shm", line):
                places.add((file.name, line.strip()))
    assert places == {
        ("runner.py", 'with tempfile.TemporaryDirectory(prefix="mpiprocessing-") as folder:'),
        (
            "forwarding.py",
            'with tempfile.TemporaryDirectory(prefix="mpiprocessing-") as folder:',
        ),  # 0700, the pipe 0600
        # Open MPI's daemons on other hosts make it there, 0700, by a name that nobody can guess.
        ("mpiexec.py", 'everywhere = "/tmp" if spread else None'),
        ("mpiexec.py", "with tempfile.TemporaryDirectory("),
        ("outcome.py", 'descriptor, path = tempfile.mkstemp(prefix="mpiprocessing-")'),  # 0600
    }
