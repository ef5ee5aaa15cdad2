"""The programmes that are measured: a folder for each family of works, in it a file for each library.

Theory of operation: `with_multiprocessing.py` is run twice, on the standard library and on mpiprocessing, without a change;
`with_mpi4py.py` does the same work by hand; further files are for further libraries. Each has a table WORKS of functions:

    def work(count, parties, **arguments)    in one process, which starts what it needs
    def work(comm, count, **arguments)       on every rank of a communicator of `parties` ranks

`count` is how often the operation is done, `parties` how many processes take part, the main one included. What is returned
(on rank 0) is the amount for all `count` operations together, most often seconds; setting up and ending are no part of it.

    play       the program that is started: it imports one of these files and plays works of its table
    sampling   how often an operation has to be done to be measured
    payloads   what is sent

Nothing here but what is named above is loaded beside a programme: a bare package stands in for the library, which must not
weigh on the other columns.
"""
