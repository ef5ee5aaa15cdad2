"""Proxies: what processes hold of an object that a manager keeps.

    proxy.method(*args) ──ReferentCall──▶ the manager's server      core/homes/referent.py
                        ◀─ReferentReturned─

A proxy is the standard library's own proxy class with another way to call: which methods it shows, and what they do, is
decided there. The token inside it carries a handle to the referent, which counts it as long as any process holds a proxy.
A token of a server that was reached by its address (`connect`) has no handle; there the standard library's own code is used,
sockets and all. Derived from CPython's `Lib/multiprocessing/managers.py`.

Differs from the stdlib in:
- a method whose result is a proxy (iteration over a dict, `apply_async` of a pool) can be called in every process;
- an exception that a method raised has the traceback of the manager's side as its cause;
- a dict that holds its own proxy is let go when the manager ends, not before.
"""

from __future__ import annotations

import multiprocessing.managers as stdlib
from collections.abc import Callable, Iterable
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.messages import ReferentShared
from mpiprocessing.managed.tokens import call, ours

__all__ = [
    "STANDARD",
    "AcquirerProxy",
    "ArrayProxy",
    "AutoProxy",
    "BarrierProxy",
    "BaseProxy",
    "ConditionProxy",
    "DictProxy",
    "EventProxy",
    "IteratorProxy",
    "ListProxy",
    "MakeProxyType",
    "NamespaceProxy",
    "PoolProxy",
    "RebuildProxy",
    "ValueProxy",
]

STANDARD = (
    *("AcquirerProxy", "ArrayProxy", "AutoProxy", "BarrierProxy", "BaseProxy", "ConditionProxy", "DictProxy"),
    *("EventProxy", "IteratorProxy", "ListProxy", "MakeProxyType", "NamespaceProxy", "PoolProxy"),
    *("RebuildProxy", "ValueProxy", *(["SetProxy"] if hasattr(stdlib, "SetProxy") else [])),
)
"""The standard library's names for what is here."""

_their_auto_proxy: Any = stdlib.AutoProxy  # type: ignore[attr-defined]  # before our names are bound to theirs
_their_rebuild_proxy: Any = stdlib.RebuildProxy  # type: ignore[attr-defined]


class BaseProxy(stdlib.BaseProxy):
    """Base class of proxies; the interface is that of `multiprocessing.managers.BaseProxy`.

    Args:
        token: says which referent.
        serializer: accepted; messages are pickled.
        manager: the manager, where it is at hand.
        authkey: for servers that are reached by a socket.
        exposed: accepted; the class says which methods it shows.
        incref: for servers that are reached by a socket: here the token's handle counts.
        manager_owned: as `incref`.
    """

    _exposed_: Any

    def __init__(
        self,
        token: Any,
        serializer: str,
        manager: Any = None,
        authkey: bytes | None = None,
        exposed: Any = None,
        incref: bool = True,
        manager_owned: bool = False,
    ) -> None:
        if not ours(token):
            super().__init__(token, serializer, manager, authkey, exposed, incref, manager_owned)
            return
        self._token = token
        self._id = token.id
        self._manager = manager
        self._serializer = serializer
        self._owned_by_manager = manager_owned

    def _connect(self) -> None:
        if not ours(self._token):
            super()._connect()  # type: ignore[misc]

    def _incref(self) -> None:
        if not ours(self._token):
            super()._incref()  # type: ignore[misc]

    def _callmethod(self, methodname: str, args: Any = (), kwds: Any = {}) -> Any:  # noqa: B006  # as theirs
        """Call a method of the referent.

        Args:
            methodname: its name.
            args: positional arguments.
            kwds: keyword arguments.

        Returns:
            A copy of the result, or a proxy for it.

        Raises:
            Exception: what the method raised; see `call` for the rest.
        """
        if not ours(self._token):
            return super()._callmethod(methodname, args, kwds)
        result = call(self._token, methodname, args, kwds)
        return self._proxy_of(result) if isinstance(result, ReferentShared) else result

    def _proxy_of(self, reply: ReferentShared) -> BaseProxy:
        token, exposed = payload.loads(reply.payload)
        registry = self._manager._registry if self._manager is not None else _known
        proxytype = registry[token.typeid][-1] if token.typeid in registry else AutoProxy
        proxy: BaseProxy = proxytype(token, self._serializer, manager=self._manager, exposed=exposed)
        return proxy

    def __reduce__(self) -> Any:
        if not ours(self._token):
            return RebuildProxy, super().__reduce__()[1]
        if getattr(self, "_isauto", False):
            return RebuildProxy, (AutoProxy, self._token, self._serializer, {"exposed": type(self)._exposed_})
        return RebuildProxy, (type(self), self._token, self._serializer, {})


