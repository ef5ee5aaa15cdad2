"""The options and variables that ask for something to be told, and the directory where people and the job meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.wanted import TEXT, Wanted
from mpiprocessing.monitor import files
from mpiprocessing.monitor.cli import main


def taken(*words: str, **variables: str) -> tuple[Wanted, list[str]]:
    wanted, arguments = (
        Wanted({f"MPIPROCESSING_{name}": value for name, value in variables.items()}),
        list(words),
    )
    while arguments and wanted.take(arguments):
        pass
    return wanted, arguments


def test_options_are_taken_off_the_front() -> None:
    wanted, rest = taken(
        *(
            "--report-ranks",
            "--label",
            "--log-dir",
            "logs",
            "--status=st",
            "--progress",
            "--report",
            "prog.py",
            "--label",
        )
    )
    assert rest == ["prog.py", "--label"]
    assert (wanted.report_ranks, wanted.label, wanted.log_dir, wanted.status) == (True, True, "logs", "st")
    assert (wanted.progress, wanted.seconds(), wanted.report) == ("1", 0.0, TEXT)
    wanted, _ = taken("--progress=1", "--report=r.json")
    assert (wanted.seconds(), wanted.report) == (1.0, "r.json")


def test_variables_stand_for_options() -> None:
    wanted, _ = taken(REPORT_RANKS="1", LABEL="no", STATUS="st", REPORT="1", PROGRESS="lines")
    assert (wanted.report_ranks, wanted.label, wanted.status, wanted.report) == (True, False, "st", TEXT)
    assert wanted.observed and not taken(REPORT_RANKS="1", LOG_DIR="logs")[0].observed


@pytest.mark.parametrize("words", [("--log-dir",), ("--status=",), ("--progress=soon",), ("--progress=-1",)])
def test_what_makes_no_sense_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(LaunchError):
        taken(*words)


def test_a_variable_that_makes_no_sense_is_for_rank_0_to_refuse() -> None:
    wanted, _ = taken(PROGRESS="soon")
    with pytest.raises(LaunchError, match="MPIPROCESSING_PROGRESS is 'soon'"):
        wanted.check()


def test_questions_and_answers_meet_in_the_directory(tmp_path: Path) -> None:
    directory = str(tmp_path / "st")
    files.prepare(directory)
    name = files.ask(directory, "3")
    assert files.take_answer(directory, name) is None
    assert files.requests(directory) == [(name, "3")] and files.requests(directory) == []
    files.answer(directory, name, "here\n")
    assert files.take_answer(directory, name) == "here\n" and files.take_answer(directory, name) is None
    files.ask(directory, "4")
    files.prepare(directory)  # another job: what was asked of the one before is no question to it
    assert files.requests(directory) == []
    assert [path.name for path in (tmp_path / "st").iterdir()] == [files.FILE]


def test_where_nothing_is_to_be_read_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "No such file" in capsys.readouterr().err
    files.prepare(str(tmp_path))
    assert main([str(tmp_path)]) == 2
    assert "has not begun yet" in capsys.readouterr().err
    (tmp_path / files.FILE).write_text('{"version": 1, "state": "of something else"}')
    for more in ([], ["--json"], ["--follow"], ["--stack", "0"]):
        assert main([str(tmp_path), *more]) == 2
        assert "it holds no status" in capsys.readouterr().err
