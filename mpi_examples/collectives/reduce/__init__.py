"""The digits of a long number: sum, largest, its place, remainder."""
