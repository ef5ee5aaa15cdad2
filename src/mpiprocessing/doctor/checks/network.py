"""Between ranks and between hosts: messages of three sizes, clocks, a directory that all see."""

from __future__ import annotations

from mpiprocessing.doctor.facts import LARGE, MEDIUM, SMALL, Job, Message
from mpiprocessing.doctor.verdict import Verdict, bad, fine, listed, poor, unseen

__all__ = ["check_clocks", "check_directory", "check_large", "check_medium", "check_small"]

_LATE, _FAST_ENOUGH = 1e-3, 100e6
"""Seconds for 1 kB, and bytes a second for larger ones, beyond which something is wrong with any network of a cluster."""

_SKEW, _SKEW_MOST = 1.0, 60.0


def check_small(job: Job) -> Verdict:
    """A message of 1 kB arrives, within a millisecond."""
    return _messages(job, SMALL, "1 kB")


def check_medium(job: Job) -> Verdict:
    """A message of 10 MB arrives, at 100 MB/s at least."""
    return _messages(job, MEDIUM, "10 MB")


def check_large(job: Job) -> Verdict:
    """A message of 3 GiB arrives whole."""
    if job.met and not job.large and len(job.ranks) > 1:
        return unseen("3 GiB need memory and time", "add --large")
    return _messages(job, LARGE, "3 GiB")


def _messages(job: Job, size: int, name: str) -> Verdict:
    if not job.met:
        return unseen("the ranks have not met")
    mine = [message for message in job.messages if message.size == size]
    if not mine:
        return unseen("there is one rank only" if job.size == 1 else "no two ranks answer")
    sent = [message for message in mine if not message.skipped]
    for message in sent:
        if message.error:
            return bad(f"{name} from {_way(message)}: {message.error}", _no_way(message))
    if not sent:
        return unseen(mine[0].skipped)
    slow = [message for message in sent if _is_slow(message)]
    text = _slowest(sent)
    if sent[0].parts > 1:
        text += (
            "; in pieces of 1 GiB, as mpiprocessing does by itself: this MPI takes less than 2 GiB in one call, and "
            "programs of plain mpi4py must do so too"
        )
    if len(sent) < len(mine):
        text += f"; {len(mine) - len(sent)} more not looked at: {next(m.skipped for m in mine if m.skipped)}"
    if slow:
        worst = max(slow, key=lambda message: message.seconds)
        return poor(f"{name} from {_way(worst)}: {_speed(worst)}; {text}", _faster(job, worst))
    return fine(f"{name} {text}")


def _slowest(sent: list[Message]) -> str:
    """The slowest within a host, and the slowest between two."""
    parts = []
    for where, chosen in (
        ("within a host", [m for m in sent if m.source_host == m.target_host]),
        ("between hosts", [m for m in sent if m.source_host != m.target_host]),
    ):
        if chosen:
            worst = max(chosen, key=lambda message: message.seconds)
            parts.append(
                f"{where} {_speed(worst)}" + (f" (slowest of {len(chosen)})" if len(chosen) > 1 else "")
            )
    return ", ".join(parts)


def _speed(message: Message) -> str:
    if message.size <= SMALL:
        return f"{message.seconds * 1e6:.0f} µs"
    rate = message.size / message.seconds if message.seconds else 0.0
    return f"{rate / 1e9:.1f} GB/s" if rate >= 1e9 else f"{rate / 1e6:.0f} MB/s"


def _is_slow(message: Message) -> bool:
    if message.size <= SMALL:
        return message.seconds > _LATE
    return message.seconds > 0 and message.size / message.seconds < _FAST_ENOUGH


def _way(message: Message) -> str:
    if message.source_host == message.target_host:
        return f"rank {message.source} to {message.target} on {message.source_host}"
    return f"rank {message.source} on {message.source_host} to rank {message.target} on {message.target_host}"


def _no_way(message: Message) -> str:
    if message.source_host != message.target_host:
        return (
            "open all ports between compute nodes (firewall), and name the network that joins them: MPICH FI_TCP_IFACE=ib0 or "
            "UCX_NET_DEVICES=…, Open MPI mpiexec --mca btl_tcp_if_include ib0"
        )
    return (
        "shared memory between ranks fails: look at /dev/shm above; around it: Open MPI mpiexec --mca btl ^sm, MPICH "
        "export MPIR_CVAR_NOLOCAL=1"
    )


def _faster(job: Job, message: Message) -> str:
    if message.source_host == message.target_host or message.size <= SMALL:
        return "ranks share cores, or the hosts are busy: look at cores and binding above, and with top"
    return (
        "the slow network is in use (1 GbE gives 117 MB/s): name the fast one, Open MPI mpiexec --mca btl_tcp_if_include ib0 "
        "or --mca pml ucx, MPICH export UCX_NET_DEVICES=…; UCX_LOG_LEVEL=info says what is used"
    )


def check_clocks(job: Job) -> Verdict:
    """The clocks of the hosts agree to a second."""
    if not job.met:
        return unseen("the ranks have not met")
    if len(job.hosts) < 2:
        return unseen("all ranks are on one host")
    if not job.clocks:
        return unseen("no other host answers")
    worst = max(job.clocks, key=lambda clock: abs(clock.ahead) - clock.within)
    skew = abs(worst.ahead) - worst.within
    text = f"{worst.host} is {abs(worst.ahead):.3f} s {'ahead' if worst.ahead > 0 else 'behind'} of {job.here.host}"
    fix = "start time synchronisation there (administrator): systemctl enable --now chronyd; chronyc tracking tells"
    if skew > _SKEW_MOST:
        return bad(f"{text}: batch systems and shared disks refuse that", fix)
    if skew > _SKEW:
        return poor(f"{text}: times in logs and of files do not agree", fix)
    return fine(
        f"{len(job.clocks) + 1} hosts within {max(abs(clock.ahead) for clock in job.clocks) * 1000:.1f} ms"
    )


def check_directory(job: Job) -> Verdict:
    """What one host writes in the working directory, the others find."""
    if not job.met:
        return unseen("the ranks have not met")
    if job.directory_error:
        return poor(
            f"nothing can be written in {job.directory or 'the working directory'}: {job.directory_error}",
            "cd to a directory that can be written and that all hosts share, or name it: --directory DIR",
        )
    blind = [look for look in job.looks if not look.found]
    if blind:
        return bad(
            f"{listed((look.host for look in blind), 'host')} cannot see what {job.here.host} writes in {job.directory} "
            f"({blind[0].why})",
            "cd to a directory on a shared disk (your home or project directory; not /tmp) before starting, or name it: "
            "--directory DIR",
        )
    elsewhere = [rank for rank in job.others() if rank.cwd != job.here.cwd]
    if elsewhere:
        return poor(
            f"{listed((rank.rank for rank in elsewhere), 'rank')} run in {elsewhere[0].cwd or 'no directory'}, "
            f"rank 0 in {job.here.cwd}",
            f"mpiexec {'-wdir' if job.here.vendor != 'openmpi' else '--wdir'} {job.here.cwd} …",
        )
    if len(job.hosts) < 2:
        return fine(f"{job.directory} can be written; there is one host only")
    return fine(f"{len(job.looks) + 1} hosts see {job.directory}")
