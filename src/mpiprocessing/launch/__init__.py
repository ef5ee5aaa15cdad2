"""Starting programs from outside: the `mpiexec` that belongs to the installed MPI, a time limit, and nothing left behind.

No module here knows the runtime, and none starts MPI in its own process.
"""
