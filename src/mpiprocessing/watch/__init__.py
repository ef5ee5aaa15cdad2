"""Watching a plain mpi4py program: deadlocks at the level of MPI calls, and exceptions that end the job.

Nothing here is imported by the house, and MPI is loaded only by what stands in the program's way: `communicator.py`,
`watcher.py`, `program.py`. What decides is pure: `matching.py`, `situation.py`, `judge.py`.
"""
