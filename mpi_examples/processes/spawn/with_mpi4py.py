"""How are processes started, and waited for?

What travels: nothing on the way out, for a rank knows its i;
    one list of lines back from each rank.
Ranks: any number; the five calls are dealt out among them, and
    rank r makes the calls r, r + size, r + 2 * size, ...
Idea: mpiexec has started all processes already, and all of them
    run main: its rank tells a process what its work is.
"""

from mpi4py import MPI

PROCESSES = 5


def foo(i):
    return i, f"called function in process: {i}"


def main():
    comm = MPI.COMM_WORLD
    mine = range(comm.rank, PROCESSES, comm.size)
    lines = [foo(i) for i in mine]
    # gather is the join: on rank 0 it returns when every rank
    # has delivered its list. The others get None, and are done.
    shares = comm.gather(lines, root=0)
    if comm.rank != 0:
        return
    called = sorted(call for share in shares for call in share)

    for _, line in called:
        print(line)
    check(called)


def check(called):
    assert [i for i, _ in called] == list(range(PROCESSES))


if __name__ == "__main__":
    main()
