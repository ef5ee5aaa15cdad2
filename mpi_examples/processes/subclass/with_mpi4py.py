"""How does a process become a class of one's own?

What travels: nothing on the way out, for a rank makes its own
    objects; the objects themselves on the way back.
Ranks: any number; the five objects are dealt out among them,
    and each rank runs its own.
Idea: a rank is a process already, so the class is a plain one.
    Its object can travel, and takes along what run has stored.
"""

from mpi4py import MPI

PROCESSES = 5


class MyProcess:
    def __init__(self, i):
        self.name = f"MyProcess-{i}"
        self.i = i
        self.result = None

    def run(self):
        # Stored in this rank's object, until that is sent.
        self.result = self.i * self.i


def main():
    comm = MPI.COMM_WORLD
    jobs = [MyProcess(i) for i in range(1, PROCESSES + 1)]
    mine = jobs[comm.rank :: comm.size]
    for p in mine:
        p.run()
    shares = comm.gather(mine, root=0)
    if comm.rank != 0:
        return
    back = [p for share in shares for p in share]
    done = sorted((p.name, p.result) for p in back)

    for name, result in done:
        print(f"called run method in process: {name} -> {result}")
    check(done)


def check(done):
    assert [result for _, result in done] == [1, 4, 9, 16, 25]


if __name__ == "__main__":
    main()
