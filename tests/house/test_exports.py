"""What a module shows to others: `__all__`, headers, docstrings; and that importing it costs nothing but itself."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mpiprocessing

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "mpiprocessing"
FILES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
PUBLIC = [name for name in FILES if "/" not in name]
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def exported(tree: ast.Module) -> list[str] | None:
    """The list `__all__` of a module; None where it has none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def top(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements at the top of a module, those for type checkers included."""
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from node.body
        else:
            yield node


def bound(tree: ast.Module) -> set[str]:
    """The names a module binds at its top."""
    names: set[str] = set()
    for node in top(tree):
        if isinstance(node, Definition):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {
                part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
            }
    return names


def definitions(tree: ast.Module, names: list[str]) -> Iterator[tuple[str, Definition]]:
    """The exported functions and classes of a module, and the public methods of these classes."""
    for node in tree.body:
        if isinstance(node, Definition) and node.name in names:
            yield node.name, node
            for member in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield f"{node.name}.{member.name}", member


@pytest.mark.parametrize("name", FILES)
def test_header(name: str) -> None:
    assert ast.get_docstring(TREES[name]), f"{name} does not say what it is for"


@pytest.mark.parametrize("name", FILES)
def test_all_names_what_is_there(name: str) -> None:
    names = exported(TREES[name])
    if names is None:
        only_a_folder_or_command = name.endswith(("__init__.py", "__main__.py"))
        assert only_a_folder_or_command, f"{name} has no __all__"
        return
    assert len(set(names)) == len(names)
    assert set(names) <= bound(TREES[name])


@pytest.mark.parametrize("name", PUBLIC)
def test_what_users_touch_has_docstrings(name: str) -> None:
    names = exported(TREES[name]) or []
    bare = [label for label, node in definitions(TREES[name], names) if not ast.get_docstring(node)]
    assert not bare, f"{name}: no docstring at {bare}"


def test_modules_that_stand_for_the_standard_library_say_what_differs() -> None:
    for name in PUBLIC:
        stdlib = importlib.util.find_spec(f"multiprocessing.{name.removesuffix('.py')}")
        if stdlib is not None and not name.startswith("__"):
            assert "Differs from the stdlib in:" in (ast.get_docstring(TREES[name]) or ""), name


def test_the_roof_only_exports() -> None:
    nodes = list(top(TREES["__init__.py"]))
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    assert functions == {"__dir__", "__getattr__"}
    others = {type(node) for node in nodes} - {ast.FunctionDef}
    assert others <= {ast.Expr, ast.Import, ast.ImportFrom, ast.Assign}
    assert mpiprocessing.__all__ == sorted(mpiprocessing.__all__)


def test_names_are_what_type_checkers_take_them_for() -> None:
    told = {
        alias.name: node.module
        for node in top(TREES["__init__.py"])
        if isinstance(node, ast.ImportFrom)
        and node.module not in ("typing", "__future__", "mpiprocessing.core")
        for alias in node.names
    }
    assert sorted(told) == mpiprocessing.__all__
    for name, module in told.items():
        assert module is not None
        assert getattr(mpiprocessing, name) == getattr(importlib.import_module(module), name), name
    assert set(told) <= set(dir(mpiprocessing))
    with pytest.raises(AttributeError, match="'mpiprocessing' has no attribute 'nothing'"):
        mpiprocessing.nothing  # noqa: B018
    assert mpiprocessing.pool is importlib.import_module("mpiprocessing.pool")


def test_a_rank_that_is_not_needed_yet_loads_next_to_nothing() -> None:
    code = (
        "import sys, mpiprocessing.__main__\n"
        "costly = {'multiprocessing', 'msgspec', 'traceback', 'typing', 'ctypes', 'logging', 'socket', 'inspect'}\n"
        "print(*costly & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "\n"), done


def test_importing_the_library_starts_neither_mpi_nor_a_thread() -> None:
    code = (
        "import sys, threading, mpiprocessing\n"
        "for name in mpiprocessing.__all__:\n"
        "    getattr(mpiprocessing, name)\n"
        "assert 'mpi4py' not in sys.modules and 'numpy' not in sys.modules\n"
        "assert threading.active_count() == 1\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
