"""The checks, a family per file. Each takes the facts of a job and returns a verdict: no MPI, no file, no clock."""
