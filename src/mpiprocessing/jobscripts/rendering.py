"""The script as a text: templates, filled."""

from __future__ import annotations

import shlex

import jinja2

from mpiprocessing.jobscripts.launchers import Choice
from mpiprocessing.jobscripts.request import Request

__all__ = ["AGAIN", "MOST_RESTARTS", "render"]

AGAIN = 75
"""The status with which a program says that there is more to do: EX_TEMPFAIL of sysexits.h."""

MOST_RESTARTS = 100
"""How often a job is started again before somebody should look at it."""

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("mpiprocessing.jobscripts"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # shells, not pages
)
_ENVIRONMENT.filters["quoted"] = lambda text: shlex.quote(str(text))
_ENVIRONMENT.filters["words"] = shlex.join


def render(request: Request, choice: Choice, command: str) -> str:
    """Make the script.

    Args:
        request: what it is to do.
        choice: what starts the ranks.
        command: with which it was made.

    Returns:
        The text of the script.
    """
    template = _ENVIRONMENT.get_template(f"{request.scheduler}.sh.j2")
    return template.render(job=request, launcher=choice, command=command, again=AGAIN, most=MOST_RESTARTS)
