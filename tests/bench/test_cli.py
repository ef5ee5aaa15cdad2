"""`python -m mpiprocessing bench`: wrong requests, what it writes, its exit status; nothing is measured here."""

from __future__ import annotations

import json

import pytest

from mpiprocessing.bench import cli
from mpiprocessing.bench.catalogue import works
from mpiprocessing.bench.columns import OURS, PEERS
from mpiprocessing.compare import arguments
from mpiprocessing.launch import mpiexec


@pytest.fixture(autouse=True)
def outside(monkeypatch):
    for name in arguments.UNDER_MPIEXEC:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(cli, "end_by_signal", lambda: None)  # pytest has its own ways


class Replaced(cli.Runner):
    """Pays no visit: it says that mpiprocessing takes 1 µs and the others 2, or what it is told."""

    ours = 1e-6
    broken = ""

    def pay(self, visit):
        for row in visit.rows:
            cell = row.cells[visit.column.name]
            if visit.column.name == self.broken:
                cell.fail("it broke")
            else:
                cell.add([self.ours if visit.column.name == OURS else 2e-6], 1)


@pytest.fixture
def replaced(monkeypatch):
    made = []

    class Kept(Replaced):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append((self, *args))

    monkeypatch.setattr(cli, "Runner", Kept)
    Kept.made = made
    return Kept


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pipe"], "no work fits 'pipe'"),
        (["-n", "0"], "'0' is not a number of ranks"),
        (["-n", "1"], "it takes 2 ranks at least"),
        (["--repeat", "0"], "'0' is not a number of visits"),
        (["--html", "/nowhere/at/all"], "cannot write /nowhere/at/all"),
    ],
)
def test_a_wrong_request_ends_at_once(words, said, replaced, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert replaced.made == []


def test_it_does_not_run_under_mpiexec(monkeypatch, capsys):
    monkeypatch.setenv("PMI_RANK", "0")
    with pytest.raises(SystemExit):
        cli.main(["pipes"])
    assert "bench starts mpiexec itself" in capsys.readouterr().err


def test_listing_measures_nothing(replaced, capsys):
    assert cli.main(["--list", "life", "startup"]) == 0
    assert replaced.made == []
    assert "life/start-join" in capsys.readouterr().out


def test_all_is_written(replaced, tmp_path, capsys):
    files = {name: tmp_path / name for name in ("json", "html", "markdown")}
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    assert cli.main(["pipes/tuple", "gates/lock-alone", *words]) == 0
    assert [one["name"] for one in json.loads(files["json"].read_text())["works"]] == [
        "pipes/tuple",
        "gates/lock-alone",
    ]
    assert files["html"].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "| small tuple | 2 µs | 1 µs |" in files["markdown"].read_text(encoding="utf-8")
    shown = capsys.readouterr()
    assert "3 of 3 targets reached" in shown.out
    assert "[1/18] pipes, multiprocessing" in shown.err


def test_json_on_stdout_has_it_alone(replaced, capsys):
    assert cli.main(["pipes/tuple", "--json", "-"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["targets"] == {"all": 2, "reached": 2, "missed": 0}
    assert "small tuple" in shown.err


def test_what_failed_and_what_is_missing_make_the_status(replaced, capsys):
    replaced.broken = "mpi4py"
    assert cli.main(["pipes/tuple"]) == 1
    assert "mpi4py: it broke (pipes/tuple)" in capsys.readouterr().out
    replaced.broken = ""
    assert cli.main(["gates/barrier-2", "gates/lock-fight", "-n", "2"]) == 1
    assert "it takes 3 ranks: --ranks 3" in capsys.readouterr().out


def test_a_missed_target_makes_the_status_only_where_that_is_asked_for(replaced):
    replaced.ours = 3e-6
    assert cli.main(["pipes/tuple"]) == 0
    assert cli.main(["pipes/tuple", "--strict"]) == 1


def test_peers_are_measured_where_they_are_asked_for(replaced):
    cli.main(["pools/apply"])
    cli.main(["pools/apply", "--peers"])
    without, with_peers = ([column.name for column in made[2]] for made in replaced.made)
    assert not set(PEERS) & set(without)
    assert set(PEERS) < set(with_peers)


def test_a_quick_run_has_less_to_do(replaced):
    cli.main(["--quick"])
    cli.main(["--quick", "pipes/array-64m"])
    cli.main(["--repeat", "1"])
    quick, named, full = replaced.made
    assert len(quick[1]) < len(works(4)) == len(full[1])
    assert [str(one) for one in named[1]] == ["pipes/array-64m"]
    assert quick[4].together and not full[4].together


def test_there_is_no_mpiexec(monkeypatch, capsys):
    def find():
        raise mpiexec.MpiexecError("there is none")

    monkeypatch.setattr(mpiexec, "find", find)
    assert cli.main(["pipes/tuple"]) == 2
    assert "there is none" in capsys.readouterr().err


def test_it_can_be_interrupted(replaced, monkeypatch, capsys):
    def pay(self, visit):
        raise KeyboardInterrupt

    monkeypatch.setattr(replaced, "pay", pay)
    assert cli.main(["pipes/tuple"]) == 130
    assert "interrupted" in capsys.readouterr().err
