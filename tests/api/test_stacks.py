"""SIGQUIT to any rank: all say where they are."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap

from tests.conftest import ROOT

PROGRAM = """
    import multiprocessing as mp, os, signal, threading

    def gets(queue, begun):
        begun.put(None)
        queue.get()

    def sleeps(queue, begun):
        lock = threading.Lock()
        lock.acquire()
        begun.put(os.getpid())
        lock.acquire()

    if __name__ == "__main__":
        queue, begun = mp.Queue(), mp.Queue()
        for target in (gets, sleeps):
            mp.Process(target=target, args=(queue, begun)).start()
        print(*[pid for pid in (begun.get(), begun.get()) if pid], flush=True)
        queue.get()
"""


def test_a_signal_to_one_rank_shows_where_all_are(tmp_path):
    program = tmp_path / "prog.py"
    program.write_text(textwrap.dedent(PROGRAM), encoding="utf-8")
    launcher = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "4", "--timeout", "40"]
    with subprocess.Popen(
        [*launcher, "-m", "mpiprocessing", str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    ) as job:
        assert job.stdout is not None
        seen, wanted = "", {"rank 0 ", "rank 1 ", "rank 2 ", "rank 3 "}
        for line in job.stdout:
            seen += line
            if re.fullmatch(r"\d+\n", line):
                os.kill(int(line), signal.SIGQUIT)
            wanted -= {rank for rank in wanted if line.startswith(rank)}
            if not wanted and "_run_module_as_main" in line:  # the end of the last one's stacks
                break
        job.send_signal(signal.SIGINT)
        seen += job.communicate()[0]
    sleeper = re.search(r"prog\.py\", line \d+ in sleeps$", seen, re.MULTILINE)
    assert sleeper and sleeper.start() < seen.index("its stacks are above"), seen
    headers = {
        rank: re.search(rf"^rank {rank} on \S+, pid \d+(.*)\n(.*)", seen, re.MULTILINE) for rank in range(4)
    }
    texts = {rank: found[1] + found[2] for rank, found in headers.items() if found is not None}
    assert len(texts) == 4, seen
    # One that has said that it has begun may not wait yet.
    begun = r"( +waits for nothing of ours| +main thread waits: Queue\.get at prog\.py:{} in {}.*: queue\.get\(\))"
    assert re.fullmatch(", MainProcess:" + begun.format(19, "<module>"), texts[0]) or texts[0].startswith(
        ":  waits"
    )
    assert any(re.search(":" + begun.format(6, "gets"), texts[rank]) for rank in (1, 2)), texts
    assert texts[3].startswith(": no process runs here")
