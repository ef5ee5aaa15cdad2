"""Job scripts for Slurm, PBS and LSF: short, commented, to be read and changed before they are submitted."""
