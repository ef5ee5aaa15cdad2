"""What can be run, and what the program and its children see: names, arguments, modules, the working directory."""

from __future__ import annotations

import json
import py_compile
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

PROGRAM = """
    import argparse, json, multiprocessing as mp, os, sys
    import {sibling} as sibling
    from {sibling} import square

    parser = argparse.ArgumentParser()
    parser.add_argument("--factor", type=int, required=True)
    options = parser.parse_args()  # at module level: a child parses as well

    class Point:
        def __init__(self, x):
            self.x = x

    def work(queue, point):
        same = type(point) is Point and type(point).__module__ in ("__main__", "__mp_main__")
        queue.put((os.getcwd(), sys.argv, options.factor, square(point.x), same, __name__, Point(7)))

    def main():
        queue = mp.Queue()
        child = mp.Process(target=work, args=(queue, Point(3)))
        child.start()
        cwd, argv, factor, value, same, name, point = queue.get()
        child.join()
        print(json.dumps(dict(
            name=__name__, child=name, argv=sys.argv == argv, cwd=os.getcwd() == cwd, rest=argv[1:], first=argv[0],
            factor=factor, value=value, same=same, back=type(point) is Point, exitcode=child.exitcode, where=os.getcwd(),
            package=__package__, file=__file__, main=sys.modules["__main__"].Point is Point,
        )))

    if __name__ == "__main__":
        main()
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with a script, a package that can be run, a module in it, and what they import."""
    package = tmp_path / "site" / "shop"
    package.mkdir(parents=True)
    square = "def square(x):\n    return x * x\n"
    (package.parent / "neighbour.py").write_text(square)
    (package / "neighbour.py").write_text(square)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(textwrap.dedent(PROGRAM.format(sibling="shop.neighbour")))
    (package / "counter.py").write_text(textwrap.dedent(PROGRAM.format(sibling="shop.neighbour")))
    (package.parent / "script.py").write_text(textwrap.dedent(PROGRAM.format(sibling="neighbour")))
    return package.parent


@pytest.mark.parametrize(
    ("words", "place", "file", "package"),
    [
        (["site/script.py"], ".", "site/script.py", None),
        (["-m", "shop.counter"], "site", "site/shop/counter.py", "shop"),
        (["-m", "shop"], "site", "site/shop/__main__.py", "shop"),
    ],
    ids=["script from elsewhere", "module", "package"],
)
def test_a_program_and_its_child_see_what_python_would_show(launch, site, words, place, file, package):
    cwd = site.parent / place
    done = launch(["-m", "mpiprocessing", *words, "--factor", "5"], ranks=2, cwd=cwd)
    assert (done.status, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    assert (seen.pop("name"), seen.pop("child")) == ("__main__", "__mp_main__")
    assert seen.pop("rest") == ["--factor", "5"] and seen.pop("factor") == 5
    assert Path(cwd, seen.pop("first")) == site.parent / file == Path(cwd, seen.pop("file"))
    assert Path(seen.pop("where")) == cwd.resolve()
    assert seen.pop("package") == package
    assert (seen.pop("value"), seen.pop("exitcode")) == (9, 0)
    assert seen == dict.fromkeys(["argv", "cwd", "same", "back", "main"], True)


PROBE = """
import json, multiprocessing, os, sys

def facts():
    spec = globals().get("__spec__")
    loader = globals().get("__loader__")
    return {
        "name": __name__, "file": __file__, "package": __package__, "spec": spec and spec.name, "loader": type(loader).__name__,
        "argv": sys.argv, "path": sys.path, "code": facts.__code__.co_filename, "cwd": os.getcwd(),
    }

def tell(queue):
    queue.put(facts())

if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    os.chdir(os.path.dirname(os.getcwd()))
    mine, queue = facts(), multiprocessing.Queue()
    child = multiprocessing.Process(target=tell, args=(queue,))
    child.start()
    print(json.dumps([mine, queue.get()]))
    child.join()
"""


@pytest.fixture
def probes(tmp_path: Path) -> Path:
    """A folder with one program in all the shapes that Python runs, and below it one to run them from."""
    start = tmp_path / "here" / "start"
    (start / "folder").mkdir(parents=True)
    (start / "package").mkdir()
    (start / "package" / "__init__.py").write_text("")
    for name in ("script.py", "folder/__main__.py", "package/__main__.py", "package/probe.py"):
        (start / name).write_text(PROBE)
    (start / "link.py").symlink_to("folder/../package/probe.py")
    with zipfile.ZipFile(start / "archive.pyz", "w") as archive:
        archive.writestr("__main__.py", PROBE)
    return start


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "script.py a"),
        ("", "./package/../script.py"),
        ("", "link.py"),
        ("", "folder -x"),
        ("", "./folder/."),
        ("", "archive.pyz"),
        ("", "-m package"),
        ("", "-m package.probe a"),
        ("-I", "link.py"),
        ("-I", "folder"),
    ],
)
def test_a_program_that_goes_elsewhere_and_its_child_see_what_they_see_in_python(
    launch, probes, options, words
):
    command = [sys.executable, *options.split(), *words.split()]
    plain = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False, cwd=probes)
    done = launch([*options.split(), "-m", "mpiprocessing", *words.split()], ranks=2, cwd=probes)
    assert (done.status, plain.returncode) == (0, 0), done.stderr + plain.stderr
    (theirs, their_child), (ours, our_child) = json.loads(plain.stdout), json.loads(done.stdout)
    assert ours == theirs
    assert our_child == their_child | {"name": "__mp_main__"}


