#!/bin/bash
# Made by: python -m mpiprocessing script pbs --nodes 2 --ranks-per-node 16 --time 24h --checkpoint run.ckpt prog.py
# Change what you like; submit it with: qsub FILE
#PBS -N prog
#PBS -l select=2:ncpus=16:mpiprocs=16
# Torque: -l nodes=2:ppn=16 in place of that line
#PBS -l walltime=24:00:00
#PBS -j oe
#PBS -r y
set -u
cd "${PBS_O_WORKDIR:?this is no job of PBS}" || exit 1 # PBS starts in the home directory
ranks=32
cores=1
started_before=${STARTED_BEFORE:-0}
# module load ...   what your site needs; with its MPI, mpi4py must have been built for that

# The full path: a bare name might be another Python on another node.
python=/path/of/your/environment/bin/python
for name in OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS; do
    [ -n "${!name-}" ] || export "$name=$cores" # as many threads as a rank has cores, unless you say otherwise
done
# The program says: pool.map(f, items, checkpoint=os.environ["CHECKPOINT"])
export CHECKPOINT=run.ckpt

# The ranks are started by mpiexec: /path/of/your/environment/bin/mpiexec (mpich 5.0.2) belongs to the MPI of this Python;
# within the job it finds the nodes in PBS_NODEFILE, and reaches them by pbs_tmrsh, or else by ssh.
launcher=("$python" -m mpiprocessing.launch.mpiexec -n "$ranks")
if reach=$(command -v pbs_tmrsh); then launcher+=(--ssh "$reach"); fi

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
if [ "$status" -eq 75 ] && [ "$started_before" -lt 100 ]; then # "there is more to do"
    echo "not finished: another job goes on"
    qsub -v "STARTED_BEFORE=$((started_before + 1))" "$0"
fi
exit "$status"
