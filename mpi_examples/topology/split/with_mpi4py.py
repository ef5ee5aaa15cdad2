"""How do some of the processes form a group?

What travels: a part of a sum from each rank to the leader of
    its team, one sum from each leader to rank 0.
Ranks: 2 or more; the ranks join the two teams in turn, and a
    team may be a leader alone.
Idea: Split makes a communicator of all who name the same colour,
    ranked by key; its collectives concern nobody else.
"""

import sys

from mpi4py import MPI

NUMBERS = range(1, 101)
TEAMS = {"numbers": 1, "cubes": 3}  # name, power
TOO_FEW = (
    "topology/split needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.topology.split.with_mpi4py"
)


def part(power, member, members):
    return sum(n**power for n in NUMBERS[member::members])


def reduce(mine, team):
    return team.reduce(mine, op=MPI.SUM, root=0)


def work(name, team, leaders):
    mine = part(TEAMS[name], team.rank, team.size)
    total = reduce(mine, team)
    # Who has no part in a communicator must not call it.
    if leaders == MPI.COMM_NULL:
        return None
    return leaders.gather((name, total), root=0)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < len(TEAMS):
        sys.exit(TOO_FEW if comm.rank == 0 else None)
    # All ranks split, also those that will have no part in it.
    colour = comm.rank % len(TEAMS)
    team = comm.Split(colour, key=comm.rank)
    leads = 0 if team.rank == 0 else MPI.UNDEFINED
    leaders = comm.Split(leads, key=comm.rank)
    totals = work(list(TEAMS)[colour], team, leaders)
    team.Free()
    if leaders != MPI.COMM_NULL:
        leaders.Free()
    if comm.rank != 0:
        return
    totals = dict(totals)

    for name in TEAMS:
        print(f"team {name}: the sum is {totals[name]}")
    print(f"{totals['numbers']} squared: {totals['numbers'] ** 2}")
    check(totals)


def check(totals):
    for name, power in TEAMS.items():
        assert totals[name] == sum(n**power for n in NUMBERS)
    assert totals["cubes"] == totals["numbers"] ** 2


if __name__ == "__main__":
    main()
