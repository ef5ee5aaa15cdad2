"""Both columns play the same programs; what differs is confirmed, and shrunk to the steps that it takes."""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mpiprocessing.launch import mpiexec, processgroup
from tests.fuzz.programs.generator import Program, Step

__all__ = ["Difference", "Duel", "Played", "show"]

ROOT = Path(__file__).resolve().parents[3]
RANKS = 6  # main, two actors, two workers of a pool, a child
PLAYER = "tests.fuzz.programs.player"
REPLAYS = 2
PATIENCE, SECONDS = 45.0, 6.0  # for a job, and for each of its programs; a tenth of that on a quiet machine

NO_ANSWER = ("not played", "the job ", "the player failed")

Told = list[str]


@dataclass
class Played:
    """What a job told of its programs, and what became of the job."""

    told: dict[int, Told] = field(default_factory=dict)
    began: int = -1
    ending: str = ""

    def of(self, number: int) -> Told:
        """What a program gave; where the job did not survive it, that."""
        if number in self.told:
            return self.told[number]
        return [
            f"the job {self.ending.partition(chr(10))[0] or 'told nothing'}"
            if number == self.began
            else "not played"
        ]


@dataclass
class Difference:
    """A program on which the libraries differ: what each gave."""

    program: Program
    stdlib: Told
    ours: Told


class Duel:
    """Plays programs in both columns.

    Args:
        beside: a folder for the jobs' files.
        limit: seconds for a job; by the number of programs if None.

    Attributes:
        programs: how many were compared.
        steps: how many steps these had.
        undetermined: how many gave two answers on the standard library.
        jobs: how many were started.
    """

    def __init__(self, beside: Path, limit: float | None = None) -> None:
        self.programs = self.steps = self.undetermined = self.jobs = 0
        self._beside = beside
        self._limit = limit

    def play(self, programs: Sequence[Program]) -> list[Difference]:
        """Play programs, each as often as it takes to be sure.

        Returns:
            Those on which the libraries differ, every time.
        """
        theirs, ours = self._both(programs)
        self.programs += len(programs)
        self.steps += sum(len(program.steps) for program in programs)
        differing = []
        for number, program in enumerate(programs):
            if theirs.of(number) != ours.of(number):
                differing.append(program)
        return [found for program in differing if (found := self.confirm(program)) is not None]

    def confirm(self, program: Program) -> Difference | None:
        """Play one program again; None where the standard library is of two minds or silent, or the libraries agree now."""
        theirs, ours = self._both([program] * REPLAYS)
        answers = [theirs.of(number) for number in range(REPLAYS)]
        if any(answer != answers[0] for answer in answers) or answers[0][0].startswith(NO_ANSWER):
            self.undetermined += 1
            return None
        different = [ours.of(number) for number in range(REPLAYS) if ours.of(number) != answers[0]]
        return Difference(program, answers[0], different[0]) if different else None

    def shrink(self, difference: Difference, rounds: int = 8) -> Difference:
        """Leave out steps and objects as long as the libraries still differ."""
        for _ in range(rounds):
            smaller = self._smaller(difference)
            if smaller is None:
                break
            difference = smaller
        return difference

    def _smaller(self, difference: Difference) -> Difference | None:
        program = difference.program
        candidates = list(_candidates(program))
        if not candidates:
            return None
        theirs, ours = self._both(candidates)
        for number, candidate in enumerate(candidates):
            left, right = theirs.of(number), ours.of(number)
            if left != right and "not played" not in (left[0], right[0]):
                found = self.confirm(candidate)
                if found is not None:
                    return found
        return None

    def _both(self, programs: Sequence[Program]) -> tuple[Played, Played]:
        with tempfile.TemporaryDirectory(dir=self._beside) as folder:
            todo = Path(folder, "programs.pickle")
            todo.write_bytes(pickle.dumps(list(programs)))
            limit = self._limit or PATIENCE + SECONDS * len(programs)
            theirs = self._column(todo, Path(folder, "stdlib"), False, limit)
            return theirs, self._column(todo, Path(folder, "ours"), True, limit)

    def _column(self, todo: Path, record: Path, ours: bool, limit: float) -> Played:
        self.jobs += 1
        words = ["-m", PLAYER, str(todo), str(record)]
        if ours:
            end = mpiexec.run(["-m", "mpiprocessing", *words], RANKS, timeout=limit, cwd=ROOT)
        else:
            env = {"FUZZ_START_METHOD": "forkserver"}
            end = processgroup.run_group([sys.executable, *words], timeout=limit, env=env, cwd=ROOT)
        return _read(record, end, "mpiprocessing" if ours else "multiprocessing")


def _read(record: Path, end: mpiexec.Completed, library: str) -> Played:
    played, step = Played(), "its beginning"
    for line in record.read_text(encoding="utf-8").splitlines() if record.exists() else []:
        fields = json.loads(line)
        if fields["event"] == "began":
            assert fields["library"].split(".")[0] == library, fields["library"]
            played.began = fields["number"]
        elif fields["event"] == "step":
            step = fields["step"]
        else:
            played.told[fields["number"]] = fields["told"]
    if end.timed_out or end.status:
        how = "hung" if end.timed_out else f"ended with status {end.status}"
        played.ending = f"{how} at {step}\n{os.linesep.join(end.stderr.splitlines()[-40:])}"
    return played


def _candidates(program: Program) -> list[Program]:
    """The same with fewer steps: halves, quarters, ..., single ones; then with fewer objects."""
    steps, found = program.steps, []
    size = len(steps) // 2
    while size:
        for start in range(0, len(steps), size):
            found.append(replace(program, steps=steps[:start] + steps[start + size :]))
        size //= 2
    for name in program.objects:
        if not any(step.on.startswith(name) or name in repr(step.args) for step in steps):
            found.append(replace(program, objects={n: o for n, o in program.objects.items() if n != name}))
    return found[:120]


def show(difference: Difference, brief: bool = False) -> str:
    """A difference for people: the program's steps, and what they gave on either side; `brief`: only where that differs."""
    program = difference.program
    lines = [f"seed {program.seed}"]
    lines += [f"  {name} = {kind}{tuple(args)!r}" for name, (kind, *args) in program.objects.items()]
    for number, step in enumerate([*program.steps, None]):
        left = difference.stdlib[number] if number < len(difference.stdlib) else "-"
        right = difference.ours[number] if number < len(difference.ours) else "-"
        if left != right:
            lines.append(f"  {_words(step)}\n      stdlib: {left}\n      ours:   {right}")
        elif not brief:
            lines.append(f"  {_words(step)}\n              {left}")
    return "\n".join(lines)


def _words(step: Step | None) -> str:
    if step is None:
        return "the end"
    return f"{step.by}: {step.verb} {step.on} {step.args!r} {step.kwargs or ''} {step.kept and '-> ' + step.kept}"
