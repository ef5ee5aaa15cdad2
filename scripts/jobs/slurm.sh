#!/bin/bash
# Made by: python -m mpiprocessing script slurm --nodes 2 --ranks-per-node 16 --time 24h --checkpoint run.ckpt prog.py
# Change what you like; submit it with: sbatch FILE
#SBATCH --job-name=prog
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=16
#SBATCH --cpus-per-task=1
#SBATCH --time=24:00:00
#SBATCH --output=%x-%j.out
# This script (B:) is told 180 s before the end; Slurm looks every 30 s, so up to a minute earlier.
#SBATCH --signal=B:USR1@180
# Started again in the same output file, as the same job.
#SBATCH --requeue
#SBATCH --open-mode=append
set -u
export SLURM_EXPORT_ENV=ALL # daemons and ranks get this environment, whatever sbatch was told
ranks=$SLURM_NTASKS
cores=${SLURM_CPUS_PER_TASK:-1}
started_before=${SLURM_RESTART_COUNT:-0}
# module load ...   what your site needs; with its MPI, mpi4py must have been built for that

# The full path: a bare name might be another Python on another node.
python=/path/of/your/environment/bin/python
for name in OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS; do
    [ -n "${!name-}" ] || export "$name=$cores" # as many threads as a rank has cores, unless you say otherwise
done
# The program says: pool.map(f, items, checkpoint=os.environ["CHECKPOINT"])
export CHECKPOINT=run.ckpt

# The ranks are started by mpiexec: /path/of/your/environment/bin/mpiexec (mpich 5.0.2) belongs to the MPI of this Python;
# within the job it finds the nodes by itself. Not srun: one that does not speak with this MPI starts
# as many jobs of one rank each as ranks were asked for (--launcher srun, where the site has nothing else).
launcher=("$python" -m mpiprocessing.launch.mpiexec -n "$ranks")

# In the background: a trap waits while the shell waits for a foreground command. SIGUSR1, not SIGTERM, which kills.
pid=
trap 'kill -USR1 "${pid:-${!-}}" 2>/dev/null' USR1 # before: an early signal must not end this script
"${launcher[@]}" -m mpiprocessing prog.py &
pid=$!
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
# The status is what rank 0 has declared, whatever mpiexec says: Open MPI's ends with 0 when a node is lost.
echo "ended with status $status"
if [ "$status" -eq 75 ] && [ "$started_before" -lt 100 ]; then # "there is more to do"
    echo "not finished: job $SLURM_JOB_ID is started again"
    scontrol requeue "$SLURM_JOB_ID" && sleep 60 # Slurm ends this script
fi
exit "$status"
