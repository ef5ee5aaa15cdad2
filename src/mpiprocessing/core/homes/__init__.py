"""The state behind each shared object: pure Python, without MPI, threads or clocks.

One file per concept, with both halves of its conversation: the *home*, which holds the state on one rank, and the *stub*,
which stands for it on every rank whose processes hold a handle. Both take one message and return the messages to send, so
a whole network of them can be played in memory, in any order a real network could produce.

    home        what all homes share: counted handles, messages put back into order
    stub        what all stubs share: where the home was last seen, the running number of messages
    waitroom    first come, first served, with withdrawal: the one primitive under everything that blocks
    placement   on which rank a home should live
    permits     units that are handed out, kept by their last user, recalled: under semaphores and bounded queues
    semaphore   queue   pipe   barrier   taskfarm   hosts
"""
