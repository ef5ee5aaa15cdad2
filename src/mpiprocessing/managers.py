"""Managers: objects that live in one place and are used from everywhere.

    m = Manager()       the server begins, on this very rank: server.py
    d = m.dict()        an object there, and a proxy for it here: proxies.py
    Process(args=(d,))  the proxy goes anywhere; the object stays

`BaseManager` is the standard library's own with another way to start, and to reach, its server. Where a program uses an address
(`connect` to a server that runs elsewhere, `get_server` for clients that do) its code, and its sockets, are what is used.
Derived from CPython's `Lib/multiprocessing/managers.py`.

Differs from the stdlib in:
- the server takes no process of its own: it lives in the process that started the manager, in threads; what it keeps can be
  reached until that process ends;
- the initializer of `start` is called in the calling thread, and signal handlers that it sets are taken back afterwards;
- `address` opens a socket when it is first asked for, for those who `connect`; proxies inside the job need none;
- objects that the manager makes for programs that `connect` to it are apart from those that it makes for this job, unless
  what was registered returns the same object each time;
- who sets an item or an attribute, or appends, does not wait until that is done, where all is plain (numbers, strings, and
  containers of such); whoever hears of it finds it done, but an error that the manager has ended may come a call later;
- a pool that a manager keeps has its workers among the children of the process that started the manager;
- a manager can be sent to other processes of the job, which may make objects with it, too.
"""

from __future__ import annotations

import multiprocessing.managers as stdlib
from collections.abc import Callable, Iterable
from multiprocessing import ProcessError, util
from typing import Any

from mpiprocessing import pool
from mpiprocessing.managed import proxies
from mpiprocessing.managed.proxies import AutoProxy, BaseProxy
from mpiprocessing.managed.server import Server
from mpiprocessing.managed.serverprocess import Door, ServerProcess
from mpiprocessing.managed.tokens import RemoteError, Token, call

__all__ = ["BaseManager", "BaseProxy", "RemoteError", "SyncManager", "Token"]

_State: Any = stdlib.State  # type: ignore[attr-defined]


class Shutdown(util.Finalize):
    """What `manager.shutdown` is once the manager has started; also done when the manager is collected, or the process ends."""

    def __call__(self, wr: Any = None, *args: Any, **kwds: Any) -> Any:
        server: Server | None = self._args[0].server if wr is not None and self._args else None  # type: ignore[attr-defined]
        if server is None:
            return super().__call__(None, *args, **kwds)
        # The collector may run anywhere, also inside the runtime itself.
        server.runtime.later.append(super().__call__)
        return None