_known: dict[str, Any] = {}
"""The proxy types of `SyncManager`, for processes that have a proxy and no manager."""


def RebuildProxy(func: Callable[..., Any], token: Any, serializer: str, kwds: dict[str, Any]) -> Any:
    """Make a proxy again that was pickled."""
    if not ours(token):
        return _their_rebuild_proxy(func, token, serializer, kwds)
    return func(token, serializer, **kwds)


_made: dict[tuple[str, tuple[str, ...]], Any] = {}


def MakeProxyType(name: str, exposed: Iterable[str]) -> Any:
    """Make a proxy type.

    Args:
        name: of the class.
        exposed: the methods it has; each calls the referent's method of that name.
    """
    exposed = tuple(exposed)
    kind = _made.get((name, exposed))
    if kind is None:
        methods = {method: _method(method) for method in exposed}
        kind = _made[name, exposed] = type(name, (BaseProxy,), {**methods, "_exposed_": exposed})
    return kind


def _method(name: str) -> Callable[..., Any]:
    def method(self: Any, /, *args: Any, **kwds: Any) -> Any:
        return self._callmethod(name, args, kwds)

    method.__name__ = method.__qualname__ = name
    return method


def AutoProxy(
    token: Any,
    serializer: str,
    manager: Any = None,
    authkey: bytes | None = None,
    exposed: Iterable[str] | None = None,
    incref: bool = True,
    manager_owned: bool = False,
) -> Any:
    """Make a proxy of a class that shows what the referent exposes."""
    if not ours(token):
        return _their_auto_proxy(token, serializer, manager, authkey, exposed, incref, manager_owned)
    if exposed is None:
        exposed = call(token, "#METHODS")
    proxy = MakeProxyType(f"AutoProxy[{token.typeid}]", exposed)(token, serializer, manager=manager)
    proxy._isauto = True
    return proxy


# ---- the proxies of SyncManager: their methods are those of the installed Python ------------------------------------

their: Any = stdlib


class IteratorProxy(BaseProxy, their.IteratorProxy):  # type: ignore[misc]
    """Of an iterator or generator."""


class AcquirerProxy(BaseProxy, their.AcquirerProxy):  # type: ignore[misc]
    """Of a lock or a semaphore."""


class ConditionProxy(BaseProxy, their.ConditionProxy):  # type: ignore[misc]
    """Of a condition."""


class EventProxy(BaseProxy, their.EventProxy):  # type: ignore[misc]
    """Of an event."""


class BarrierProxy(BaseProxy, their.BarrierProxy):  # type: ignore[misc]
    """Of a barrier."""


class NamespaceProxy(BaseProxy, their.NamespaceProxy):  # type: ignore[misc]
    """Of a namespace."""


class ValueProxy(BaseProxy, their.ValueProxy):  # type: ignore[misc]
    """Of a value."""


class ListProxy(BaseProxy, their.ListProxy):  # type: ignore[misc]
    """Of a list."""


class DictProxy(BaseProxy, their.DictProxy):  # type: ignore[misc]
    """Of a dict."""


class ArrayProxy(BaseProxy, their.ArrayProxy):  # type: ignore[misc]
    """Of an array."""


class PoolProxy(BaseProxy, their.PoolProxy):  # type: ignore[misc]
    """Of a pool."""


if hasattr(their, "SetProxy"):  # from Python 3.14

    class SetProxy(BaseProxy, their.SetProxy):  # type: ignore[misc]
        """Of a set."""

    __all__ += ["SetProxy"]
