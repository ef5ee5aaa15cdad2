"""The page: all that a ticket needs, as text on about one page, and as JSON."""

from __future__ import annotations

import datetime
import json
import platform
import textwrap
from collections.abc import Iterator
from dataclasses import asdict

from mpiprocessing.doctor.examination import Finding
from mpiprocessing.doctor.facts import Job, Rank
from mpiprocessing.doctor.verdict import FAIL, NOT_LOOKED, OK, WARN, amount, listed

__all__ = ["BEGIN", "as_json", "as_text"]

BEGIN = "mpiprocessing doctor"
_WIDTH = 118
_RANKS = 12
"""How many ranks the page lists; the JSON has them all."""

_SHOWN = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
)
_SHOWN_PREFIXES = (
    "MPI4PY_",
    "MPICH_",
    "OMPI_MCA_",
    "PRTE_MCA_",
    "I_MPI_",
    "FI_",
    "UCX_",
    "SLURM_MPI_TYPE",
    "MPIPROCESSING_",
)
_SET_BY_LAUNCHER = (
    "OMPI_MCA_PREFIXES",
    "OMPI_MCA_ess",
    "OMPI_MCA_num_procs",
    "OMPI_MCA_initial_wdir",
    "OMPI_MCA_cpu_type",
    "MPIPROCESSING_RUN",
    "MPIPROCESSING_BLACK_BOX",
)
_MOST_SETTINGS = 10


def as_text(job: Job, findings: list[Finding], date: str | None = None) -> str:
    """Write the page.

    Args:
        job: the facts.
        findings: what the checks say.
        date: now if None.
    """
    return "\n".join(_lines(job, findings, date or _now()))


def _lines(job: Job, findings: list[Finding], date: str) -> Iterator[str]:
    here = job.here
    count = job.size if job.met else here.launched.size or 1
    where = f"{count} rank{'' if count == 1 else 's'} on {listed(job.hosts)}{'' if job.met else ' …'}"
    yield f"{BEGIN}   {date}   {where}"
    yield ""
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        verdict = finding.verdict
        yield from _wrapped(f"{verdict.level:4}  {finding.check:{width}}  ", verdict.text)
        if verdict.fix:
            yield from _wrapped(" " * (width + 8) + "→ ", verdict.fix)
    yield ""
    yield from _table(job)
    yield from _wrapped(
        "system    ",
        f"{platform.system()} {platform.release()} {platform.machine()}, Python {here.python_version}",
    )
    packages = [f"{name} {version}" for name, version in here.versions.items() if version]
    yield from _wrapped("packages  ", ", ".join(packages))
    yield from _wrapped("settings  ", _settings(here) or "none that matters")
    yield ""
    yield _sum(findings)


def _table(job: Job) -> Iterator[str]:
    """Rank, host, process, CPUs: a line each."""
    rows = [("rank", "host", "pid", "CPUs", "memory free")]
    for rank in job.ranks[:_RANKS]:
        number = rank.rank if job.met else rank.launched.rank
        cpus = f"{len(rank.affinity)} of {rank.cpus}"
        rows.append(
            (
                str(number) if number >= 0 else "?",
                rank.host,
                str(rank.pid),
                cpus,
                amount(rank.memory_available),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
    if len(job.ranks) > _RANKS:
        yield f"… and {len(job.ranks) - _RANKS} more (--json FILE has them all)"
    yield ""


def _settings(here: Rank) -> str:
    shown = [
        f"{name}={value}"
        for name, value in here.environment.items()
        if (name in _SHOWN or name.startswith(_SHOWN_PREFIXES)) and not name.startswith(_SET_BY_LAUNCHER)
    ]
    more = f" … and {len(shown) - _MOST_SETTINGS} more" if len(shown) > _MOST_SETTINGS else ""
    return " ".join(shown[:_MOST_SETTINGS]) + more


def _sum(findings: list[Finding]) -> str:
    levels = [finding.verdict.level for finding in findings]
    parts = [f"{levels.count(level)} {level}" for level in (OK, WARN, FAIL)]
    return f"{', '.join(parts)}, {levels.count(NOT_LOOKED)} not looked at"


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [label.rstrip()]


def _now() -> str:
    return datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M UTC%z")


def as_json(job: Job, findings: list[Finding], date: str | None = None) -> str:
    """Write all verdicts and all facts, for support staff.

    Args:
        job: the facts.
        findings: what the checks say.
        date: now if None.
    """
    content = {
        "format": 1,
        "date": date or _now(),
        "system": platform.platform(),
        "checks": [{"check": finding.check, **asdict(finding.verdict)} for finding in findings],
        "facts": asdict(job),
    }
    return json.dumps(content, indent=1, ensure_ascii=False)
