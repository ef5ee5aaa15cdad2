"""A whole job in one process: simulated ranks and network around the library's own code, in an order that a seed decides.

    ranks       the library's runtime, and processes that give way to the schedule where they wait
    world       a job of such ranks, and its schedule: one thing happens at a time
    playing     schedules by seed, again and again the same
    network     frames and buffers between ranks, late and out of order wherever MPI allows it
    scenarios   random programs on queues, pipes, locks, ..., each with what must be true of it
    deaths      the same with ranks that die at any step, and what the others may rely on
    standstills random programs that may wait for each other for ever, and the watch that must tell when they do
    orderly     thousands of ranks without a random schedule, for counting
    operations  what each operation costs with n ranks; `python -m tests.core.simulator.operations 4 64 1024`
    __main__    `python -m tests.core.simulator --seconds 5`: as many schedules as fit, and how many a second

What runs is the real thing from `Queue.put` down to the frame: API, handles, payloads, runtime, node, outbox, homes. Only
MPI and the clock are played. A failing schedule names its seed; `replay(scenario, seed)` plays it again, step by step.
"""

from tests.core.simulator.playing import play, replay, trace
from tests.core.simulator.world import Failure, World

__all__ = ["Failure", "World", "play", "replay", "trace"]
