"""What stands in the place of a directive: HTML, made from the programs and their recorded runs.

Theory of operation: every function is pure. It gets a pattern, its record, the words of a language and a `link` (path of a
file of the project → address as seen from the page), and returns a block of HTML in one piece. The site's style sheet,
docs/theme/site.css, knows its classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape

from docgen.site import highlight
from docgen.site.records import COLUMNS, STEPS, Column, Program, Record
from docgen.site.words import Words
from mpi_examples.pattern import ROOT, Pattern
from mpi_examples.show import parts
from mpiprocessing.compare import diagram
from mpiprocessing.compare.figures import Traffic, total
from mpiprocessing.compare.timeline import Timeline
from mpiprocessing.compare.visible import visible

__all__ = [
    "catalogue",
    "columns",
    "commands",
    "costs",
    "diagrams",
    "facts",
    "output",
    "program",
    "program_output",
    "recorded",
    "twins",
]

Link = Callable[[str], str]
TWINS = ("with_multiprocessing.py", "with_mpi4py.py")


# ---- programs -------------------------------------------------------------------------------------------------------


def twins(pattern: Pattern, link: Link) -> str:
    """Both programs, parts of the same name at the same height.

    The first program comes first as a whole, so that a narrow screen shows one below the other; where there is room, the
    style sheet fills a grid by columns.
    """
    sides = [parts(pattern.multiprocessing_source), parts(pattern.mpi4py_source)]
    names = list(sides[0] | sides[1])
    columns = []
    for file, side in zip(TWINS, sides, strict=True):
        cells = [_file_name(pattern, file, link)]
        cells += [
            f'<div class="part">{highlight.python(side[name]) if name in side else ""}</div>'
            for name in names
        ]
        columns.append(f'<div class="side">{"".join(cells)}</div>')
    grid = f'<div class="sides" style="--rows: {len(names) + 1}">{"".join(columns)}</div>'
    return _box("twins no-copy", grid)


def program(pattern: Pattern, name: str, link: Link) -> str:
    """A program beside the twins.

    Raises:
        LookupError: there is no such file.
    """
    path = pattern.folder / f"{name}.py"
    if not path.is_file():
        raise LookupError(f"{pattern} has no program {name}")
    source = path.read_text(encoding="utf-8").rstrip("\n")
    return _box("beside", _file_name(pattern, path.name, link) + highlight.python(source))


def columns(pattern: Pattern, record: Record, words: Words, link: Link) -> str:
    """The three columns of a pattern at one glance: commands, programs, and what all of them print."""
    typed = [highlight.terminal([command], "") for command in commands(pattern, record.ranks)]
    heads = [f"<strong>{name}</strong>{command}" for name, command in zip(COLUMNS, typed, strict=True)]
    sources = [pattern.multiprocessing_source, pattern.mpi4py_source]
    cells = [f'<div class="head">{head}</div>' for head in heads]
    cells.append(
        f'<div class="both">{_file_name(pattern, TWINS[0], link)}{highlight.python(sources[0].strip())}</div>'
    )
    cells.append(
        f'<div class="one">{_file_name(pattern, TWINS[1], link)}{highlight.python(sources[1].strip())}</div>'
    )
    cells.append(
        f'<div class="all"><p>{escape(words.same_output)}</p>{highlight.terminal([], pattern.expected)}</div>'
    )
    return _box("columns no-copy", f'<div class="three">{"".join(cells)}</div>')


def commands(pattern: Pattern, ranks: int) -> list[str]:
    """How the three columns are run, in their order."""
    mpiexec = f"mpiexec -n {ranks} python -m"
    return [
        f"python -m {pattern.multiprocessing_module}",
        f"{mpiexec} mpiprocessing -m {pattern.multiprocessing_module}",
        f"{mpiexec} {pattern.mpi4py_module}",
    ]


def _file_name(pattern: Pattern, file: str, link: Link) -> str:
    path = f"{ROOT.name}/{pattern}/{file}"
    return f'<p class="file"><a href="{escape(link(path))}">{escape(file)}</a></p>'


# ---- what they printed ----------------------------------------------------------------------------------------------


def output(pattern: Pattern, record: Record, words: Words) -> str:
    """What all columns printed, below the commands that run them.

    Raises:
        ValueError: a column printed something else, or failed.
    """
    for name in COLUMNS:
        column = record.columns[name]
        if column.status != 0 or column.output != pattern.expected:
            raise ValueError(f"{pattern}: the recorded run of {name} failed, or differs from expected.txt")
    typed = highlight.terminal(commands(pattern, record.ranks), "")
    printed = highlight.terminal([], visible(pattern.expected))
    return _box("output", f"{typed}<p>{escape(words.same_output)}</p>{printed}")


def program_output(pattern: Pattern, record: Record, name: str, words: Words) -> str:
    """What a program beside the twins printed, and how it ended.

    Raises:
        LookupError: it was not recorded.
    """
    if name not in record.programs:
        raise LookupError(f"{pattern}: the program {name} is not recorded: scripts/record {pattern}")
    run: Program = record.programs[name]
    command = f"mpiexec -n {run.ranks} python -m mpiprocessing watch -m {pattern.broken_module(name)}"
    inside = highlight.terminal([command], visible(run.output))
    if run.errors:
        inside += f'<p class="file">{escape(words.errors)}</p>{highlight.terminal([], visible(run.errors))}'
    elif not run.output:
        inside += f"<p>{escape(words.printed_nothing)}</p>"
    ended = words.status.format(status=run.status)
    if run.status < 0:
        ended = words.status_signal.format(signal=-run.status)
    return _box("output", f"{inside}<p>{escape(ended)}</p>")


# ---- what they sent -------------------------------------------------------------------------------------------------


def costs(record: Record, words: Words) -> str:
    """Messages and bytes of the two columns over MPI; that of mpiprocessing by kind in a part that unfolds."""
    mpi4py, ours = record.columns["mpi4py"], record.columns["mpiprocessing"]
    rows = [
        _total_row("mpi4py", mpi4py, words),
        *_kind_rows(mpi4py),
        _total_row("mpiprocessing", ours, words),
    ]
    table = _table((words.column, words.messages, words.size), rows)
    by_kind = _table((words.kind, words.messages, words.size), _kind_rows(ours))
    note = words.costs.format(ranks=record.ranks)
    if mpi4py.uncounted:
        note += " " + words.uncounted.format(names=", ".join(mpi4py.uncounted))
    return _box("costs", f"{table}{_details(words.details_of, by_kind)}<p class='note'>{escape(note)}</p>")


def _total_row(name: str, column: Column, words: Words) -> str:
    sum_of = total((column.kinds or {}).values())
    label = f"<strong>{escape(name)}</strong>" + ("" if sum_of.messages else f", {escape(words.none)}")
    return _row("sum", label, sum_of)


def _kind_rows(column: Column) -> list[str]:
    kinds: Mapping[str, Traffic] = column.kinds or {}
    most_first = sorted(kinds.items(), key=lambda kind: (-kind[1].messages, kind[0]))
    return [_row("kind", f"<code>{escape(name)}</code>", traffic) for name, traffic in most_first]


def _row(kind: str, label: str, traffic: Traffic) -> str:
    numbers = "".join(f'<td class="number">{count:,}</td>' for count in (traffic.messages, traffic.bytes))
    return f'<tr class="{kind}"><td>{label}</td>{numbers}</tr>'


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    names = "".join(
        f"<th{' class=number' if place else ''}>{escape(head)}</th>" for place, head in enumerate(heads)
    )
    return f"<table><thead><tr>{names}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


# ---- what they did --------------------------------------------------------------------------------------------------


def diagrams(record: Record, words: Words) -> str:
    """The space-time diagrams of both columns over MPI: what the program calls, and folded up, what MPI carried.

    Raises:
        LookupError: a column was not traced.
    """
    signs = diagram.legend(
        words=words.legend, prefix=f"{record.pattern.replace('/', '-')}-legend", plain=True
    )
    inside = f'<p class="note">{escape(words.diagram_hint)}</p>{signs}'
    for name in ("mpi4py", "mpiprocessing"):
        timeline = record.columns[name].timeline
        if timeline is None:
            raise LookupError(
                f"{record.pattern}: the run of {name} was not traced: scripts/record {record.pattern}"
            )
        prefix = f"{record.pattern.replace('/', '-')}-{name}"
        calls = diagram.svg(timeline, lane="program", prefix=f"{prefix}-program", plain=True)
        carried = diagram.svg(timeline, lane="mpi", prefix=f"{prefix}-mpi", plain=True)
        cut = _cut(timeline, words)
        inside += (
            f"<figure><figcaption>{escape(words.diagram_program.format(column=name) + cut)}</figcaption>"
        )
        inside += f'<div class="picture" tabindex="0">{calls}</div></figure>'
        details = f'<div class="picture" tabindex="0">{carried}</div>'
        inside += _details(words.diagram_mpi.format(column=name) + cut, details)
    return _box("diagrams", inside)


def _cut(timeline: Timeline, words: Words) -> str:
    """What is said of a timeline of which only the beginning was recorded."""
    return words.diagram_cut.format(shown=STEPS, steps=timeline.steps) if timeline.steps > STEPS else ""


# ---- about the catalogue --------------------------------------------------------------------------------------------


def facts(pattern: Pattern, words: Words) -> str:
    """The line below the heading of a pattern's page: its name, its family, its ranks."""
    return (
        f'<p class="facts"><code>{pattern}</code> · {escape(words.families[pattern.family])} ·'
        f" {escape(_ranks(pattern, words))}</p>"
    )


