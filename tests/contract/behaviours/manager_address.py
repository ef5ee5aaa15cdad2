"""Managers that are reached by their address: `connect` to a server that another program, or another process, runs."""

from __future__ import annotations

import gc
import multiprocessing
import queue
import tempfile
import threading
from multiprocessing.managers import BaseManager
from typing import Any

from .support import finish, raises, start, until

_jobs: queue.Queue[Any] = queue.Queue()


def get_jobs() -> Any:
    return _jobs


class Jobs(BaseManager):
    """Gives access to a queue of the server's."""


Jobs.register("get_jobs", callable=get_jobs)


class Client(BaseManager):
    """Knows the name alone."""


Client.register("get_jobs")


def _work(address: Any, authkey: bytes) -> None:
    client = Client(address=address, authkey=authkey)
    client.connect()
    jobs = client.get_jobs()
    jobs.put(jobs.get() * 2)


def check_a_started_manager_is_reached_by_its_address() -> None:
    manager = Jobs(address=("127.0.0.1", 0), authkey=b"secret")
    manager.start()
    assert manager.address[0] == "127.0.0.1" and manager.address[1] > 0
    jobs = manager.get_jobs()
    jobs.put(21)
    child = start(_work, manager.address, b"secret")
    finish(child)
    assert jobs.get() == 42
    manager.shutdown()


def check_a_local_address() -> None:
    with Jobs(authkey=b"secret") as manager:
        jobs = manager.get_jobs()
        jobs.put(4)
        finish(start(_work, manager.address, b"secret"))
        assert jobs.get() == 8


def check_the_file_of_a_local_address_is_removed() -> None:
    for collected in (False, True):
        with tempfile.TemporaryDirectory() as directory:
            manager = Jobs(address=f"{directory}/socket", authkey=b"secret")
            manager.start()
            assert manager.get_jobs().empty()
        if not collected:
            manager.shutdown()
        del manager
        gc.collect()
        until(lambda: not multiprocessing.active_children())


def check_a_wrong_key() -> None:
    with Jobs(authkey=b"secret") as manager:
        finish(start(_find_refused, manager.address))


def _find_refused(address: Any) -> None:
    client = Client(address=address, authkey=b"wrong")
    with raises(multiprocessing.AuthenticationError):
        client.connect()


def check_a_server_in_this_process() -> None:
    server = Jobs(authkey=b"key").get_server()
    server.stop_event = threading.Event()
    thread = threading.Thread(target=server.accepter, daemon=True)
    thread.start()
    jobs = get_jobs()
    jobs.put(5)
    finish(start(_work, server.address, b"key"))
    assert jobs.get() == 10


def check_nobody_listens() -> None:
    client = Client(address="/nonexistent/listener", authkey=b"key")
    with raises(FileNotFoundError):
        client.connect()


def check_proxies_of_a_connected_manager_travel() -> None:
    with Jobs(authkey=bytes(multiprocessing.current_process().authkey)) as manager:
        client = Client(address=manager.address, authkey=bytes(multiprocessing.current_process().authkey))
        client.connect()
        jobs = client.get_jobs()
        finish(start(_put, jobs))
        assert jobs.get() == "put"


def _put(jobs: Any) -> None:
    jobs.put("put")
