"""Queues and connections that are used after their process has ended, by the next one on the same rank."""

from __future__ import annotations

KEPT = """
    import json  # stays imported on its rank, as every installed module does
    import multiprocessing as mp

    def keep(*things):
        json.kept = things

    def use(report):
        queue, joinable, simple, reader, writer = json.kept
        uses = {
            "put": lambda: queue.put(1),
            "get": queue.get,
            "qsize": queue.qsize,
            "task_done": joinable.task_done,
            "join": joinable.join,
            "simple": lambda: simple.put(1),
            "recv": reader.recv,
            "poll": reader.poll,
            "fileno": reader.fileno,
            "send": lambda: writer.send(1),
            "wait": lambda: mp.connection.wait([reader]),
            "send it": lambda: report.send(queue),
        }
        for name, act in uses.items():
            try:
                act()
            except OSError as error:
                report.send((name, str(error)))
            else:
                report.send((name, "nothing was raised"))

    if __name__ == "__main__":
        things = mp.Queue(), mp.JoinableQueue(), mp.SimpleQueue(), *mp.Pipe(duplex=False)
        answers, report = mp.Pipe(duplex=False)
        for target, arguments in ((keep, things), (use, (report,))):
            child = mp.Process(target=target, args=arguments)
            child.start()
            child.join()
        report.close()
        while True:
            try:
                name, text = answers.recv()
            except EOFError:
                break
            print(name, "|", text.replace("\\n", " | "))
        things[0].put("alive")
        print(things[0].get())
"""


def test_what_is_used_after_its_process_has_ended_says_so(play):
    done = play(KEPT, ranks=2)
    assert done.status == 0, done.stderr
    *lines, last = done.stdout.splitlines()
    assert last == "alive"
    assert len(lines) == 12
    for line in lines:
        _, first, way_out = line.split(" | ")
        assert first == "handle is closed", line
        assert "the process on rank 1 that held this" in way_out and "send it to the process" in way_out, line
