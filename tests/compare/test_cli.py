"""`python -m mpiprocessing compare`: wrong requests, its exit status, its JSON; the runs are replaced or real."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest
from rich.console import Console

from mpi_examples.catalogue import CATALOGUE
from mpiprocessing.compare import arguments, cli
from mpiprocessing.compare.progress import Waiting
from mpiprocessing.compare.verdict import judge
from mpiprocessing.launch import mpiexec
from tests.compare.runs import run, subject
from tests.compare.timelines import exchange
from tests.helpers import commands_running


@pytest.fixture(autouse=True)
def outside(monkeypatch):
    """These tests are the outer process, wherever they are started."""
    for name in arguments.UNDER_MPIEXEC:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(cli, "end_by_signal", lambda: None)  # pytest has its own ways


class Replaced:
    """Stands in for the runner: it starts nothing and hands out the outputs it was made with."""

    def __init__(self, outputs):
        self.outputs = outputs
        self.subjects = []

    def __call__(self, timeout, show, traced=False):
        self.timeout, self.show, self.traced = timeout, show, traced
        return self

    def run(self, subject) -> Iterator:
        self.subjects.append(subject)
        for column in subject.columns:
            text = subject.expected if subject.expected is not None else "same\n"
            timeline = exchange() if self.traced and column.ranks else None
            yield run(column.name, self.outputs.get(column.name, text), timeline=timeline)


@pytest.fixture
def replaced(monkeypatch):
    """Put a stand-in in place of the runner."""

    def replace(**outputs):
        runner = Replaced(outputs)
        monkeypatch.setattr(cli, "Runner", runner)
        return runner

    return replace


def refused(capsys, *argv):
    with pytest.raises(SystemExit) as error:
        cli.main(argv)
    assert error.value.code == 2
    return capsys.readouterr().err


def test_the_whole_catalogue_is_the_default(replaced, capsys):
    runner = replaced()
    assert cli.main([]) == 0
    assert [subject.pattern for subject in runner.subjects] == list(CATALOGUE)
    text = capsys.readouterr().out
    assert all(str(pattern) in text for pattern in CATALOGUE)
    assert f"{len(CATALOGUE)} of {len(CATALOGUE)} patterns: all columns agree" in text


def test_a_pattern_is_run_in_three_columns_from_two_files(replaced):
    runner = replaced()
    assert cli.main(["channels/queue", "-n", "3", "--timeout", "7", "--show-commands"]) == 0
    [subject] = runner.subjects
    module = "mpi_examples.channels.queue"
    assert [(column.args, column.ranks) for column in subject.columns] == [
        (("-m", f"{module}.with_multiprocessing"), None),
        (("-m", "mpiprocessing", "-m", f"{module}.with_multiprocessing"), 3),
        ((cli.catalogue._COUNTED, "-m", f"{module}.with_mpi4py"), 3),
    ]
    assert (runner.timeout, runner.show) == (7.0, True)


def test_one_pattern_is_shown_in_full_and_several_are_not(replaced, capsys):
    replaced()
    cli.main(["queue"])
    assert "class Producer" in capsys.readouterr().out
    cli.main(["queue", "pool_map"])
    assert "class Producer" not in capsys.readouterr().out


def test_a_pattern_named_twice_is_run_once(replaced):
    runner = replaced()
    cli.main(["queue", "-n", "4", "channels/queue", "pool_map"])
    assert [subject.name for subject in runner.subjects] == ["channels/queue", "pools/pool_map"]


def test_a_column_that_differs_makes_the_status_1(replaced, capsys):
    replaced(mpi4py="something else\n")
    assert cli.main(["queue"]) == 1
    assert "+something else" in capsys.readouterr().out


def test_too_few_ranks_make_the_status_1_and_run_nothing(replaced, capsys):
    runner = replaced()
    assert cli.main(["pipe_chain", "-n", "2"]) == 1
    assert runner.subjects == []
    assert "needs at least 3 ranks: -n 3" in capsys.readouterr().out


def test_an_unknown_pattern_names_those_there_are_and_the_nearest(capsys):
    text = refused(capsys, "chanels/queu")
    assert "did you mean channels/queue?" in text
    assert all(str(pattern) in text for pattern in CATALOGUE)


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["absent.py"], "there is no file absent.py"),
        (["a.py", "queue"], "one program at a time"),
        (["queue", "--", "x"], "patterns take none"),
        (["-n", "0"], "'0' is not a number of ranks"),
        (["-n", "two"], "'two' is not a number of ranks"),
        (["--timeout", "-1"], "'-1' is not a number of seconds"),
        (["--timeout", "nan"], "'nan' is not a number of seconds"),
        (["--json", "no/such/folder/file.json"], "cannot write no/such/folder/file.json"),
        (["--html", "no/such/folder/page.html"], "cannot write no/such/folder/page.html"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(capsys, argv, reason):
    assert reason in refused(capsys, *argv)


def test_under_mpiexec_it_refuses(capsys, monkeypatch):
    monkeypatch.setenv("PMI_RANK", "0")
    assert "run it without mpiexec" in refused(capsys, "queue")


def test_no_mpiexec_is_status_2_with_the_reason(replaced, capsys, monkeypatch):
    runner = replaced()

    def no_mpiexec(subject):
        raise mpiexec.MpiexecError("there is no mpiexec; install one")

    monkeypatch.setattr(runner, "run", no_mpiexec)
    assert cli.main(["queue"]) == 2
    assert "there is no mpiexec; install one" in capsys.readouterr().err


def test_json_is_one_record_for_each_column(replaced, tmp_path):
    replaced()
    path = tmp_path / "records.json"
    assert cli.main(["queue", "--json", str(path)]) == 0
    data = json.loads(path.read_text(encoding="utf-8"))
    assert [record["column"] for record in data] == ["multiprocessing", "mpiprocessing", "mpi4py"]
    assert all(record["ok"] for record in data)


def test_json_on_stdout_has_it_for_itself(replaced, capsys):
    replaced()
    assert cli.main(["queue", "--json", "-"]) == 0
    streams = capsys.readouterr()
    assert len(json.loads(streams.out)) == 3
    assert "channels/queue" in streams.err


def test_the_page_has_the_patterns_and_their_pictures(replaced, tmp_path):
    runner = replaced()
    path = tmp_path / "page.html"
    assert cli.main(["queue", "spawn", "--html", str(path)]) == 0
    assert runner.traced
    text = path.read_text(encoding="utf-8")
    assert "2 of 2 patterns: all columns agree" in text
    assert text.count('<svg xmlns="http://www.w3.org/2000/svg" class="tl" role="group"') == 2 * 2 * 4


def test_without_a_page_nothing_is_recorded(replaced):
    runner = replaced()
    cli.main(["queue"])
    assert not runner.traced


def test_a_log_gets_a_line_for_each_pattern(replaced, capsys):
    replaced(mpi4py="something else\n")
    cli.main(["queue", "pipe_chain", "-n", "2"])
    assert capsys.readouterr().err.splitlines() == [
        "[1/2] channels/queue: differs",
        "[2/2] channels/pipe_chain: not run",
    ]
    cli.main(["queue"])
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end():
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, markup=False)
    subjects = [subject(name="[bold]first\x1b"), subject(name="second")]
    with Waiting(console, subjects) as waiting:
        for one in subjects:
            waiting.begin(one)
            for _ in one.columns:
                waiting.column()
            waiting.end(judge(one, []))
    text = stream.getvalue()
    assert "[bold]first␛" in text
    assert "6/6" in text
    assert "[1/2]" not in text
    assert text.rstrip("\n").endswith("\x1b[2K")  # the line is cleared


def test_a_program_gets_its_arguments_and_two_columns(replaced, tmp_path):
    runner = replaced()
    path = tmp_path / "program.py"
    path.write_text("")
    assert cli.main([str(path), "-n", "2", "--", "--json", "x"]) == 0
    [subject] = runner.subjects
    assert [(column.name, column.args) for column in subject.columns] == [
        ("multiprocessing", (str(path), "--json", "x")),
        ("mpiprocessing", ("-m", "mpiprocessing", str(path), "--json", "x")),
    ]


# --- for real -------------------------------------------------------------------------------------------------


@pytest.fixture
def compared(tmp_path, capsys):
    """Compare a program for real; return the status, what was shown, and the records by column."""

    def compare(text, ranks=2, timeout=40):
        program, records = tmp_path / "program.py", tmp_path / "records.json"
        program.write_text(textwrap.dedent(text))
        limits = ["-n", str(ranks), "--timeout", str(timeout)]
        status = cli.main([str(program), "--json", str(records), *limits])
        data = {record["column"]: record for record in json.loads(records.read_text(encoding="utf-8"))}
        return status, capsys.readouterr().out, data

    return compare


def test_a_program_that_agrees(compared):
    status, text, records = compared(
        """
        import multiprocessing

        def double(number):
            return 2 * number

        if __name__ == "__main__":
            with multiprocessing.Pool(2) as pool:
                print("[bold]", pool.map(double, range(5)))
        """,
        ranks=3,
    )
    assert status == 0, text
    assert "output of multiprocessing, mpiprocessing" in text
    assert {record["output"] for record in records.values()} == {"[bold] [0, 2, 4, 6, 8]\n"}
    assert records["multiprocessing"]["messages"] is None
    assert records["mpiprocessing"]["messages"] > 0
    assert records["mpiprocessing"]["bytes"] > 0
    assert all(record["work_seconds"] > 0 for record in records.values())


def test_a_program_that_differs(compared):
    status, text, records = compared(
        """
        import multiprocessing

        if __name__ == "__main__":
            print("made by", multiprocessing.Process.__module__.split(".")[0])
        """
    )
    assert status == 1
    assert "-made by multiprocessing" in text
    assert "+made by mpiprocessing" in text
    assert [record["ok"] for record in records.values()] == [True, False]


def test_a_program_that_fails(compared):
    status, text, records = compared("raise ValueError('the reason')")
    assert status == 1
    assert text.count("ValueError: the reason") >= 2
    assert [record["exit_status"] for record in records.values()] == [1, 1]


def test_a_program_that_hangs(compared):
    status, text, records = compared(
        """
        import multiprocessing

        if __name__ == "__main__":
            multiprocessing.Queue().get()
        """,
        timeout=4,
    )
    assert status == 1
    assert "multiprocessing was ended at the time limit" in " ".join(text.split())
    assert records["multiprocessing"]["timed_out"]
    assert not records["mpiprocessing"][
        "ok"
    ]  # ended at the limit, or earlier by whatever knows it is a deadlock


def test_the_pictures_of_a_page_have_the_messages_that_were_counted(tmp_path):
    page, data = tmp_path / "page.html", tmp_path / "records.json"
    assert cli.main(["channels/queue", "-n", "3", "--html", str(page), "--json", str(data)]) == 0
    counted = [record["messages"] for record in json.loads(data.read_text(encoding="utf-8"))]
    drawn = re.findall(
        r"what MPI did, in logical order: 3 ranks, \d+ calls, (\d+) messages", page.read_text("utf-8")
    )
    assert list(map(int, drawn)) == counted[1:]
    assert min(counted[1:]) > 10


def test_nothing_is_left_when_it_is_told_to_end(tmp_path):
    program = tmp_path / "waits.py"
    program.write_text("import multiprocessing as mp\nif __name__ == '__main__':\n    mp.Event().wait(600)\n")
    command = [sys.executable, "-m", "mpiprocessing", "compare", str(program), "--show-commands"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first column's command
        while not any(str(program) in words and "compare" not in words for words in commands_running()):
            assert process.poll() is None
        process.terminate()
        process.stderr.read()
    assert process.returncode == 128 + signal.SIGTERM
    assert not any(str(program) in words for words in commands_running())
