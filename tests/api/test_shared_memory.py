"""Memory of one machine: whoever makes, opens and removes it, the ranks agree on what is left to be cleared up."""

from __future__ import annotations

import textwrap

import pytest

from mpiprocessing.launch import mpiexec

PROGRAM = """
import multiprocessing as mp, os, sys
from multiprocessing.shared_memory import SharedMemory

def make(queue, letter):
    memory = SharedMemory(create=True, size=8)
    memory.buf[:1] = letter
    queue.put(memory.name)
    memory.close()

def use(name, letter, removes):
    memory = SharedMemory(name)
    memory.buf[:1] = letter
    memory.close()
    if removes:
        memory.unlink()

def run(target, *args):
    child = mp.Process(target=target, args=args)
    child.start()
    child.join()
    assert child.exitcode == 0, child.exitcode
"""


def test_ranks_that_make_open_and_remove_it_in_turn_leave_nothing_to_complain_of(play):
    done = play(
        PROGRAM
        + textwrap.dedent("""
            if __name__ == "__main__":
                mine = SharedMemory(create=True, size=8)  # here, used there, removed here
                run(use, mine.name, b"a", False)
                print(bytes(mine.buf[:1]))
                mine.close()
                mine.unlink()
                queue = mp.Queue()
                run(make, queue, b"b")  # there, removed here
                theirs = SharedMemory(queue.get())
                print(bytes(theirs.buf[:1]))
                theirs.close()
                theirs.unlink()
                children = [mp.Process(target=make, args=(queue, b"c")) for _ in range(3)]  # at once
                for child in children: child.start()
                for child in children: child.join()
                for _ in children: run(use, queue.get(), b"d", True)  # on the first rank that is free
        """),
        ranks=4,
    )
    assert (done.status, done.stdout, done.stderr) == (0, "b'a'\nb'b'\n", "")


@pytest.mark.skipif(mpiexec.find().vendor != "openmpi", reason="this MPI ends the job when a rank dies")
def test_a_rank_that_dies_takes_none_along_that_others_use(launch, tmp_path):
    program = tmp_path / "prog.py"
    program.write_text(
        PROGRAM
        + textwrap.dedent("""
            def die(name):
                memory = SharedMemory(name)
                memory.buf[:1] = b"x"
                os.kill(os.getpid(), 9)

            if __name__ == "__main__":
                mine = SharedMemory(create=True, size=8)
                child = mp.Process(target=die, args=(mine.name,))
                child.start()
                child.join()
                run(use, mine.name, b"y", True)
                print(child.exitcode, bytes(mine.buf[:1]))
                mine.close()
        """)
    )
    done = launch(["-m", "mpiprocessing", str(program)], ranks=3, fault_tolerant=True)
    assert (done.status, done.stdout) == (0, "-9 b'y'\n"), done.stderr
    assert "resource_tracker" not in done.stderr
