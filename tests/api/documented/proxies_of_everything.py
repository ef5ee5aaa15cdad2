"""A manager's locks, events, queues and pools, used from a pool's workers."""

import multiprocessing


def put(call):
    queue, lock, number = call
    with lock:
        queue.put(number)


def inner(n):
    return n * 10


if __name__ == "__main__":
    with multiprocessing.Manager() as manager:
        queue, lock, event = manager.Queue(), manager.Lock(), manager.Event()
        with multiprocessing.Pool(2) as pool:
            pool.map(put, [(queue, lock, n) for n in range(8)])
        print(sorted(queue.get() for _ in range(queue.qsize())), queue.empty())
        event.set()
        print(event.is_set(), event.wait(1))
        value, array = manager.Value("i", 3), manager.Array("i", [1, 2, 3])
        value.value += 1
        array[1] = 20
        print(value.value, array[1], len(array), list(array))
        print(lock.acquire(), lock.acquire(False), lock.release())
        semaphore, barrier = manager.Semaphore(1), manager.Barrier(1)
        print(semaphore.acquire(), semaphore.acquire(False), barrier.wait(), barrier.parties)
