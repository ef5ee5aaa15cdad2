"""One command and everything it starts: run it, keep what it prints, let nothing survive it.

Theory of operation: a command runs in its own session and with a mark in its environment. MPI launchers put
ranks into process groups of their own and orphans leave the process tree, so what is to be ended is
everything that descends from the command, shares its session, or carries its mark. At the time limit the
launchers are frozen first (they kill the other ranks as soon as one dies), every other process gets
SIGABRT, on which Python's faulthandler writes the stacks of all threads; then the launchers go on, to
deliver that output, and whatever is left two seconds later is killed.

A launcher may also outlive all its ranks for ever: two threads of Open MPI's (PRRTE 3) wait for each other now and then after
an MPI_Abort. When it is known that all its ranks are on this host, it is ended then.

    python -m mpiprocessing.launch.processgroup SECONDS COMMAND...
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psutil

from mpiprocessing.launch.forwarding import Forwarding
from mpiprocessing.launch.interruption import Interruption
from mpiprocessing.launch.localranks import is_alive, is_launcher
from mpiprocessing.launch.streams import Streams

__all__ = ["TIMED_OUT", "Completed", "run_group"]

MARK = "MPIPROCESSING_RUN"
TIMED_OUT = 124  # the status that timeout(1) reports as well
GRACE = 2.0  # seconds between SIGABRT, which asks for the stacks, and SIGKILL

DESERTED = 5.0
"""Seconds that a launcher may live on, saying nothing, when all that it has started has ended."""

_LOOKS = 0.05, 1.0
"""Seconds between two looks whether that is so, at first and at most."""

_running: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Completed:
    """How a command ended.

    Attributes:
        command: what was run.
        status: its exit status; -n if signal n ended it; 124 if the time limit did.
        stdout: all it printed, decoded as UTF-8.
        stderr: likewise; after the time limit it holds the stacks of every process's threads.
        seconds: from start to end, the cleaning up included.
        timed_out: whether the time limit ended it.
        unwritten: why its output could not be copied any further; None if it could, or was not to be.
        deserted: whether it was a launcher that was ended since all that it had started had ended, and it had not.
        interrupted: whether Ctrl-C was passed on to it before.
    """

    command: list[str]
    status: int
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool
    unwritten: OSError | None = None
    deserted: bool = False
    interrupted: bool = False


def run_group(
    command: Sequence[str],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    show: bool = False,
    input: str | None = None,
    tee: bool = False,
    started: Callable[[int], None] | None = None,
    all_here: bool = False,
    forwarding: Forwarding | None = None,
    interruption: Interruption | None = None,
) -> Completed:
    """Run any command so that nothing it started outlives this call.

    That holds when it ends by itself, at the time limit, and when this call is interrupted.

    Args:
        command: the words of the command.
        timeout: seconds after which SIGABRT asks every process for its stacks; two seconds later they are
            killed.
        env: variables set on top of this process's environment and of PYTHONFAULTHANDLER=1.
        cwd: where to run; here if None.
        show: print the command, and the environment that it adds, to stderr first.
        input: what the command reads from stdin; nothing if None.
        tee: copy what it prints to this process's stdout and stderr as it comes.
        started: called with its process id.
        all_here: whether it is a launcher whose ranks are all on this host: it is not waited for when they have ended.
        forwarding: what forwards this process's stdin to it.
        interruption: what passes Ctrl-C on to it.

    Returns:
        Status, output and time. A status other than 0 raises nothing.

    Raises:
        OSError: there is no such program, or it cannot be started.
    """
    mark = uuid.uuid4().hex
    added = {"PYTHONFAULTHANDLER": "1", **(env or {})}
    if show:
        words = [f"{name}={shlex.quote(value)}" for name, value in added.items()]
        say(" ".join(["$", *words, shlex.join(command)]))
    # Marks of runs within runs add up, so that the outer run still knows what an inner one left behind.
    added[MARK] = f"{os.environ.get(MARK, '')}:{mark}"
    begun = time.monotonic()
    timed_out = deserted = False
    known = None
    try:
        piped = input is not None or (forwarding is not None and forwarding.by_mpiexec)
        process = known = _start(command, {**os.environ, **added}, cwd, piped)
        _running.append(process)
        streams = Streams(process, input, tee)
        if started is not None:
            started(process.pid)
        if forwarding is not None:
            forwarding.begin(process.pid, process.stdin)
        if interruption is not None:
            interruption.begins(process.pid, process.send_signal)
        try:
            deserted = not _wait_or_desert(process, timeout, streams, all_here, interruption)
        except subprocess.TimeoutExpired:
            timed_out = True
            _dump_stacks(process, mark)
    finally:
        _kill_all(known, mark)
        if known in _running:
            _running.remove(known)
    stdout, stderr = streams.finish()
    status = TIMED_OUT if timed_out else process.returncode
    seconds = time.monotonic() - begun
    interrupted = interruption is not None and interruption.began is not None
    return Completed(
        list(command), status, stdout, stderr, seconds, timed_out, streams.unwritten, deserted, interrupted
    )


def _start(
    command: Sequence[str], env: Mapping[str, str], cwd: str | os.PathLike[str] | None, piped: bool
) -> subprocess.Popen[bytes]:
    stdin = subprocess.PIPE if piped else subprocess.DEVNULL
    pipe = subprocess.PIPE
    return subprocess.Popen(
        list(command), stdin=stdin, stdout=pipe, stderr=pipe, cwd=cwd, env=env, start_new_session=True
    )


_BEING_MADE = 0.02
"""Seconds that a process may take from its fork to its exec."""


# --- waiting ------------------------------------------------------------------------------------------------


def _wait_or_desert(
    process: subprocess.Popen[bytes],
    timeout: float,
    streams: Streams,
    all_here: bool,
    interruption: Interruption | None,
) -> bool:
    """Wait for the end of a command.

    Args:
        process: the command.
        timeout: seconds to wait at most.
        streams: its pipes.
        all_here: whether it is a launcher, which may be left behind by its ranks.
        interruption: what has passed Ctrl-C on to it, and says how long it is waited for then.

    Returns:
        False if it has not ended, and nothing is left that could make it.

    Raises:
        subprocess.TimeoutExpired: it has not ended in time.
        KeyboardInterrupt: it was interrupted, and has not ended in time.
    """
    if not all_here and interruption is None:
        process.wait(timeout)
        return True
    until = time.monotonic() + timeout
    pause, longest = _LOOKS
    had_company, alone_since = False, None
    while True:
        now = time.monotonic()
        try:
            process.wait(min(pause, until - now))
            return True
        except subprocess.TimeoutExpired:
            if now + pause >= until:
                raise
        pause = min(1.5 * pause, longest)
        if interruption is not None:
            interruption.check(say)
        if not all_here:
            continue
        if _has_company(process):
            had_company, alone_since = True, None
        elif not had_company or not streams.are_at_rest():
            alone_since = None
        elif alone_since is None:
            alone_since = now
        elif now - alone_since > DESERTED:
            return False


def _has_company(launcher: subprocess.Popen[bytes]) -> bool:
    """Whether anything that a launcher has started is alive, other launchers apart."""
    try:
        others = psutil.Process(launcher.pid).children(recursive=True)
    except psutil.Error:
        return False
    return any(is_alive(other) and not is_launcher(other) for other in others)


# --- ending -------------------------------------------------------------------------------------------------


def _members(process: subprocess.Popen[bytes] | None, mark: str) -> list[psutil.Process]:
    """Everything alive that the command started: by descent, by session or by mark."""
    found = set()
    if process is not None:
        try:
            leader = psutil.Process(process.pid)
            found = {leader, *leader.children(recursive=True)}
        except psutil.Error:
            pass  # it has ended; the session and the mark still tell its orphans
    session = None if process is None else process.pid
    found |= {other for other in psutil.process_iter() if _belongs(other, session, mark)}
    return [member for member in found if is_alive(member)]


def _belongs(other: psutil.Process, session: int | None, mark: str) -> bool:
    try:
        return os.getsid(other.pid) == session or mark in other.environ().get(MARK, "").split(":")
    except (OSError, psutil.Error):
        return False  # gone by now, or another user's: not ours


def _dump_stacks(process: subprocess.Popen[bytes], mark: str) -> None:
    """Ask every process for the stacks of its threads, and let the launchers deliver them."""
    until = time.monotonic() + GRACE
    members = _members(process, mark)
    launchers = [member for member in members if is_launcher(member)]
    others = [member for member in members if member not in launchers]
    _signal(launchers, signal.SIGSTOP)
    for other in others:
        _no_core_file(other)
    _signal(others, signal.SIGABRT)
    _wait(others, GRACE / 2)
    _signal(launchers, signal.SIGCONT)
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        pass  # a launcher that waits for a process which ignores SIGABRT: both are killed next


def _kill_all(process: subprocess.Popen[bytes] | None, mark: str) -> None:
    """Kill until nothing is left: a process can start another one while it is being looked for.

    Without `process`, the call was interrupted while it was being made, and only the mark tells what there is of it.
    """
    interrupted, again = None, process is None
    while True:
        try:
            members = _members(process, mark)
            if (process is None or process.poll() is not None) and not members:
                if not again:
                    break
                again = False  # a process that is just being made has no environment yet: one look more
                time.sleep(_BEING_MADE)
                continue
            again = True
            _signal(members, signal.SIGKILL)
            _wait(members, GRACE)
        except (KeyboardInterrupt, SystemExit) as end:
            interrupted = end  # a second Ctrl-C, or SIGTERM, must not leave half of them behind
    if interrupted is not None:
        raise interrupted


def _wait(processes: Sequence[psutil.Process], seconds: float) -> None:
    until = time.monotonic() + seconds
    while any(map(is_alive, processes)) and time.monotonic() < until:
        time.sleep(0.005)


def _signal(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)  # psutil makes sure that the pid is not a newer process's
        except psutil.Error:
            pass


def _no_core_file(process: psutil.Process) -> None:
    if sys.platform == "linux":
        try:
            process.rlimit(psutil.RLIMIT_CORE, (0, 0))
        except (psutil.Error, OSError):
            pass


# --- from the shell -----------------------------------------------------------------------------------------


def end_by_signal() -> None:
    """Have SIGTERM and SIGHUP end this process as Ctrl-C does: after what it started has ended, with the shell's status.

    SIGUSR1 is passed on: a job may take it as the word to save its work (a launcher of MPI passes it to its ranks).
    """

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    def pass_on(number: int, frame: object) -> None:
        for process in _running:
            process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    signal.signal(signal.SIGUSR1, pass_on)


def say(text: str) -> None:
    """Write a line to stderr, should it be open."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(text, file=sys.stderr, flush=True)


def shell_status(done: Completed, limit: float) -> int:
    """What a shell calls a command's status: 128 + n for signal n.

    Says so if the time limit was reached, or output was lost, which is no success: 141 where nobody read it any more.
    """
    if done.timed_out:
        say(f"ended after {limit:g} s, the time limit: {shlex.join(done.command)}")
    elif done.unwritten is not None and not isinstance(done.unwritten, BrokenPipeError):
        say(f"output could not be written: {done.unwritten.strerror}")
    if isinstance(done.unwritten, BrokenPipeError):
        return 128 + signal.SIGPIPE
    if done.unwritten is not None:
        return done.status if done.status > 0 else 1
    return done.status if done.status >= 0 else 128 - done.status


def main() -> int:
    """Run a command with a time limit; nothing that it started outlives it."""
    parser = argparse.ArgumentParser(
        prog="python -m mpiprocessing.launch.processgroup", description=main.__doc__
    )
    parser.add_argument("seconds", type=float)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    end_by_signal()
    try:
        return shell_status(run_group(options.command, timeout=options.seconds, tee=True), options.seconds)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