def recorded(record: Record, words: Words) -> str:
    """The line at the end of a pattern's page: what its runs were recorded with."""
    text = words.recorded.format(ranks=record.ranks, **record.versions)
    return f'<p class="note" data-search-exclude>{escape(text)}</p>'


def catalogue(entries: Iterable[tuple[Pattern, str, str]], words: Words) -> str:
    """The patterns, family by family.

    Args:
        entries: each with the title and the address of its page.
        words: of the language.
    """
    inside, family = "", ""
    for number, (pattern, title, address) in enumerate(entries, 1):
        if pattern.family != family:
            family = pattern.family
            name = escape(words.families[family])
            inside += f'{"</ol>" if inside else ""}<p><strong>{name}</strong></p><ol start="{number}">'
        link = f'<a href="{escape(address)}">{escape(title)}</a>'
        inside += f"<li>{link} <code>{pattern}</code></li>"
    return _box("catalogue", f"{inside}</ol>" if inside else "")


def _ranks(pattern: Pattern, words: Words) -> str:
    if pattern.max_ranks is None:
        return words.ranks_or_more.format(fewest=pattern.min_ranks)
    return words.ranks_up_to.format(fewest=pattern.min_ranks, most=pattern.max_ranks)


# ---- pieces ---------------------------------------------------------------------------------------------------------


def _details(title: str, inside: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


def _box(kind: str, inside: str) -> str:
    search = (
        "" if "no-copy" in kind else " data-search-exclude"
    )  # whoever looks for `sendrecv` finds programs
    return f'<div class="{kind}"{search}>{inside}</div>'
