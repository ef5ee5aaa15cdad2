"""What children print: whole lines, in causal order, and a stream of their own for each."""

from __future__ import annotations

import collections

import pytest

LINES = """
    import multiprocessing as mp, random, sys

    COUNT, RANKS = 2500, 4
    LONG = (5_000, 70_000, 140_000)

    def lines(who):
        lengths = random.Random(who)
        for number in range(COUNT):
            length = LONG[number // 500 % 3] if number % 500 == 7 else lengths.randrange(120)
            yield f"{who} {number} " + chr(ord("a") + who) * length

    def talk(who, barrier):
        barrier.wait()
        for number, line in enumerate(lines(who)):
            if number % 3 == 0:
                print(line)
            elif number % 3 == 1:
                sys.stdout.write(line + "\\n")
            else:
                print(*line.split(" "))
"""


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_lines_of_many_ranks_never_mix(play, unbuffered):
    done = play(
        LINES
        + """
    if __name__ == "__main__":
        barrier = mp.Barrier(RANKS)
        children = [mp.Process(target=talk, args=(who, barrier)) for who in range(1, RANKS)]
        for child in children:
            child.start()
        talk(0, barrier)
        for child in children:
            child.join()
    """,
        ranks=4,
        env={"PYTHONUNBUFFERED": unbuffered},
    )
    assert done.status == 0, done.stderr
    names: dict[str, object] = {}
    exec(compile("if True:\n" + LINES, "lines", "exec"), names)
    printed = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        printed[line.partition(" ")[0]].append(line)
    expected = {str(who): list(names["lines"](who)) for who in range(4)}
    wrong = [
        line[:60]
        for who, lines in printed.items()
        for line in lines
        if line not in set(expected.get(who, ()))
    ]
    assert not wrong[:5]
    assert printed == expected


def test_output_keeps_causal_order_and_each_child_has_streams_of_its_own(play):
    done = play(
        """
        import multiprocessing as mp, os, sys

        def talk(number):
            for line in range(200):
                print("child", number, line)
            print("no newline at the end of", number, end="")

        def close():
            print("before closing")
            sys.stdout.close()

        def replace():
            print("before replacing", flush=True)
            sys.stdout = open(os.devnull, "w")
            print("never seen")

        def write_bytes():
            sys.stdout.buffer.write(b"as bytes\\n")
            sys.stdout.buffer.flush()
            print("to stderr", file=sys.stderr)
            print("na\\u00efve", "caf\\u00e9", "\\u4e2d\\u6587", flush=True)
            print("a", "b", sep="\\n", end="\\n\\n")

        def release(lock):
            print("before the release")
            lock.release()

        def run(target, *args):
            child = mp.Process(target=target, args=args)
            child.start()
            child.join()
            print("joined", target.__name__, child.exitcode)

        if __name__ == "__main__":
            for number in range(3):
                run(talk, number)
            for target in (close, write_bytes, replace, write_bytes):
                run(target)
            lock = mp.Lock()
            lock.acquire()
            child = mp.Process(target=release, args=(lock,))
            child.start()
            lock.acquire()
            print("after the release")
            child.join()
        """,
        ranks=2,
    )
    assert done.status == 0, done.stderr
    expected = []
    for number in range(3):
        expected += [f"child {number} {line}" for line in range(200)]
        expected += [f"no newline at the end of {number}", "joined talk 0"]
    text = ["as bytes", "naïve café 中文", "a", "b", "", "joined write_bytes 0"]
    expected += ["before closing", "joined close 0", *text, "before replacing", "joined replace 0", *text]
    expected += ["before the release", "after the release"]
    assert done.stdout.splitlines() == expected
    assert done.stderr.splitlines() == ["to stderr"] * 2


def test_children_print_on_when_the_main_program_has_closed_stdout(play):
    done = play(
        """
        import multiprocessing as mp, sys

        def talk(queue):
            print("to the same descriptor")
            queue.put("went on")

        if __name__ == "__main__":
            queue = mp.Queue()
            sys.stdout.close()
            child = mp.Process(target=talk, args=(queue,))
            child.start()
            print(queue.get(), file=sys.stderr)
            child.join()
            print(child.exitcode, file=sys.stderr)
        """,
        ranks=2,
    )
    assert (done.status, done.stdout) == (0, "to the same descriptor\n")
    assert done.stderr.splitlines() == ["went on", "0"]


@pytest.mark.parametrize("label", ["", "1"], ids=["plain", "labelled"])
def test_children_print_on_when_the_main_program_makes_streams_of_its_own(play, label):
    done = play(
        """
        import io, multiprocessing as mp, sys

        def talk():
            print("child")
            print("child", file=sys.stderr)

        if __name__ == "__main__":
            print("before")
            sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding="utf-8", line_buffering=True)
            sys.stderr = io.TextIOWrapper(sys.stderr.detach(), encoding="utf-8", line_buffering=True)
            child = mp.Process(target=talk)
            child.start()
            child.join()
            print("after")
        """,
        ranks=2,
        env={"MPIPROCESSING_LABEL": label},
    )
    assert done.status == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["before", "child", "after"]
    assert [line.split()[-1] for line in done.stderr.splitlines()] == ["child"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii:replace"])
def test_children_print_in_the_encoding_of_the_main_program(play, encoding):
    done = play(
        """
        import multiprocessing as mp, sys

        def tell(queue):
            print(chr(233))
            queue.put([(stream.encoding, stream.errors) for stream in (sys.stdout, sys.stderr)])

        if __name__ == "__main__":
            queue = mp.Queue()
            tell(queue)
            child = mp.Process(target=tell, args=(queue,))
            child.start()
            child.join()
            assert child.exitcode == 0
            assert queue.get() == queue.get()
        """,
        ranks=2,
        env={"PYTHONIOENCODING": encoding},
    )
    assert done.status == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == second
