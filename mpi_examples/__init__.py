r"""Patterns of parallel programs: two programs that print the same.

The map: a family is a folder, a pattern is a folder in it, and
`ls` there answers "how is it done here, how is it done there":

    processes/   starting processes         spawn
    channels/    handing objects over       queue  pipe_chain
    gates/       waiting and taking turns   barrier_lock
    pools/       sharing out the calls      pool_map

    with_multiprocessing.py   everyday code for the standard
                              library; as it is, it also runs
                              on MPI under mpiprocessing
    with_mpi4py.py            the same with plain MPI messages
    expected.txt              what both print

The order, and all that a menu or a test needs to know of a
pattern, is in catalogue.py. To read and to run:

    python -m mpi_examples
    python -m mpi_examples show queue
    python -m mpi_examples.channels.queue.with_multiprocessing
    mpiexec -n 4 python -m mpiprocessing \
        -m mpi_examples.channels.queue.with_multiprocessing
    mpiexec -n 4 python -m mpi_examples.channels.queue.with_mpi4py

How the programs are written: both print from the main process
or rank 0 alone, so that no lines mix; the result is the same on
any number of ranks; the assertion comes last, when no rank is
waiting for another any more. A plain MPI program has nobody who
ends the other ranks when one of them fails before that: they
would wait for ever. `mpiexec -n 4 python -m mpi4py -m MODULE`
ends them all, and is the way to run what may still fail.
"""
