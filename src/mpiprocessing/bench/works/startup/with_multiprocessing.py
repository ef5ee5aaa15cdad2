"""A program of multiprocessing that does nothing."""

import multiprocessing

__all__ = ["main"]


def main() -> None:
    """Say who is there."""
    print(f"hello from {multiprocessing.current_process().name}")


if __name__ == "__main__":
    main()
