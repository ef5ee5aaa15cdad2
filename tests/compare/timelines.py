"""Timelines made by hand: programs that nobody runs, told call by call, with the clocks that they would have had."""

from __future__ import annotations

from typing import Any

from mpiprocessing.compare.timeline import Arrow, Lane, Moment, Row, Span, State, Timeline

HOSTILE = "<script>alert(1)</script>\"'&\x00\x1b[2J\u202e\ud800]]>"


class Told:
    """A timeline that is told: every rank has a clock in seconds and one in steps, and messages move them on."""

    def __init__(self, ranks: int, names: dict[int, str] | None = None) -> None:
        self.rows = [Row(n, (names or {}).get(n, f"rank {n}"), "host") for n in range(ranks)]
        self.seconds = [0.0] * ranks
        self.steps = [0] * ranks
        self.spans: list[Span] = []
        self.arrows: list[Arrow] = []

    def now(self, rank: int) -> Moment:
        return Moment(round(self.seconds[rank], 6), self.steps[rank])

    def tick(self, rank: int, seconds: float = 0.001) -> Moment:
        """Time passes on a rank, by a step."""
        self.seconds[rank] += seconds
        self.steps[rank] += 1
        return self.now(rank)

    def span(
        self, rank: int, state: State, name: str, begin: Moment, lane: Lane = "program", **more: Any
    ) -> None:
        self.spans.append(Span(rank, lane, state, name, begin, self.now(rank), **more))

    def compute(self, rank: int, name: str, seconds: float = 0.002) -> None:
        begin = self.now(rank)
        self.tick(rank, seconds)
        self.span(rank, "computing", name, begin)

    def message(
        self,
        source: int,
        dest: int,
        send: str = "send",
        recv: str = "recv",
        lane: Lane = "program",
        size: int = 100,
    ) -> None:
        """A rank sends, another waits until it has it."""
        waiting = self.now(dest)
        begin = self.now(source)
        sent = self.tick(source, 0.0004)
        self.span(source, "communicating", send, begin, lane, where="program.py:12")
        self.steps[dest] = max(self.steps[dest], sent.step) + 1
        self.seconds[dest] = max(self.seconds[dest], sent.seconds) + 0.0003
        received = self.now(dest)
        self.span(dest, "blocked", recv, waiting, lane, detail=(("tag", "3"),))
        lanes: tuple[Lane, ...] = ("mpi", "program") if lane == "program" else ("mpi",)
        self.arrows += [Arrow(shown, send, source, dest, sent, received, size) for shown in lanes]

    def lost(self, source: int, dest: int, name: str = "send") -> None:
        sent = self.tick(source)
        self.arrows.append(Arrow("program", name, source, dest, sent, sent, 8, lost=True))

    def done(self) -> Timeline:
        return Timeline(
            tuple(self.rows),
            tuple(sorted(self.spans, key=lambda span: (span.rank, span.begin.step))),
            tuple(sorted(self.arrows, key=lambda arrow: arrow.sent.step)),
            max(self.seconds, default=0.0),
            max(self.steps, default=0),
        )


def exchange() -> Timeline:
    """Rank 0 sends to rank 1, which answers; a third rank hears a frame of MPI alone."""
    told = Told(3, {0: "rank 0: main", 1: "rank 1: Process-1"})
    told.compute(0, "main")
    told.message(0, 1, "send", "recv")
    told.compute(1, "Process-1")
    told.message(1, 0, "answer", "recv")
    told.message(0, 2, "Frame", "Probe", lane="mpi", size=1)
    return told.done()


def crowd(ranks: int = 16, rounds: int = 20) -> Timeline:
    """Every rank works, and sends what it has to its neighbour and to rank 0, many times over."""
    told = Told(ranks, {n: f"rank {n}: {'main' if n == 0 else f'Process-{n}'}" for n in range(ranks)})
    for turn in range(rounds):
        for rank in range(ranks):
            told.compute(
                rank, "main" if rank == 0 else f"Process-{rank}", 0.001 + 0.0003 * ((rank * 7 + turn) % 5)
            )
        for rank in range(1, ranks):
            told.message(rank, (rank + 1) % ranks, "Queue.put", "Queue.get", size=64 * (turn + 1))
        told.message(ranks - 1, 0, "Pipe.send", "Pipe.recv")
    return told.done()


def hostile() -> Timeline:
    """A program that puts what it likes into every name there is."""
    told = Told(2, {0: HOSTILE, 1: "rank 1: 消费者"})
    told.rows[1] = Row(1, told.rows[1].name, HOSTILE)
    told.compute(0, HOSTILE)
    begin = told.now(0)
    told.tick(0, 0.01)
    told.span(0, "blocked", HOSTILE, begin, detail=((HOSTILE, HOSTILE),), where=HOSTILE)
    told.message(0, 1, HOSTILE, HOSTILE)
    told.message(1, 1, "to itself", "recv")
    told.lost(1, 0, HOSTILE)
    return told.done()
