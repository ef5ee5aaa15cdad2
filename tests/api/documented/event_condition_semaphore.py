"""An event starts processes, a semaphore lets two in at a time, a condition tells when all are done."""

from multiprocessing import Condition, Event, Process, Semaphore, Value


def run(go, room, inside, most, finished, condition):
    go.wait()
    with room:
        with inside.get_lock():
            inside.value += 1
            most.value = max(most.value, inside.value)
        with inside.get_lock():
            inside.value -= 1
    with condition:
        finished.value += 1
        condition.notify()


if __name__ == "__main__":
    go, room, condition = Event(), Semaphore(2), Condition()
    inside, most, finished = Value("i", 0), Value("i", 0), Value("i", 0)
    children = [Process(target=run, args=(go, room, inside, most, finished, condition)) for _ in range(3)]
    for child in children:
        child.start()
    print(go.is_set(), go.wait(0.01))
    go.set()
    with condition:
        print(condition.wait_for(lambda: finished.value == 3, timeout=30))
    for child in children:
        child.join()
    print(1 <= most.value <= 2, inside.value, go.is_set())
