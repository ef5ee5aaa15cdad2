"""Shared objects that travel by other ways than ours: through a file, to another process or another job."""

from __future__ import annotations

DUMP = """
    import multiprocessing as mp, pickle, sys

    def dump(path):
        queue, lock = mp.Queue(), mp.Lock()
        reader, writer = mp.Pipe(duplex=False)
        queue.put("kept")
        with open(path, "wb") as file:
            for thing in (queue, lock, reader, writer):
                pickle.dump(thing, file)

    def load(path):
        with open(path, "rb") as file:
            for _ in range(4):
                try:
                    yield pickle.load(file)
                except RuntimeError as error:
                    yield error
"""


def test_a_handle_from_another_job_is_refused(play, tmp_path):
    path = str(tmp_path / "handles")
    assert (
        play(DUMP + "\n    if __name__ == '__main__':\n        dump(sys.argv[1])\n", path, ranks=2).status
        == 0
    )
    done = play(
        DUMP
        + """
    if __name__ == "__main__":
        for error in load(sys.argv[1]):
            print(type(error).__name__, error)
    """,
        path,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 4 and all(line.startswith("HandleError this ") for line in lines)
    assert all("rank 0 of job" in line and "make a new one" in line for line in lines)


def test_a_handle_from_a_file_is_good_as_long_as_the_job(play, tmp_path):
    """Also when the process that made it, and wrote the file, has ended."""
    done = play(
        DUMP
        + """
    def use(path):
        queue, lock, reader, writer = load(path)
        print(queue.get(), lock.acquire(), flush=True)
        writer.send("through the pipe")
        print(reader.recv(), flush=True)

    if __name__ == "__main__":
        for target in (dump, use):
            child = mp.Process(target=target, args=(sys.argv[1],))
            child.start()
            child.join()
    """,
        str(tmp_path / "handles"),
        ranks=3,
    )
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["kept True", "through the pipe"]


def test_a_descriptor_that_was_closed_by_its_number_harms_nobody_else(play):
    done = play(
        """
        import gc, multiprocessing as mp, os, time

        def descriptor_closed():
            reader, writer = mp.Pipe(duplex=False)
            os.close(reader.fileno())
            return reader, writer

        if __name__ == "__main__":
            reader, writer = descriptor_closed()
            writer.send("still there")
            print(reader.poll(1))
            reader.close()
            descriptor_closed()
            gc.collect()
            queue = mp.Queue()
            time.sleep(0.2)
            queue.put("goes on")
            print(queue.get())
        """,
        ranks=2,
    )
    assert done.stdout == "True\ngoes on\n", done.stderr
