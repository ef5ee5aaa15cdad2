"""A signal to one rank or to all: the pool stops, saves what ends in time, the job ends with 75, and the next one goes on.

What tells the ranks to leave these signals to the main program is `SignalsHeld`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.mpiexec import Completed

PROGRAM = """
import os, signal, sys, threading, time
import psutil
import mpiprocessing

def ranks(main):
    # They are children of one launcher or its proxy.
    return [one.pid for one in psutil.Process(main).parent().children()]

def work(x):
    how, number = os.environ["HOW"], os.environ["SIGNAL"]
    if number and x == 12:
        while os.path.getsize("ended") < 12:  # a worker goes on with later items while the other is still at an earlier one
            time.sleep(0.01)
        main = int(os.environ["MAIN"])
        told = [main] if how == "main" else ranks(main)
        for pid in told:
            os.kill(pid, int(number))
    if number and x > 20:  # the signal may take its time
        threading.Event().wait()
    if x < 12:
        with open("ended", "a") as file:
            file.write("x")
    return x * x

def main():
    os.environ["MAIN"] = str(os.getpid())
    open("ended", "w").close()
    call = sys.argv[1]
    with mpiprocessing.Pool(2) as pool:
        try:
            if call == "map":
                found = pool.map(work, range(40), chunksize=1, checkpoint="run.ckpt")
            elif call == "computing":
                waiting = pool.map_async(work, range(40), chunksize=1, checkpoint="run.ckpt")
                from mpiprocessing.checkpoint.preemption import preemption
                while not waiting.ready() and preemption.asked is None:
                    sum(range(1000))
                found = waiting.get()
            else:
                found = list(pool.imap(work, range(40), checkpoint="run.ckpt"))
        except mpiprocessing.Preempted as stopped:
            if call == "caught":
                print("caught", stopped.signal, stopped.checkpoint == os.path.abspath("run.ckpt"), 12 <= stopped.saved < 40)
                sys.exit(9)
            raise
    print(sum(found))

if __name__ == "__main__":
    main()
"""

TOTAL = f"{sum(x * x for x in range(40))}\n"


def run(folder: Path, call: str, number: str, how: str) -> Completed:
    (folder / "prog.py").write_text(PROGRAM)
    done = mpiexec.run(
        ["-m", "mpiprocessing", "prog.py", call],
        4,  # one of them has no worker
        timeout=40.0,
        cwd=folder,
        env={"SIGNAL": number, "HOW": how, "MPIPROCESSING_GRACE": "0.5"},
    )
    assert not done.timed_out, f"{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.parametrize(
    ("call", "number", "how"),
    [("map", "10", "all"), ("imap", "15", "all"), ("computing", "10", "main"), ("caught", "15", "main")],
)
def test_it_stops_and_goes_on(tmp_path: Path, call: str, number: str, how: str) -> None:
    stopped = run(tmp_path, call, number, how)
    name = {"10": "SIGUSR1", "15": "SIGTERM"}[number]
    assert f"{name} has stopped a call: " in stopped.stderr
    assert f"{name}: no further tasks are begun" in stopped.stderr
    if call == "caught":
        assert (stopped.status, stopped.stdout) == (9, f"caught {number} True True\n"), stopped.stderr
    else:
        assert (stopped.status, stopped.stdout) == (75, ""), stopped.stderr
    if how == "all":
        finished = run(tmp_path, call, "", how)
        assert (finished.status, finished.stdout) == (0, TOTAL), finished.stderr


ENDLESS = """
import os, signal, sys, threading
import mpiprocessing

def work(x):
    if x == 3:
        os.kill(int(os.environ["MAIN"]), signal.SIGUSR1)
        threading.Event().wait()
    return x

def main():
    os.environ["MAIN"] = str(os.getpid())
    with mpiprocessing.Pool() as pool:
        print(len(pool.map(work, range(20), chunksize=1, checkpoint="run.ckpt")))

if __name__ == "__main__":
    main()
"""


def test_what_does_not_end_in_time_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(ENDLESS)
    env = {"MPIPROCESSING_GRACE": "0.5"}
    done = mpiexec.run(["-m", "mpiprocessing", "prog.py"], 3, timeout=40.0, cwd=tmp_path, env=env)
    assert done.status == 75, done.stderr
    assert "those that run have 0.5 s to end" in done.stderr


WAITS = """
import os, sys, threading
import mpiprocessing

def work(x):
    if x == 4:
        print("four", flush=True)
        threading.Event().wait()
    return x

def main():
    with mpiprocessing.Pool() as pool:
        pool.map(work, range(20), chunksize=1, checkpoint="run.ckpt")

if __name__ == "__main__":
    main()
"""


def test_our_launcher_passes_the_signal_on(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(WAITS)
    launch = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "3", "--timeout", "40"]
    launcher = subprocess.Popen(
        [*launch, "-m", "mpiprocessing", "prog.py"],
        cwd=tmp_path,
        env={**os.environ, "MPIPROCESSING_GRACE": "0.1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert launcher.stdout is not None
    assert launcher.stdout.readline() == "four\n"
    launcher.send_signal(signal.SIGUSR1)
    _, text = launcher.communicate(timeout=40)
    assert launcher.returncode == 75, text
    assert "SIGUSR1 has stopped a call: " in text
