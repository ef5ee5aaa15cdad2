"""`python -m mpiprocessing doctor`: is this set-up sound, and if not, which line mends it?

Theory of operation: facts are gathered, then judged.

    started by no launcher    cli ──▶ alone: starts a small job of itself ──▶ shows its page, or says why there was none
    started as a rank         cli ──▶ visit: local facts ─▶ MPI starts ─▶ rank 0 asks, the others answer ─▶ page
                                      │
                                      └── watcher, a process beside the rank, speaks should the rank be lost in MPI

Gathering (`local`, `starting`, `rounds`, `programs`) knows no opinion. The checks in `checks/` know no MPI, no file and no
clock: each takes the facts of a job and returns a verdict, so that every set-up that anybody has met can be played by a test
from a table.

Nothing here is imported by the house.
"""
