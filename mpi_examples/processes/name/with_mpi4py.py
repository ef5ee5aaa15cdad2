"""What is a process called, and who decides?

What travels: its name and two lines from each rank, in one
    gather to rank 0.
Ranks: 3 or more; rank 1 has a name in the table, rank 2 has
    none; others are called like rank 2 and say nothing more.
Idea: MPI gives a process a number, its rank, and no name. A
    table that all ranks have is enough, and costs nothing.
"""

import sys

from mpi4py import MPI

NAMES = {0: "MainProcess", 1: "foo_process"}
MAIN, LAST = 0, 2  # ranks
TOO_FEW = (
    "processes/name needs 3 ranks or more: mpiexec -n 3 "
    "python -m mpi_examples.processes.name.with_mpi4py"
)


def foo(rank):
    name = NAMES.get(rank, f"Process-{rank}")
    return name, [f"Starting {name}", f"Exiting {name}"]


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 3:
        sys.exit(TOO_FEW if comm.rank == MAIN else None)
    # Every rank knows every name by the table. gather is for the
    # lines; they come in the order of the ranks.
    everybody = comm.gather(foo(comm.rank), root=MAIN)
    if comm.rank != MAIN:
        return
    names = [name for name, _ in everybody[: LAST + 1]]
    name = names[MAIN]
    said = dict(everybody[MAIN + 1 : LAST + 1])

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
