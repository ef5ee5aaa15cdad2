"""How do some of the processes form a group?

What travels: a part of a sum from each member to the leader of
    its team, one sum from each leader to the program.
Ranks: 3 or more under mpiprocessing: a leader waits for its
    members, so two processes of a team must run at once.
Idea: a group is a queue that only its members read and write;
    leaders put something into the queue of the leaders, too.
"""

import multiprocessing

NUMBERS = range(1, 101)
TEAMS = {"numbers": 1, "cubes": 3}  # name, power
MEMBERS = 2  # a leader and others


def part(power, member, members):
    return sum(n**power for n in NUMBERS[member::members])


def reduce(mine, team, member):
    if member != 0:
        team.put(mine)
        return None
    return mine + sum(team.get() for _ in range(MEMBERS - 1))


def work(name, member, team, leaders):
    mine = part(TEAMS[name], member, MEMBERS)
    total = reduce(mine, team, member)
    if member == 0:
        leaders.put((name, total))


def main():
    leaders = multiprocessing.Queue()
    # Kept until all have ended: a queue that the program has let
    # go of may be gone before a new process has opened it.
    teams = {name: multiprocessing.Queue() for name in TEAMS}
    jobs = []
    for name, team in teams.items():
        for member in range(MEMBERS):
            p = multiprocessing.Process(
                target=work, args=(name, member, team, leaders)
            )
            p.start()
            jobs.append(p)
    totals = dict(leaders.get() for _ in TEAMS)
    for p in jobs:
        p.join()

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
