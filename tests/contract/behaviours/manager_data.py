"""Managers: Namespace, Value and Array; proxies inside, on their way, their text and equality."""

from __future__ import annotations

import copy
import multiprocessing
from typing import Any

from .support import finish, raises, shows, start


def _add(value: Any, namespace: Any, array: Any, lock: Any, times: int) -> None:
    for _ in range(times):
        with lock:
            value.value += 1
            namespace.total += 1
            array[0] = array[0] + 1


def check_counting_under_a_lock() -> None:
    with multiprocessing.Manager() as manager:
        value, array = manager.Value("i", 0), manager.Array("i", [0, 7])
        namespace, lock = manager.Namespace(total=0), manager.Lock()
        finish(*[start(_add, value, namespace, array, lock, 10) for _ in range(3)])
        assert value.value == value.get() == 30
        assert namespace.total == 30
        assert array[0] == 30 and array[1] == 7 and len(array) == 2 and list(array) == [30, 7]


def check_values() -> None:
    with multiprocessing.Manager() as manager:
        value = manager.Value("i", 3)
        value.set(4)
        assert value.get() == 4 and str(value) == "Value('i', 4)"
        value.value = "anything"
        assert value.value == "anything"


def check_arrays() -> None:
    with multiprocessing.Manager() as manager:
        array = manager.Array("d", [0.5, 1.5, 2.5])
        assert array[1:].tolist() == [1.5, 2.5] and array[-1] == 2.5 and len(array) == 3
        with raises(TypeError):
            array[0] = "text"
        with raises(IndexError, "array index out of range"):
            array[3]
        assert str(array) == "array('d', [0.5, 1.5, 2.5])"


def check_namespaces() -> None:
    with multiprocessing.Manager() as manager:
        namespace = manager.Namespace(x=1)
        namespace.y = [2]
        namespace._z = "here only"
        assert namespace.x == 1 and namespace.y == [2] and namespace._z == "here only"
        assert str(namespace) == "Namespace(x=1, y=[2])"
        finish(start(_change, namespace))
        assert namespace.x == "changed" and not hasattr(namespace, "y")
        with raises(AttributeError, "'Namespace' object has no attribute 'nope'"):
            _ = namespace.nope


def _change(namespace: Any) -> None:
    assert not hasattr(namespace, "_z")
    namespace.x = "changed"
    del namespace.y


def check_nested_proxies() -> None:
    with multiprocessing.Manager() as manager:
        outer = manager.dict()
        outer["inner"] = manager.list([1])
        finish(start(_append, outer))
        inner = outer["inner"]
        assert inner[:] == [1, 2] and len(outer["inner"]) == 2
        inner.append(3)
        assert outer["inner"][2] == 3
        rows = manager.list([manager.list([0] * 2) for _ in range(2)])
        rows[1][1] = 5
        assert [row[:] for row in rows] == [[0, 0], [0, 5]]
        assert rows[0]._getvalue() == [0, 0]


def _append(outer: Any) -> None:
    outer["inner"].append(2)


def check_a_proxy_outlives_the_ones_it_was_got_from() -> None:
    with multiprocessing.Manager() as manager:
        outer = manager.dict(inner=manager.list([1]))
        inner = outer["inner"]
        del outer["inner"]
        del outer
        assert inner[:] == [1]


def check_text_of_proxies() -> None:
    with multiprocessing.Manager() as manager:
        shared, items = manager.dict(a=1), manager.list(["x"])
        assert str(shared) == "{'a': 1}" and str(items) == "['x']" and f"{items}" == "['x']"
        assert shows(repr(shared), "object,", "typeid", "'dict'", "at") and repr(shared).startswith(
            "<DictProxy"
        )
        assert shows(repr(items), "'list'") and repr(items).startswith(
            "<ListProxy object, typeid 'list' at 0x"
        )


def check_equality_is_identity() -> None:
    with multiprocessing.Manager() as manager:
        shared, items = manager.dict(), manager.list()
        outer = manager.list([items])
        assert shared != {} and shared != manager.dict() and items != [] and outer[0] != items
        assert shared == shared and len({shared, shared}) == 1


def check_copies_of_the_value() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict(a=[1])
        assert copy.deepcopy(shared) == {"a": [1]} and type(copy.deepcopy(shared)) is dict
        assert shared._getvalue() == {"a": [1]}
        assert manager.list([1])._getvalue() == [1]
        assert manager.Namespace(x=1)._getvalue().x == 1


def check_proxies_travel_through_queues_and_pipes() -> None:
    queue = multiprocessing.Queue()
    here, there = multiprocessing.Pipe()
    with multiprocessing.Manager() as manager:
        child = start(_pass_on, queue, there)
        shared = manager.list([1])
        queue.put(shared)
        assert here.recv()[:] == [1, 2] and shared[:] == [1, 2]
        here.send("enough")
        finish(child)


def _pass_on(queue: Any, connection: Any) -> None:
    shared = queue.get()
    shared.append(2)
    connection.send(shared)
    connection.recv()