class BaseManager(stdlib.BaseManager):
    """Base class of managers; the interface is that of `multiprocessing.managers.BaseManager`."""

    _token: Token | None = None  # of the server, where this manager was started, or came from where it was
    _door: list[Door]
    _process: Any
    _state: Any
    _authkey: Any
    _address: Any
    _registry: Any = {}
    _serializer: str

    def start(self, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()) -> None:
        """Start the server.

        Args:
            initializer: called with `initargs` first.
            initargs: its arguments.

        Raises:
            ProcessError: it was started before.
            TypeError: the initializer cannot be called.
            EOFError: the initializer raised; what, stands on stderr.
        """
        self._check_not_started()
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._door = []

        def serve() -> Server:
            if initializer is not None:
                initializer(*initargs)
            if self._address is not None:
                self._open_door()
            return Server(self._registry, self._process.name)

        self._process = ServerProcess(serve)
        self._process.name = f"{type(self).__name__}-{':'.join(map(str, self._process._identity))}"
        self._process.start()
        server = self._process.server
        if server is None:
            raise EOFError(
                f"the server of {self._process.name} did not start: its traceback stands on stderr"
            )
        del self._process._serve
        self._token = server.token
        self._state.value = _State.STARTED
        arguments = (self._process, self._door, self._state)
        self.shutdown = Shutdown(self, type(self)._finalize_manager, args=arguments, exitpriority=0)

    def _check_not_started(self) -> None:
        if self._state.value == _State.STARTED:
            raise ProcessError("Already started server")
        if self._state.value == _State.SHUTDOWN:
            raise ProcessError("Manager has shut down")
        if self._state.value != _State.INITIAL:
            raise ProcessError(f"Unknown state {self._state.value!r}")

    @staticmethod
    def _finalize_manager(process: Any, doors: list[Door], state: Any, *_: Any) -> None:
        for door in doors:
            door.shut()
        if process._popen is not None:
            process._popen.end(0, "has been shut down")
            process.join()
        state.value = _State.SHUTDOWN

    @property
    def address(self) -> Any:
        """Where programs outside this job reach the server with `connect`."""
        started = self._token is not None and self._state.value == _State.STARTED
        if started and not self._door and "shutdown" in self.__dict__:
            self._open_door()
        return self._address

    def _open_door(self) -> None:
        door = Door(self._registry, self._address, self._authkey, self._serializer)
        door.open()
        self._door.append(door)
        self._address = door.address

    def _create(self, typeid: str, /, *args: Any, **kwds: Any) -> Any:
        if self._token is None:
            return super()._create(typeid, *args, **kwds)  # type: ignore[misc]
        assert self._state.value == _State.STARTED, "server not yet started"
        return call(self._token, "create", (typeid, *args), kwds)

    def _debug_info(self) -> Any:
        if self._token is None:
            return super()._debug_info()  # type: ignore[misc]
        return call(self._token, "debug_info")

    def _number_of_objects(self) -> Any:
        if self._token is None:
            return super()._number_of_objects()  # type: ignore[misc]
        return call(self._token, "number_of_objects")

    def __getstate__(self) -> dict[str, Any]:
        if self._token is None:  # its key must not travel, and says so
            return self.__dict__
        leaving = ("_process", "_authkey", "_Listener", "_Client", "_ctx", "shutdown", "_door")
        return {name: value for name, value in self.__dict__.items() if name not in leaving}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        self.__dict__.update(state, _process=None, _door=[])

    @classmethod
    def register(
        cls,
        typeid: str,
        callable: Callable[..., object] | None = None,
        proxytype: Any = None,
        exposed: Any = None,
        method_to_typeid: Any = None,
        create_method: bool = True,
    ) -> None:
        """Teach this class of managers a type of objects.

        Args:
            typeid: the name of the type.
            callable: makes an object of it.
            proxytype: the class of proxies for it; one is made without it.
            exposed: the methods that proxies may call; all public ones without it.
            method_to_typeid: methods whose result is to be a proxy → its type.
            create_method: whether the manager gets a method of that name, which makes an object.
        """
        super().register(typeid, callable, proxytype or AutoProxy, exposed, method_to_typeid, create_method)
        if create_method:
            _add_method(cls, typeid)


def _add_method(cls: Any, typeid: str) -> None:
    by_socket = cls.__dict__[typeid]
    proxytype = cls._registry[typeid][-1]

    def create(self: Any, /, *args: Any, **kwds: Any) -> Any:
        if self._token is None and self._state.value == _State.STARTED:
            return by_socket(self, *args, **kwds)
        token, exposed = self._create(typeid, *args, **kwds)
        return proxytype(token, self._serializer, manager=self, authkey=self._authkey, exposed=exposed)

    create.__name__ = typeid
    setattr(cls, typeid, create)


class SyncManager(BaseManager):
    """A manager of the usual containers and gates; `multiprocessing.Manager()` returns one that is started."""


def _register_all() -> None:
    """What the standard library of this Python registers, with our proxies."""
    theirs: Any = stdlib.SyncManager
    for typeid, (maker, exposed, typeids, proxytype) in theirs._registry.items():
        SyncManager.register(
            typeid,
            pool.Pool if typeid == "Pool" else maker,
            getattr(proxies, proxytype.__name__),
            exposed,
            typeids,
            create_method=hasattr(theirs, typeid),
        )
    proxies._known.update(SyncManager._registry)


_register_all()
