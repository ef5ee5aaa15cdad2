"""A child process: its arguments, its name, its place in the family."""

import multiprocessing
import os


def introduce(title, connection):
    me = multiprocessing.current_process()
    parent = multiprocessing.parent_process()
    connection.send((title, me.name, me.pid == os.getpid(), parent.pid, parent.name, me.daemon))
    connection.recv()


if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(
        target=introduce, args=("a child",), kwargs={"connection": there}, name="Bob"
    )
    print(child.is_alive(), child.exitcode, child.pid)
    child.start()
    title, name, own, parent, parent_name, daemon = here.recv()
    print(title, name, own, parent == os.getpid(), parent_name, daemon)
    print(child in multiprocessing.active_children(), child.pid == child.ident, child.pid != os.getpid())
    here.send("go")
    child.join()
    print(child.is_alive(), child.exitcode, multiprocessing.active_children())
    child.close()
    try:
        child.is_alive()
    except ValueError as error:
        print(error)
