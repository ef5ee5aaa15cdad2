"""The programs of the pages print what the pages say, on several ranks and alone, in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec

DOCS = Path(__file__).resolve().parents[2] / "docs"


def program_of(page: Path) -> tuple[str, str]:
    """The first program of a page, and what it prints."""
    found = re.search(
        r"```python\n(.*?)```\n\n```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL
    )
    assert found is not None
    return found[1], found[2]


@pytest.mark.parametrize("page", ["checkpoint.md", "reproducible.md"])
def test_it_prints_what_is_said(page: str, tmp_path: Path) -> None:
    source, output = program_of(DOCS / "en" / page)
    assert program_of(DOCS / "zh" / page) == (source, output)
    (tmp_path / "prog.py").write_text(source)
    for _ in range(1 + ("checkpoint=" in source)):  # the second time from the file
        done = mpiexec.run(["-m", "mpiprocessing", "prog.py"], 3, timeout=40.0, cwd=tmp_path)
        assert (done.status, done.stdout) == (0, output), done.stderr
    alone = source.replace("mpiprocessing.Pool()", "mpiprocessing.SerialPool()")
    code = subprocess.run(
        [sys.executable, "-c", alone], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert code.stdout == output, code.stderr
