"""What becomes of a process when the main one ends?

What travels: three orders to the background process and its
    answers; a log to whoever watches; no word of an end.
Ranks: 3 or more under mpiprocessing: with 3 the foreground
    process runs on the rank that the daemon has left.
Idea: when a process ends, its daemons are ended and its other
    children are waited for. A watcher outlives them all.
"""

import multiprocessing

ORDERS = 3


def background(answers, log):
    # The log stays open as long as this process lives.
    while True:
        order = answers.recv()
        answers.send(f"background_process: order {order} done")


def foreground(log):
    log.send("Starting foreground_process")
    log.send("Exiting foreground_process")


def program(orders, answers, log):
    service = multiprocessing.Process(
        target=background, args=(answers, log), daemon=True
    )
    service.start()
    log.send("Starting background_process")
    for order in range(ORDERS):
        orders.send(order)
        log.send(orders.recv())
    job = multiprocessing.Process(target=foreground, args=(log,))
    log.send("Exiting MainProcess")
    # At the end the service is ended in its loop, the job joined.
    job.start()


def main():
    orders, answers = multiprocessing.Pipe()
    reader, log = multiprocessing.Pipe(duplex=False)
    p = multiprocessing.Process(
        target=program, args=(orders, answers, log), daemon=False
    )
    p.start()
    log.close()
    lines = []
    try:
        while True:
            lines.append(reader.recv())
    except EOFError:  # nobody is left who could write
        p.join()

    for line in lines:
        print(line)
    check(lines)


def check(lines):
    assert lines[-1] == "Exiting foreground_process"
    assert "Exiting background_process" not in lines


if __name__ == "__main__":
    main()
