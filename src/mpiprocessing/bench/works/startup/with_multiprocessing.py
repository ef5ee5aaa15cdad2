"""A program of multiprocessing that does nothing."""

import multiprocessing

if __name__ == "__main__":
    print(f"hello from {multiprocessing.current_process().name}")
