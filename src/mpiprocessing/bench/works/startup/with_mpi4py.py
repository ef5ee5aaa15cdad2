"""A program of mpi4py that does next to nothing."""

from mpi4py import MPI

__all__ = ["main"]


def main() -> None:
    """Say who is there."""
    print(f"hello from rank {MPI.COMM_WORLD.rank} of {MPI.COMM_WORLD.size}")


if __name__ == "__main__":
    main()