WRAPPED = """
import multiprocessing as mp

class Point:
    def __init__(self, x):
        self.x = x

def move(point):
    return Point(point.x + 1)

if __name__ == "__main__":
    with mp.Pool(2) as pool:
        moved = pool.map(move, [Point(1), Point(2)])
        print([(type(point) is Point, point.x) for point in moved])
"""


@pytest.mark.parametrize(
    "words",
    ["-m runpy wrapped", "-m pdb -c continue -c quit wrapped.py", "-m cProfile -o profile wrapped.py"],
    ids=lambda words: words.split()[1],
)
def test_what_runs_a_program_in_its_own_place(launch, tmp_path, words):
    (tmp_path / "wrapped.py").write_text(WRAPPED)
    done = launch(["-m", "mpiprocessing", *words.split()], ranks=3, cwd=tmp_path)
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines()[0] == "[(True, 2), (True, 3)]"


def test_a_package_that_begins_without_asking_for_its_name(launch, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("from package.work import main\nmain()\n")
    (package / "work.py").write_text(
        "import multiprocessing as mp\n"
        "def main():\n"
        "    with mp.Pool(2) as pool:\n"
        "        print(pool.map(abs, [-1, 2]), pool.map(double, [1]))\n"
        "def double(x):\n"
        "    return 2 * x\n"
    )
    done = launch(["-m", "mpiprocessing", "-m", "package"], ranks=3, cwd=tmp_path)
    assert (done.status, done.stdout, done.stderr) == (0, "[1, 2] [2]\n", "")


@pytest.mark.parametrize("run", ["run_path('wrapped.py', ", "run_module('wrapped', alter_sys=True, "])
def test_a_program_that_another_one_runs_without_asking_for_its_name(launch, tmp_path, run):
    (tmp_path / "wrapped.py").write_text(WRAPPED)
    (tmp_path / "begin.py").write_text(f"import runpy\nrunpy.{run}run_name='__main__')\n")
    done = launch(["-m", "mpiprocessing", "begin.py"], ranks=3, cwd=tmp_path)
    assert (done.status, done.stdout, done.stderr) == (0, "[(True, 2), (True, 3)]\n", "")


def test_a_program_that_is_compiled(launch, tmp_path):
    (tmp_path / "wrapped.py").write_text(WRAPPED)
    py_compile.compile(str(tmp_path / "wrapped.py"), str(tmp_path / "compiled.pyc"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "begin.py").write_text(
        "import multiprocessing as mp\nwith mp.Pool(1) as pool: print(pool.map(abs, [-1]))\n"
    )
    py_compile.compile(str(tmp_path / "begin.py"), str(tmp_path / "folder" / "__main__.pyc"))
    for program, said in (("compiled.pyc", "[(True, 2), (True, 3)]\n"), ("folder", "[1]\n")):
        done = launch(["-m", "mpiprocessing", program], ranks=3, cwd=tmp_path)
        assert (done.status, done.stdout, done.stderr) == (0, said, "")


def test_what_a_program_leaves_to_the_end_of_python_finds_its_modules(play):
    done = play(
        """
        import json
        import multiprocessing as mp
        from concurrent.futures import ProcessPoolExecutor

        class Last:
            def __init__(self):
                self.pool = mp.Pool(1)

            def __del__(self):
                self.pool.terminate()
                print(json.dumps(["last words"]))

        if __name__ == "__main__":
            last, executor = Last(), ProcessPoolExecutor(1)
            print(last.pool.map(abs, [-1]), executor.submit(abs, -2).result())
        """
    )
    assert (done.status, done.stdout, done.stderr) == (0, '[1] 2\n["last words"]\n', "")


def test_a_folder_without_a_program(launch, tmp_path):
    done = launch(["-m", "mpiprocessing", "."], ranks=2, cwd=tmp_path)
    assert done.status == 2
    assert done.stderr.startswith("mpiprocessing: there is no __main__.py in the folder '.'\n")


def test_a_program_whose_working_directory_is_gone_has_children(play):
    done = play(
        """
        import multiprocessing, os, tempfile

        if __name__ == "__main__":
            folder = tempfile.mkdtemp()
            os.chdir(folder)
            os.rmdir(folder)
            with multiprocessing.Pool(1) as pool:
                print(pool.map(abs, [-1, 2]))
        """,
        ranks=2,
    )
    assert (done.status, done.stdout, done.stderr) == (0, "[1, 2]\n", "")


CODE = """
import multiprocessing as mp, sys
def work(queue, x): queue.put((x, sys.argv[1:]))
queue = mp.Queue()
base = 10
children = [mp.Process(target=work, args=(queue, 1)), mp.Process(target=lambda: queue.put(base + len(sys.argv)))]
for child in children: child.start(); child.join()
print(queue.get(), queue.get(), [child.exitcode for child in children], sys.argv, __name__)
with mp.Pool(2) as pool: print(pool.map(lambda x: x + base, range(3)), pool.apply(lambda: mp.current_process().name[-13:-1]))
"""


def test_code_from_the_command_line_needs_no_guard_and_may_use_lambdas(launch):
    done = launch(["-m", "mpiprocessing", "-c", CODE, "a", "b c"], ranks=3)
    assert (done.status, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == "(1, ['a', 'b c']) 13 [0, 0] ['-c', 'a', 'b c'] __main__"
    assert second.startswith("[10, 11, 12] ")


def test_functions_that_pickle_cannot_carry_travel_all_the_same(play):
    done = play(
        """
        import multiprocessing as mp

        def scale(factor):
            def multiply(x):
                return factor * x
            return multiply

        def main():
            class Local:
                def __init__(self, x):
                    self.x = x

            queue = mp.Queue()
            child = mp.Process(target=lambda: queue.put(Local(4)))
            child.start()
            print(queue.get().x)
            child.join()
            with mp.Pool(1) as pool:
                print(pool.map(scale(3), range(4)), pool.map(lambda x: -x, [1, 2]), pool.apply(lambda *a: a, (1, 2)))

        if __name__ == "__main__":
            main()
        """,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == "4\n[0, 3, 6, 9] [-1, -2] (1, 2)\n"


def test_a_program_without_a_guard_is_stopped_with_the_reason(play):
    done = play(
        """
        import multiprocessing as mp

        def work():
            pass

        child = mp.Process(target=work)
        child.start()
        child.join()
        raise SystemExit(3 if child.exitcode else 0)
        """,
        ranks=2,
    )
    assert done.status == 3
    assert done.stderr.count("if __name__ == '__main__':") == 1
    assert "RuntimeError" in done.stderr
    assert "before the" in done.stderr and "bootstrapping phase" in done.stderr


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["absent.py"], "absent.py': No such file or directory"),
        (["-m", "no.such.module"], "no module named 'no.such.module'"),
    ],
    ids=["script", "module"],
)
def test_a_program_that_is_not_there(launch, words, text):
    done = launch(["-m", "mpiprocessing", *words], ranks=2)
    assert done.status == 2
    assert done.stderr.count("mpiprocessing: ") == 1
    assert text in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "text"),
    [(["-x"], "unknown option -x"), ([], "no program given"), (["-m"], "-m needs an argument")],
    ids=["option", "nothing", "half"],
)
def test_a_command_line_that_says_nothing_is_answered_without_mpi(words, text):
    done = runner(*words)
    assert done.returncode == 2
    assert text in done.stderr and "usage: mpiexec -n RANKS" in done.stderr


def test_an_error_in_the_program_itself_is_shown_as_python_shows_it(play):
    done = play("import multiprocessing\nx = = 1\n", ranks=1)
    assert done.status == 1
    assert "SyntaxError" in done.stderr and 'prog.py", line 2' in done.stderr
    assert "mpiprocessing/core" not in done.stderr


def test_the_runner_says_how_it_is_used():
    done = runner("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: mpiexec -n RANKS python -m mpiprocessing")


def runner(*words):
    """The runner without a launcher."""
    command = [sys.executable, "-m", "mpiprocessing", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
