"""What is a process called, and who decides?

What travels: its name to each process as it starts, what each
    is called back through a queue.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    process waits for its turn.
Idea: the parent names its children. A child without a name is
    called by its class and its number among all children.
"""

import multiprocessing


def foo(lines):
    name = multiprocessing.current_process().name
    lines.put((name, [f"Starting {name}", f"Exiting {name}"]))


def main():
    lines = multiprocessing.Queue()
    name = multiprocessing.current_process().name
    process_with_name = multiprocessing.Process(
        name="foo_process", target=foo, args=(lines,)
    )
    # foo_process was the first child, though its name hides it.
    process_with_default_name = multiprocessing.Process(
        target=foo, args=(lines,)
    )
    jobs = [process_with_name, process_with_default_name]
    for p in jobs:
        p.start()
    said = dict(lines.get() for _ in jobs)
    for p in jobs:
        p.join()
    names = [name, *(p.name for p in jobs)]

    print(f"The program is {name}")
    for name in names[1:]:
        print("\n".join(said[name]))
    check(names, said)


def check(names, said):
    assert names[:2] == ["MainProcess", "foo_process"]
    assert names[2].startswith("Process-")
    assert set(said) == set(names[1:])


if __name__ == "__main__":
    main()
