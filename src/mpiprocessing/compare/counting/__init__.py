"""Counting what a plain mpi4py program sends: tally, buffer sizes, traffic per operation, communicators.

Nothing here is imported by the comparison itself, which never loads MPI; only the ranks of the mpi4py
column do.
"""
