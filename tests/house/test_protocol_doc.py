"""docs/en/protocol.md says what core/messages.py says, and core/messages.py says all there is to say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from docgen import pages, protocol  # noqa: E402  # found only now

from mpiprocessing.core.messages import (  # noqa: E402
    MESSAGES,
    REPLIES,
    HolderDied,
    HomeDied,
    Reply,
    Request,
    ToHome,
    Withdrawn,
)

KINDS = {kind.__name__: kind for kind in MESSAGES}


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/docs", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_message_is_in_one_conversation() -> None:
    placed = [kind for kinds in protocol.conversations().values() for kind in kinds]
    assert sorted(kind.__name__ for kind in placed) == sorted(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_message_is_explained(name: str) -> None:
    kind: Any = KINDS[name]
    assert kind.__doc__ and kind.__doc__ != kind.__mro__[1].__doc__, f"{name} has no docstring of its own"


def test_tags_are_different() -> None:
    tags = [kind.__struct_config__.tag for kind in MESSAGES]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if issubclass(kind, Request)])
def test_request_has_replies(name: str) -> None:
    assert REPLIES.get(KINDS[name]), f"messages.REPLIES must say what ends {name}"  # type: ignore[call-overload]


def test_every_reply_answers_a_request() -> None:
    answers = {reply for replies in REPLIES.values() for reply in replies} | {Withdrawn, HolderDied, HomeDied}
    assert answers == {kind for kind in MESSAGES if issubclass(kind, Reply)}


def test_requests_and_replies_are_named_in_pairs() -> None:
    """A reply begins with the word its request begins with: `QueueGet`, `QueueGot`."""

    def subject(kind: type) -> str:
        return re.findall("[A-Z][a-z]+", kind.__name__)[0]

    assert all(subject(reply) == subject(request) for request in REPLIES for reply in REPLIES[request])


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if issubclass(kind, ToHome)])
def test_some_home_takes_it(name: str) -> None:
    assert protocol.homes_that_take().get(KINDS[name]), f"no home has a method for {name}"


def test_a_part_without_a_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs '<!-- begin: rooms"):
        pages.filled("an empty page", {"rooms": "text"})


def test_messages_that_settle_have_an_effect() -> None:
    """What others may rely on is something they can see."""
    assert all(kind.effect for kind in MESSAGES if kind.settles)
