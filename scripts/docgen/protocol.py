"""docs/en/protocol.md from core/messages.py: tables and drawings of every conversation.

The conversations are the sections of that file (`# ---- title ---`); who sends what to whom follows from a message's base
class, or for messages between ranks from the first words of its docstring ("From parent to host: …").
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

import msgspec

from mpiprocessing.core import homes, messages
from mpiprocessing.core.homes.home import Home
from mpiprocessing.core.messages import MESSAGES, REPLIES, Message, Reply, Request, ToHome, ToRank, ToStub

__all__ = ["conversations", "homes_that_take", "tables", "values", "way", "what"]

_TITLE = re.compile(r"^# -{3,} (.+?) -{3,}$")
_WAY = re.compile(r"(?:From (?P<source>[\w ]+?))?(?:(?: to|To) (?P<dest>[\w ]+?))?:")
_IMPLIED = {"home", "stub", "seq", "call"}  # the head of every message of its kind


def conversations() -> dict[str, list[type[Message]]]:
    """Section of the file → its messages, in the order of the file."""
    lines = Path(messages_file()).read_text(encoding="utf-8").splitlines()
    kinds = {kind.__name__: kind for kind in MESSAGES}
    found: dict[str, list[type[Message]]] = {}
    title = ""
    for line in lines:
        if match := _TITLE.match(line):
            title = match[1]
        elif (match := re.match(r"class (\w+)\(", line)) and match[1] in kinds:
            found.setdefault(title, []).append(kinds[match[1]])
    return found


def messages_file() -> str:
    """Where the definitions are."""
    assert messages.__file__
    return messages.__file__


def way(kind: type[Message]) -> tuple[str, str]:
    """From whom to whom."""
    if issubclass(kind, Reply):
        return "home", "call"
    if issubclass(kind, ToHome):
        return "stub", "home"
    if issubclass(kind, ToStub):
        return "home", "stub"
    match = _WAY.match(_doc(kind))
    return (match and match["source"]) or "rank", (match and match["dest"]) or "rank"


def what(kind: type[Message]) -> str:
    """Request, reply or notice."""
    return "request" if issubclass(kind, Request) else "reply" if issubclass(kind, Reply) else "notice"


def homes_that_take() -> dict[type[Message], list[str]]:
    """Kind of message → the homes that have a method for it."""
    for module in pkgutil.iter_modules(homes.__path__, homes.__name__ + "."):
        importlib.import_module(module.name)
    found: dict[type[Message], list[str]] = {}
    kinds = sorted(_kinds_of(Home), key=lambda home: home.__name__)
    for home in kinds:
        for kind in home.verbs:
            found.setdefault(kind, []).append(home.__name__)
    return {kind: ["every home"] if len(names) == len(kinds) else names for kind, names in found.items()}


def _kinds_of(home: type[Home]) -> set[type[Home]]:
    """The classes that are derived from a home, at first or second hand."""
    return {kind for direct in home.__subclasses__() for kind in (direct, *_kinds_of(direct))}


# ---- the parts of the page ------------------------------------------------------------------------------------------


def tables(root: Path) -> str:
    """Every conversation: a drawing, a table."""
    takers = homes_that_take()
    parts = []
    for title, kinds in conversations().items():
        table = [
            "| tag | message | kind | fields | from → to | flags |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        table += [_row(kind) for kind in kinds]
        notes = [_note(kind, takers) for kind in kinds]
        drawing = "```text\n" + "\n".join(_drawing(kinds)) + "\n```"
        parts.append(
            "\n\n".join([f"### {title[0].upper()}{title[1:]}", drawing, "\n".join(table), "\n".join(notes)])
        )
    return "\n\n".join(parts)


def values(root: Path) -> str:
    """What messages are made of: the structs that are no messages themselves, and the bases with their fields."""
    lines = ["| struct | fields | |", "| --- | --- | --- |"]
    payload = messages.Payload
    lines.append(f"| `{payload.__name__}` | {_fields(payload, set())} | {_cell(_doc(payload))} |")
    for crossing in (messages.Ref, messages.Out, messages.Dead):
        parameters = inspect.signature(crossing).parameters.values()
        shown = ", ".join(f"`{str(one).partition(':')[0]}`: {one.annotation}" for one in parameters)
        lines.append(f"| `{crossing.__name__}` | {shown} | {_cell(_doc(crossing))} |")
    lines.append(f"| `Buffer` | its length, in the frame | {_cell(_doc(messages.Buffer))} |")
    for base in (ToHome, Request, ToStub, Reply, ToRank):
        lines.append(f"| `{base.__name__}` | {_fields(base, set())} | {_cell(_doc(base))} |")
    return "\n".join(lines)


def _row(kind: type[Message]) -> str:
    flags = [flag for flag in ("effect", "settles") if getattr(kind, flag)]
    source, dest = way(kind)
    tag = msgspec.inspect.type_info(kind).tag  # type: ignore[attr-defined]
    fields = _fields(kind, _IMPLIED if not issubclass(kind, ToRank) else set())
    return f"| {tag} | `{kind.__name__}` | {what(kind)} | {fields} | {source} → {dest} | {', '.join(flags)} |"


def _note(kind: type[Message], takers: dict[type[Message], list[str]]) -> str:
    extra = ""
    if issubclass(kind, Request):
        extra = f" Answered by {_or([f'`{reply.__name__}`' for reply in REPLIES[kind]])}."
    if issubclass(kind, ToHome):
        extra += f" Taken by {', '.join(takers.get(kind, ['nobody']))}."
    return f"- `{kind.__name__}`: {_doc(kind)}{extra}"


def _fields(kind: Any, without: set[str]) -> str:
    shown = [field for field in msgspec.structs.fields(kind) if field.name not in without]
    return ", ".join(f"`{field.name}`: {_type(field.type)}" for field in shown)


def _type(kind: Any) -> str:
    plain = isinstance(kind, type) and not getattr(kind, "__args__", None)
    return kind.__name__ if plain else str(kind).replace(f"{messages.__name__}.", "")


def _doc(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split("\n\nArgs:")[0].split("Args:")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _or(names: list[str]) -> str:
    return " or ".join(names)


# ---- drawings -------------------------------------------------------------------------------------------------------

_WIDTH = 46


def _drawing(kinds: list[type[Message]]) -> list[str]:
    near = [kind for kind in kinds if not issubclass(kind, ToRank)]
    lines = []
    if near:
        lines = ["stub" + " " * (_WIDTH - 2) + "home"]
        drawn: set[type[Message]] = set()
        for kind in near:
            if kind not in drawn:
                lines += _exchange(kind, near, drawn)
    return lines + [_between_ranks(kind) for kind in kinds if issubclass(kind, ToRank)]


def _exchange(kind: type[Message], near: list[type[Message]], drawn: set[type[Message]]) -> list[str]:
    """One message, and what ends it where it is a request."""
    drawn.add(kind)
    lines = [_arrow(kind)]
    for reply in REPLIES.get(kind, ()) if issubclass(kind, Request) else ():
        if reply not in drawn:
            drawn.add(reply)
            lines.append(_arrow(reply) + ("   or" if reply is not REPLIES[kind][-1] else ""))
    return lines


def _arrow(kind: type[Message]) -> str:
    fields = ", ".join(field.name for field in msgspec.structs.fields(kind) if field.name not in _IMPLIED)
    text = f" {kind.__name__}({fields}) "
    if issubclass(kind, ToHome):
        return "  │──" + text + "─" * (_WIDTH - 4 - len(text)) + "▶│"
    return "  │◀─" + "─" * (_WIDTH - 4 - len(text)) + text + "─│"


def _between_ranks(kind: type[Message]) -> str:
    source, dest = way(kind)
    fields = ", ".join(field.name for field in msgspec.structs.fields(kind))
    return f"  {source:<7}── {kind.__name__}({fields}) ──▶ {dest}"
