"""Workers that take from one queue and put into another until they are told to stop."""

from multiprocessing import Process, Queue, current_process


def worker(tasks, results):
    for function, arguments in iter(tasks.get, "STOP"):
        results.put(
            (function.__name__, arguments, function(*arguments), current_process().name.split("-")[0])
        )


def times(a, b):
    return a * b


def plus(a, b):
    return a + b


if __name__ == "__main__":
    tasks, results = Queue(), Queue()
    first = [(times, (i, 7)) for i in range(12)]
    second = [(plus, (i, 8)) for i in range(6)]
    for task in first:
        tasks.put(task)
    workers = [Process(target=worker, args=(tasks, results)) for _ in range(3)]
    for process in workers:
        process.start()
    lines = sorted(results.get() for _ in first)
    for task in second:
        tasks.put(task)
    lines += sorted(results.get() for _ in second)
    for line in lines:
        print(*line)
    for _ in workers:
        tasks.put("STOP")
    for process in workers:
        process.join()
    print([process.exitcode for process in workers])
