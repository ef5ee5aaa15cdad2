#!/bin/bash
# Made by: python -m mpiprocessing script lsf --nodes 2 --ranks-per-node 16 --time 24h --checkpoint run.ckpt prog.py
# Change what you like; submit it with: bsub < FILE
#BSUB -J prog
#BSUB -n 32
#BSUB -R "span[ptile=16] affinity[core(1)]"
#BSUB -W 24:00
#BSUB -o prog-%J.out
# Status 75 says "there is more to do": LSF starts the job again.
#BSUB -Q "75"
set -u
cd "${LS_SUBCWD:?this is no job of LSF}" || exit 1
ranks=32
cores=1
# module load ...   what your site needs; with its MPI, mpi4py must have been built for that

# The full path: a bare name might be another Python on another node.
python=/path/of/your/environment/bin/python
for name in OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS; do
    [ -n "${!name-}" ] || export "$name=$cores" # as many threads as a rank has cores, unless you say otherwise
done
# The program says: pool.map(f, items, checkpoint=os.environ["CHECKPOINT"])
export CHECKPOINT=run.ckpt

# The ranks are started by mpiexec: /path/of/your/environment/bin/mpiexec (mpich 5.0.2) belongs to the MPI of this Python;
# the nodes are those of LSB_DJOB_HOSTFILE, reached by blaunch, LSF's own way.
launcher=("$python" -m mpiprocessing.launch.mpiexec -n "$ranks" --hostfile "$LSB_DJOB_HOSTFILE")
if reach=$(command -v blaunch); then launcher+=(--ssh "$reach"); fi

# In the background: a trap waits while the shell waits for a foreground command. SIGUSR1, not SIGTERM, which kills.
pid=
trap 'kill -USR1 "${pid:-${!-}}" 2>/dev/null' USR1 # before: an early signal must not end this script
"${launcher[@]}" -m mpiprocessing prog.py &
pid=$!
# Told 180 s before the end of the wall time, by a clock of its own.
(sleep 86220 && kill -USR1 $$) >/dev/null 2>&1 &
clock=$!
status=138 # 128 + USR1: only the trap has run, and the program goes on
while [ "$status" -eq 138 ]; do
    wait "$pid"
    status=$?
    if ! kill -0 "$pid" 2>/dev/null; then
        wait "$pid" # the shell remembers how it ended
        status=$?
        break
    fi
done
kill "$clock" 2>/dev/null
# The status is what rank 0 has declared, whatever mpiexec says: Open MPI's ends with 0 when a node is lost.
echo "ended with status $status"
exit "$status"
