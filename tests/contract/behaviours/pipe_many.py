"""Pipe: a hundred thousand small objects."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

from .support import finish, start

MANY = 100_000


def _send_many(connection: Connection) -> None:
    for number in range(MANY):
        connection.send((number, "small"))


def check_many_objects_from_a_child() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_send_many, writer)
    for number in range(MANY):
        assert reader.recv() == (number, "small")
    finish(child)


def check_many_objects_to_a_child() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_sum_many, other)
    _send_many(mine)
    assert mine.recv() == MANY * (MANY - 1) // 2
    finish(child)


def _sum_many(connection: Connection) -> None:
    connection.send(sum(connection.recv()[0] for _ in range(MANY)))


def check_many_between_two_children() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    answers, report = multiprocessing.Pipe(duplex=False)
    children = [start(_send_many, writer), start(_sum_and_report, reader, report)]
    assert answers.recv() == MANY * (MANY - 1) // 2
    finish(*children)


def _sum_and_report(reader: Connection, report: Connection) -> None:
    report.send(sum(reader.recv()[0] for _ in range(MANY)))
