"""Counting what a plain mpi4py program sends: sizes, traffic, communicators, program.

Nothing here is imported by the comparison itself, which never loads MPI; only the ranks of the mpi4py
column do.
"""
