"""Hosts on the command line, and what an mpiexec is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpiprocessing.launch.hosts import Host, from_file, from_text, names_to_carry, switches


def test_hosts_of_a_line() -> None:
    assert from_text("n1:2, n2") == [Host("n1", 2), Host("n2")]
    assert from_text("n1,n1,n2:3") == [Host("n1", 2), Host("n2", 3)]


@pytest.mark.parametrize("text", ["n1:0", "n1:x", "n 1", "-oProxyCommand=x", "", ",", "a;b:1"])
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(ValueError, match="no host"):
        from_text(text)


def test_hosts_of_a_file_in_each_dialect(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("# mine\nn1:2\nn2 slots=3  # big\n\nn3\nn3\n", encoding="utf-8")
    assert from_file(str(file)) == [Host("n1", 2), Host("n2", 3), Host("n3", 2)]


def test_what_each_mpiexec_is_told() -> None:
    hosts = [Host("n1", 2), Host("n2")]
    assert switches("mpich", hosts, 4, "rsh", ["A"]) == [
        "-hosts",
        "n1:2,n2:2",
        "-launcher",
        "ssh",
        "-launcher-exec",
        "rsh",
    ]
    words = switches("openmpi", hosts, 4, "rsh", ["A", "B"])
    assert words[:5] == ["--host", "n1:2,n2:2", "--prtemca", "plm_ssh_agent", "rsh"]
    assert words[-4:] == ["-x", "A", "-x", "B"]
    assert switches("mpich", [], 4, "", []) == []  # within a job the mpiexec asks the scheduler


def test_what_travels() -> None:
    names = [
        "HOME",
        "PATH",
        "OMP_NUM_THREADS",
        "PYTHONPATH",
        "SECRET",
        "LD_LIBRARY_PATH",
        "LANGUAGE",
        "UCX_TLS",
    ]
    assert names_to_carry(names) == ["LD_LIBRARY_PATH", "OMP_NUM_THREADS", "PYTHONPATH", "UCX_TLS"]
