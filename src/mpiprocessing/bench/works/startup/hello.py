"""A program that does nothing at all with other processes."""

__all__ = ["main"]


def main() -> None:
    """Say that it was here."""
    print("hello")


if __name__ == "__main__":
    main()
