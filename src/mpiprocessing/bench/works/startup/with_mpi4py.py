"""A program of mpi4py that does next to nothing."""

from mpi4py import MPI

print(f"hello from rank {MPI.COMM_WORLD.rank} of {MPI.COMM_WORLD.size}")
