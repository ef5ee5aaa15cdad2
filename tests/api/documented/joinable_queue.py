"""A queue that knows when all that was put is done."""

from multiprocessing import JoinableQueue, Process, Queue


def work(todo, done):
    while True:
        item = todo.get()
        done.put(item * item)
        todo.task_done()


if __name__ == "__main__":
    todo, done = JoinableQueue(), Queue()
    for _ in range(2):
        Process(target=work, args=(todo, done), daemon=True).start()
    for n in range(20):
        todo.put(n)
    todo.join()
    print(sorted(done.get() for _ in range(20)))
    try:
        todo.task_done()
    except ValueError as error:
        print(error)
