"""The facts: what is true of one rank, and of the job, as plain data. They travel between ranks, and to a file, as JSON.

Every field has a value for "not known": a rank that runs another version of this library, or fails half way, says what it can.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mpiprocessing.doctor.seen import Launched
from mpiprocessing.launch.allocation import Allocation

__all__ = [
    "LARGE",
    "LOADING",
    "LOOKING",
    "MEDIUM",
    "SMALL",
    "STAGES",
    "STARTING",
    "TALKING",
    "Clock",
    "Job",
    "Look",
    "Message",
    "Program",
    "Rank",
    "hosts_of",
]

SMALL, MEDIUM, LARGE = 1000, 10**7, 3 << 30
"""The messages that are sent: 1 kB, 10 MB, 3 GiB. The last is beyond what 32-bit counts can say."""

STAGES = LOOKING, LOADING, STARTING, TALKING = (
    "its first look",
    "loading mpi4py",
    "MPI_Init",
    "its talk with the other ranks",
)
"""Where a rank may be lost."""


@dataclass
class Rank:
    """What one rank says of itself.

    Attributes:
        launched: what its launcher told it.
        parents: the programs above it, nearest first.
        rank, size: what MPI says; -1 and 0 before it has started.
        host, pid: where it runs.
        python, python_version: its interpreter.
        versions: of the packages that matter; "" for one that is not there.
        library_file, library: the MPI library that mpi4py has loaded, and what that calls itself.
        mpi4py_error: why mpi4py cannot be used, "" if it can.
        thread_level: "single", "funneled", "serialized" or "multiple"; "" before MPI has started.
        survives: whether the others go on when a rank dies (ULFM), as this job was started.
        affinity: the CPUs that it may use.
        cpus: how many there are on its host.
        cpu_quota: how many CPUs' worth of time its control group may use; 0 for no limit.
        memory: of its host, in bytes; available, what is free; memory_limit: of its control group, 0 for none.
        memory_available: likewise.
        files, files_most: how many files it may have open, and to how many it may raise that.
        shm, shm_free: size of /dev/shm and what is free, in bytes; -1 where there is none that can be written, -2 on a
            system that has no such thing.
        shm_files: files that others have left there.
        root: whether it runs as root.
        environment: variables that matter to MPI and to threads.
        cwd: its directory.
        disk: the type of file system that Python is loaded from, such as "nfs4".
        start_seconds: from the start of the process until this package was loaded.
        import_seconds: to load mpi4py.
        init_seconds: to start MPI.
        allocation: what the batch system says there.
    """

    launched: Launched = field(default_factory=Launched)
    parents: list[str] = field(default_factory=list)
    rank: int = -1
    size: int = 0
    host: str = ""
    pid: int = 0
    python: str = ""
    python_version: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    library_file: str = ""
    library: str = ""
    mpi4py_error: str = ""
    thread_level: str = ""
    survives: bool = False
    affinity: list[int] = field(default_factory=list)
    cpus: int = 0
    cpu_quota: float = 0.0
    memory: int = 0
    memory_available: int = 0
    memory_limit: int = 0
    files: int = 0
    files_most: int = 0
    shm: int = -2
    shm_free: int = 0
    shm_files: int = 0
    root: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    cwd: str = ""
    disk: str = ""
    start_seconds: float = 0.0
    import_seconds: float = 0.0
    init_seconds: float = 0.0
    allocation: Allocation = field(default_factory=Allocation)

    @property
    def vendor(self) -> str:
        """Whose MPI library it is: "openmpi", "mpich", "intel", "" if unknown."""
        for begin, name in (
            ("Open MPI", "openmpi"),
            ("Intel", "intel"),
            ("MPICH", "mpich"),
            ("CRAY", "cray"),
        ):
            if begin in self.library:
                return name
        return ""


@dataclass
class Program:
    """An mpiexec.

    Attributes:
        path: of the program, "" if there is none.
        vendor: "mpich", "openmpi", "intel", "slurm", "unknown".
        version: as it says.
        error: why there is none.
    """

    path: str = ""
    vendor: str = ""
    version: str = ""
    error: str = ""


@dataclass
class Clock:
    """A host's clock against that of rank 0's.

    Attributes:
        rank: that was asked.
        host: its host.
        ahead: by how many seconds it is ahead.
        within: how exact that is.
    """

    rank: int
    host: str
    ahead: float
    within: float


@dataclass
class Look:
    """A rank has looked for the file that rank 0 has written.

    Attributes:
        rank, host: who.
        found: whether it was there with the right content.
        why: if not, why.
    """

    rank: int
    host: str
    found: bool
    why: str = ""


@dataclass
class Message:
    """A message went from one rank to another, and back.

    Attributes:
        size: in bytes.
        source, target: the ranks.
        source_host, target_host: where they are.
        seconds: for one way.
        parts: in how many it was sent: more than one where MPI cannot count so far.
        error: why it did not arrive, or not whole.
        skipped: why it was not sent.
    """

    size: int
    source: int = 0
    target: int = 0
    source_host: str = ""
    target_host: str = ""
    seconds: float = 0.0
    parts: int = 1
    error: str = ""
    skipped: str = ""


@dataclass
class Job:
    """What is known of a job.

    Attributes:
        ranks: those that have spoken, in order; the first is the one that tells.
        size: of MPI's world; 0 if MPI has not started.
        mute: ranks that did not answer in time.
        lost: how this process was lost, in a sentence; "" if it was not.
        lost_in: at which stage, one of `STAGES`.
        mpiexec: the one that belongs to mpi4py's library.
        path_mpiexec: the one that the shell finds.
        directory: that all hosts should see.
        directory_error: why nothing could be written there.
        looks: who has seen it.
        clocks: of the other hosts.
        messages: that were sent.
        large: whether 3 GiB were asked for.
        alone: whether the doctor has started this job by itself.
        tasks: how many ranks the batch system has given to the job, as the doctor saw before it started them; 0 if unknown.
        allowed: whether Open MPI had been allowed to run as root before the doctor allowed it for its own job.
        failure: what became of the job that it started, where that printed no page: its last words.
    """

    ranks: list[Rank] = field(default_factory=list)
    size: int = 0
    mute: list[int] = field(default_factory=list)
    lost: str = ""
    lost_in: str = ""
    mpiexec: Program = field(default_factory=Program)
    path_mpiexec: Program = field(default_factory=Program)
    directory: str = ""
    directory_error: str = ""
    looks: list[Look] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    large: bool = False
    alone: bool = False
    tasks: int = 0
    allowed: bool = False
    failure: str = ""

    @property
    def here(self) -> Rank:
        """The rank that tells: rank 0, or the only one that is known."""
        return self.ranks[0] if self.ranks else Rank()

    @property
    def hosts(self) -> dict[str, list[Rank]]:
        """The ranks by host, in order."""
        return hosts_of(self.ranks)

    @property
    def met(self) -> bool:
        """Whether the ranks have met: MPI has started, and its world is as large as the launcher said."""
        return self.size > 0 and not (self.size == 1 and self.here.launched.size > 1)

    def others(self) -> Iterator[Rank]:
        """All but the first."""
        yield from self.ranks[1:]


def hosts_of(ranks: list[Rank]) -> dict[str, list[Rank]]:
    """Ranks by host, in order."""
    hosts: dict[str, list[Rank]] = {}
    for rank in ranks:
        hosts.setdefault(rank.host, []).append(rank)
    return hosts
