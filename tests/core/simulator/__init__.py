"""A whole job in one process: simulated ranks and network around the library's own code, in an order that a seed decides.

    world       ranks, the processes that run on them, and the schedule: one thing happens at a time
    network     frames and buffers between ranks, late and out of order wherever MPI allows it
    scenarios   random programs on queues, pipes, locks, ..., each with what must be true of it
    __main__    `python -m tests.core.simulator --seconds 5`: as many schedules as fit, and how many a second

What runs is the real thing from `Queue.put` down to the frame: API, handles, payloads, runtime, node, outbox, homes. Only
MPI and the clock are played. A failing schedule names its seed; `replay(scenario, seed)` plays it again, step by step.
"""

from tests.core.simulator.world import Failure, World, play, replay

__all__ = ["Failure", "World", "play", "replay"]
