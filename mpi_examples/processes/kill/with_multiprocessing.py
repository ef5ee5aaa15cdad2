"""How is a process ended early, and how does it tell?

What travels: a word from each process when it has begun, an
    exit code to those that may end by themselves; a signal.
Ranks: 2 or more under mpiprocessing; the three processes run
    one after the other.
Idea: terminate ends a process whatever it does. exitcode is 0
    if all went well, above 0 by itself, below 0 by a signal.
"""

import multiprocessing
import sys

CODES = {"finished": 0, "failed": 3, "terminated": None}


def foo(main_process):
    main_process.send("Starting function")
    sys.exit(main_process.recv())


def main():
    states, exitcodes = [], {}
    for name, code in CODES.items():
        child, main_process = multiprocessing.Pipe()
        p = multiprocessing.Process(
            name=name, target=foo, args=(main_process,)
        )
        states.append((name, "before execution", p.is_alive()))
        p.start()
        child.recv()
        states.append((name, "running", p.is_alive()))
        if code is None:
            p.terminate()  # is_alive may still be either
        else:
            child.send(code)
        p.join()
        states.append((name, "joined", p.is_alive()))
        exitcodes[name] = p.exitcode

    for name, when, alive in states:
        print(f"Process {when}: {name}, alive: {alive}")
    for name, code in exitcodes.items():
        print(f"Process exit code: {name} {code}")
    check(exitcodes)


def check(exitcodes):
    assert exitcodes["finished"] == 0
    assert exitcodes["failed"] > 0
    assert exitcodes["terminated"] < 0


if __name__ == "__main__":
    main()
