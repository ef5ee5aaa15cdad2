"""Five processes, each of which calls foo(i)."""
