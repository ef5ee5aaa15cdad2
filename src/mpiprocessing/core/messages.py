"""Every message that ever travels between ranks.

This file is the contract. Nothing else crosses the network, and no other file spells out a conversation.

    stub ──request──▶ home          a *home* holds the state of one shared object, on one rank
    stub ◀──reply──── home          a *stub* stands for that home on a rank whose processes hold handles to it
    stub ──notice───▶ home          a notice is answered by nobody
    stub ◀──notice─── home
    rank ──notice───▶ rank          the life of processes, output, and the end of the job need no shared object

Requests carry the number of the *call* that waits for the answer, replies repeat it: the cause of a message can be read off
it. Whatever goes to a home also carries the stub it comes from and that stub's running number (`seq`): homes may move to
another rank, so two messages of one stub may take two paths, and the home puts them back into order (see `homes/home.py`).

A home, a stub and a call are plain integers. The rank that made a home or a stub stands in the upper bits, so that every rank
can make them without asking another.

Messages are msgspec structs, written as msgpack arrays with a small integer for their class: 0.2 µs to write, 0.3 µs to read,
and the reader checks every field, so that garbage is refused instead of obeyed.

Names: a request is object + verb (`QueueGet`), its reply object + past form (`QueueGot`).
"""

from __future__ import annotations

import pickle
from typing import Any, ClassVar, Union

import msgspec

__all__ = [
    "MESSAGES",
    "REPLIES",
    "Carrier",
    "Crossing",
    "Dead",
    "Message",
    "Out",
    "Payload",
    "Ref",
    "Reply",
    "ToHome",
    "ToRank",
    "ToStub",
    "crossings_in",
    "maker",
    "number",
    "payloads_in",
]

_RANK_SHIFT = 32


def number(rank: int, serial: int) -> int:
    """The number of the `serial`-th home or stub that `rank` made."""
    return rank << _RANK_SHIFT | serial


def maker(number: int) -> int:
    """The rank that made a home or a stub."""
    return number >> _RANK_SHIFT


class Buffer:
    """A large block of bytes that travels beside its message, straight from and into memory.

    Args:
        view: the bytes; a contiguous buffer. On the receiving side, memory that the transport fills.
        borrowed: the memory belongs to an object of the user, who may change it as soon as the call returns.

    Attributes:
        gone: the transport has finished with the memory.
    """

    __slots__ = ("borrowed", "gone", "view")

    def __init__(self, view: Any, borrowed: bool = False) -> None:
        self.view = memoryview(view).cast("B")
        self.borrowed = borrowed
        self.gone = False

    def __len__(self) -> int:
        return self.view.nbytes

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        # A home that moves to another rank is pickled with all it holds; the blocks go beside it as they came.
        return Buffer, (pickle.PickleBuffer(self.view),)


class Crossing:
    """What a rank counts as it leaves or comes in (`border.py`). Written by a hook of the encoder, like a `Buffer`, so that
    messages without any cost nothing.

    Attributes:
        counted: whether the rank that reads it has counted it.
    """

    __slots__ = ("counted",)
    counted: bool

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.fields() == other.fields()

    def __hash__(self) -> int:
        return hash(self.fields())

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.fields()}"

    def fields(self) -> tuple[Any, ...]:
        """What is written of it, in the order in which it is made of that again."""
        raise NotImplementedError


class Ref(Crossing):
    """A handle on its way: which home, where it was last seen, the role, and the share of the count that travels along."""

    __slots__ = ("home", "rank", "role", "share")

    def __init__(self, home: int, rank: int, role: int, share: int) -> None:
        self.home = home
        self.rank = rank
        self.role = role
        self.share = share

    def fields(self) -> tuple[Any, ...]:
        return self.home, self.rank, self.role, self.share


class Out(Crossing):
    """What is out of one role of a home that moves: so many units of 2**-`exponent`, as hexadecimal text."""

    __slots__ = ("exponent", "home", "role", "units")

    def __init__(self, home: int, role: int, exponent: int, units: str) -> None:
        self.home = home
        self.role = role
        self.exponent = exponent
        self.units = units

    def fields(self) -> tuple[Any, ...]:
        return self.home, self.role, self.exponent, self.units


class Dead(Crossing):
    """The ranks that are dead, as their sender knows it."""

    __slots__ = ("ranks",)

    def __init__(self, *ranks: int) -> None:
        self.ranks = ranks

    def fields(self) -> tuple[Any, ...]:
        return self.ranks


class Payload(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A user's object on its way: its pickle, the large buffers beside it, and the handles inside it."""

    body: bytes
    buffers: tuple[Buffer, ...] = ()
    refs: tuple[Ref, ...] = ()


class Message(msgspec.Struct, frozen=True, array_like=True):
    """Anything that travels.

    `settles` marks a notice whose effect others may rely on as soon as the sender goes on: no later `effect` of the same
    rank may be seen before it, wherever that goes (see `outbox.py`). What only asks or takes has no effect.
    """

    settles: ClassVar[bool] = False
    effect: ClassVar[bool] = False


class ToHome(Message, frozen=True, array_like=True):
    """From a stub to the home it stands for."""

    home: int
    stub: int
    seq: int


class Carrier(ToHome, frozen=True, array_like=True):
    """From a stub to its home, with an object; `more` are those that joined it while it had not left (see `outbox.py`)."""

    payload: Payload
    more: list[Payload] = []


class Request(ToHome, frozen=True, array_like=True):
    """From a stub to its home, to be answered by a reply to `call`."""

    call: int


class ToStub(Message, frozen=True, array_like=True):
    """From a home to a stub, unasked."""

    stub: int


class Reply(Message, frozen=True, array_like=True):
    """From a home to the call that waits."""

    call: int


class ToRank(Message, frozen=True, array_like=True):
    """From one rank to another; no shared object is involved."""


def payloads_in(message: Message) -> list[Payload]:
    """The objects that a message carries."""
    found: list[Payload] = []
    for name in message.__struct_fields__:
        value = getattr(message, name)
        values = value if isinstance(value, list) else (value,)
        found += [item for item in values if isinstance(item, Payload)]
    return found


def crossings_in(message: Message) -> list[Crossing]:
    """The handles that a message carries, those inside its objects included, and what else is counted of it."""
    found: list[Crossing] = [ref for payload in payloads_in(message) for ref in payload.refs]
    for name in message.__struct_fields__:
        value = getattr(message, name)
        found += [
            item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Crossing)
        ]
    return found


# ---- any home: counting handles, giving up a call, moving -----------------------------------------------------------


class ShareReturn(ToHome, frozen=True, array_like=True, tag=1):
    """A handle was closed or has died: its share of the count comes home. `last`: no handle is left on that rank."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True
    ref: Ref
    last: bool


class Withdraw(ToHome, frozen=True, array_like=True, tag=2):
    """A caller that ran out of time, or was interrupted, gives up `call`. Where the answer has left already, it stands."""

    call: int


class Withdrawn(Reply, frozen=True, array_like=True, tag=3):
    """The call was given up in time: no other answer will come."""


class ShareTake(ToHome, frozen=True, array_like=True, tag=7):
    """A handle was unpickled that was pickled outside of any message of ours (a `comm.bcast` of the user's): it counts
    from now on. The pickle itself holds a share that never comes home, so this cannot come too late."""

    effect: ClassVar[bool] = True
    role: int


class HomeMove(ToRank, frozen=True, array_like=True, tag=4):
    """A home goes to another rank with all its state; the old rank forwards what still comes in."""

    home: int
    state: Payload
    out: tuple[Out, ...]


class HomeMoved(ToStub, frozen=True, array_like=True, tag=5):
    """A message of this stub came by the old way: the home is now on `rank`."""

    rank: int


class HomeFreed(ToRank, frozen=True, array_like=True, tag=6):
    """The last handle is gone and the home with it: a rank it once lived on need not forward any longer."""

    home: int


# ---- permits: the units of a semaphore, the free places of a bounded queue ------------------------------------------


class PermitAcquire(Request, frozen=True, array_like=True, tag=10):
    """A process wants one unit; `block` false: now or not at all. `received`: all units this stub was ever granted,
    as far as it knows: a grant may be on its way. `soon`: it had to give one up a moment ago."""

    block: bool
    received: int
    soon: bool


class PermitAcquired(Reply, frozen=True, array_like=True, tag=11):
    """`units` for the stub, the first of them for the caller. `keep`: an unused one may stay until it is recalled, or,
    where it is a `run`, for a moment: others wait. No unit: a grant crossed the request, and the caller finds what it
    wants in its own purse."""

    units: int
    keep: bool
    run: bool


class PermitRefused(Reply, frozen=True, array_like=True, tag=12):
    """No unit was free, and the caller did not want to wait."""


class PermitGrant(ToStub, frozen=True, array_like=True, tag=13):
    """More units for a stub that uses them steadily (the places a consumer made free, told to the producer)."""

    units: int


class PermitRecall(ToStub, frozen=True, array_like=True, tag=14):
    """Somebody else waits: give back what is not in use, and the rest as soon as it is not. `granted`: all units this
    stub was ever granted; it answers when it has received them."""

    granted: int


class PermitReturn(ToHome, frozen=True, array_like=True, tag=15):
    """Units that come home: a release, or the answer to a recall (then possibly none, with `in_use` still held).
    `received`: all units this stub was ever granted, as far as it knows."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True
    units: int
    in_use: int
    received: int
    recalled: bool


class PermitForce(Request, frozen=True, array_like=True, tag=16):
    """A release by a process that does not hold a unit, as the standard library allows for locks and semaphores."""

    effect: ClassVar[bool] = True


class PermitForced(Reply, frozen=True, array_like=True, tag=17):
    """Answer to `PermitForce`; `ok` false: every unit was free already."""

    ok: bool


class PermitForfeit(ToStub, frozen=True, array_like=True, tag=18):
    """A unit in use at this stub was released by another process."""


class PermitAsk(Request, frozen=True, array_like=True, tag=19):
    """How many units are free?"""


class PermitTold(Reply, frozen=True, array_like=True, tag=20):
    """Answer to `PermitAsk`."""

    free: int


class PermitPost(ToHome, frozen=True, array_like=True, tag=100):
    """A release by a process that holds no unit, of a semaphore with room for it in any case: one more is free."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True


# ---- condition: the sleepers of a lock ------------------------------------------------------------------------------


class ConditionWait(Request, frozen=True, array_like=True, tag=101):
    """The holder of a lock gives it back and sleeps until `condition` is notified, all in one. `units`, `in_use` and
    `received` as in `PermitReturn`. The answer comes with the lock."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True
    condition: int
    units: int
    in_use: int
    received: int


class ConditionWaited(PermitAcquired, frozen=True, array_like=True, tag=102):
    """The sleeper has the lock again; `notified` false: its time was over before anybody notified it."""

    notified: bool


class ConditionLate(ToHome, frozen=True, array_like=True, tag=103):
    """The time of `sleeper` is over: where it still sleeps it wants nothing but the lock."""

    condition: int
    sleeper: int


class ConditionNotify(ToHome, frozen=True, array_like=True, tag=104):
    """Up to `count` of those who sleep on `condition` are to go on, as soon as each can have the lock."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True
    condition: int
    count: int


class ConditionAsk(Request, frozen=True, array_like=True, tag=105):
    """How many sleep on `condition`?"""

    condition: int


class ConditionTold(Reply, frozen=True, array_like=True, tag=106):
    """Answer to `ConditionAsk`."""

    sleeping: int


# ---- event ----------------------------------------------------------------------------------------------------------


class EventSet(ToHome, frozen=True, array_like=True, tag=110):
    """Set the flag; all who wait go on."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True


class EventClear(ToHome, frozen=True, array_like=True, tag=111):
    """Clear the flag; who waits waits on."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True


class EventWait(Request, frozen=True, array_like=True, tag=112):
    """Tell me as soon as the flag is set; `block` false: is it now?"""

    block: bool


class EventWaited(Reply, frozen=True, array_like=True, tag=113):
    """Answer to `EventWait`."""

    is_set: bool


# ---- queue ----------------------------------------------------------------------------------------------------------


class QueuePut(Carrier, frozen=True, array_like=True, tag=30):
    """One item for the queue, or several; of a bounded queue the sender holds a permit for each."""

    effect: ClassVar[bool] = True


class QueueGet(Request, frozen=True, array_like=True, tag=31):
    """A process wants the next item; `block` false: now or not at all."""

    block: bool


class QueueGot(Reply, frozen=True, array_like=True, tag=32):
    """The next item, and its place among all that were ever given out."""

    payload: Payload
    place: int


class QueueRefused(Reply, frozen=True, array_like=True, tag=33):
    """The queue is empty, and the caller did not want to wait."""


class QueueUnget(ToHome, frozen=True, array_like=True, tag=34):
    """An item that reached a caller who had just given up goes back to its place."""

    payload: Payload
    place: int


class QueueAsk(Request, frozen=True, array_like=True, tag=35):
    """How many items are in the queue?"""


class QueueTold(Reply, frozen=True, array_like=True, tag=36):
    """Answer to `QueueAsk`."""

    size: int


class QueuePoll(Request, frozen=True, array_like=True, tag=38):
    """Tell me as soon as there is an item; `block` false: is it so now?"""

    block: bool


class QueuePolled(Reply, frozen=True, array_like=True, tag=39):
    """Answer to `QueuePoll`."""

    ready: bool


# ---- joinable queue -------------------------------------------------------------------------------------------------


class QueuePutTask(QueuePut, frozen=True, array_like=True, tag=37):
    """Items that somebody may wait for until they are done: they count as soon as `put` has returned."""

    settles: ClassVar[bool] = True


class QueueFinish(Request, frozen=True, array_like=True, tag=51):
    """An item that was taken out is done."""

    effect: ClassVar[bool] = True


class QueueFinished(Reply, frozen=True, array_like=True, tag=52):
    """Answer to `QueueFinish`; `ok` false: nothing was unfinished."""

    ok: bool


class QueueJoin(Request, frozen=True, array_like=True, tag=53):
    """Tell me when every item is done."""


class QueueJoined(Reply, frozen=True, array_like=True, tag=54):
    """Every item is done."""


# ---- writers: who sends to a pipe or a queue without asking ---------------------------------------------------------


class WriterOpen(Request, frozen=True, array_like=True, tag=40):
    """The first thing a rank does before it sends: where is the home, and is anybody there to read?"""


class WriterOpened(Reply, frozen=True, array_like=True, tag=41):
    """Answer to `WriterOpen`: send to `rank`. `broken`: every reader has gone."""

    broken: bool
    rank: int


class WriterHold(ToStub, frozen=True, array_like=True, tag=25):
    """The home is about to move: send nothing more, and say so."""


class WriterHeld(ToHome, frozen=True, array_like=True, tag=26):
    """Answer to `WriterHold`, behind everything this stub has sent."""


class WriterResume(ToStub, frozen=True, array_like=True, tag=27):
    """The home has moved: go on, and send to `rank`."""

    rank: int


# ---- one direction of a pipe ----------------------------------------------------------------------------------------


class PipeSend(Carrier, frozen=True, array_like=True, tag=42):
    """One object for the reader, or several."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True


class PipeReceive(Request, frozen=True, array_like=True, tag=43):
    """A process wants the next object."""


class PipeReceived(Reply, frozen=True, array_like=True, tag=44):
    """The next object, and its place among all that were ever given out."""

    payload: Payload
    place: int


class PipeEnded(Reply, frozen=True, array_like=True, tag=45):
    """Nothing is left to read, and every writer has gone."""


class PipePoll(Request, frozen=True, array_like=True, tag=46):
    """Tell me as soon as `PipeReceive` would be answered at once; `block` false: is it so now?"""

    block: bool


class PipePolled(Reply, frozen=True, array_like=True, tag=47):
    """Answer to `PipePoll`."""

    ready: bool


class PipeUnreceive(ToHome, frozen=True, array_like=True, tag=48):
    """An object that reached a caller who had just given up goes back to its place."""

    payload: Payload
    place: int


class PipeCredit(ToStub, frozen=True, array_like=True, tag=49):
    """The reader has taken `size` bytes of what this stub sent: as much more may follow."""

    size: int


class PipeBroken(ToStub, frozen=True, array_like=True, tag=50):
    """Every reader has gone: what is sent from now on reaches nobody. Who was told that the last one has ended relies on it."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True


# ---- barrier --------------------------------------------------------------------------------------------------------


class BarrierWait(Request, frozen=True, array_like=True, tag=60):
    """A process has arrived."""

    effect: ClassVar[bool] = True


class BarrierPassed(Reply, frozen=True, array_like=True, tag=61):
    """Everybody is there; `index` is the order of arrival."""

    index: int


class BarrierBroken(Reply, frozen=True, array_like=True, tag=62):
    """The barrier is broken: by abort, by a timeout, by a reset while somebody waited, or by a failing action; or a process
    has died that used it, on rank `dead` (else -1)."""

    dead: int = -1


class BarrierAct(Reply, frozen=True, array_like=True, tag=63):
    """To the last who arrived: run the action, then say so with `BarrierActed`, then pass with `index`."""

    index: int


class BarrierActed(ToHome, frozen=True, array_like=True, tag=64):
    """The action has run (`ok`) or raised."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True
    ok: bool


class BarrierAbort(ToHome, frozen=True, array_like=True, tag=65):
    """Break the barrier."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True


class BarrierReset(ToHome, frozen=True, array_like=True, tag=66):
    """Make the barrier new; whoever waits gets `BarrierBroken`."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True


class BarrierLate(ToHome, frozen=True, array_like=True, tag=69):
    """The time of `waiter` is over: where it still waits the barrier is broken, and it is told so."""

    waiter: int


class BarrierAsk(Request, frozen=True, array_like=True, tag=67):
    """How many wait, and is the barrier broken?"""


class BarrierTold(Reply, frozen=True, array_like=True, tag=68):
    """Answer to `BarrierAsk`."""

    waiting: int
    broken: bool


# ---- pool: a master that hands out tasks, workers that run them -----------------------------------------------------


class PoolJoin(ToHome, frozen=True, array_like=True, tag=70):
    """A worker is ready for its first tasks; `worker` is the number it was started with."""

    worker: int


class PoolFunction(ToStub, frozen=True, array_like=True, tag=71):
    """The function of the tasks that name it; sent once to each worker."""

    function: int
    payload: Payload


class PoolRun(ToStub, frozen=True, array_like=True, tag=72):
    """Tasks of one function, called in the same way, to be run in this order; for each its number and its arguments."""

    function: int
    how: str
    tasks: list[int]
    payloads: list[Payload]


class PoolRan(ToHome, frozen=True, array_like=True, tag=73):
    """Tasks have ended, which took `seconds` together; of those that are in `failed` the payload is the exception. `asked`: one
    has asked other processes for something, and so may have waited for another task."""

    effect: ClassVar[bool] = True

    tasks: list[int]
    payloads: list[Payload]
    failed: list[int]
    seconds: float
    asked: bool = False


class PoolStop(ToStub, frozen=True, array_like=True, tag=74):
    """No more tasks will come: leave."""


class PoolForget(ToStub, frozen=True, array_like=True, tag=75):
    """No task names this function any more, and others were used since: the worker need not keep it."""

    function: int


class PoolRecall(ToStub, frozen=True, array_like=True, tag=76):
    """Another worker has nothing to do: give back the tasks that have not begun."""


class PoolReturned(ToHome, frozen=True, array_like=True, tag=77):
    """The tasks that a recalled worker had not begun, perhaps none."""

    tasks: tuple[int, ...]


class PoolWaiting(ToHome, frozen=True, array_like=True, tag=79):
    """A task waits for something, perhaps for one of these, which were to follow it: they go back, and none is to follow."""

    tasks: tuple[int, ...]


class PoolFailed(ToHome, frozen=True, array_like=True, tag=78):
    """The initializer of `worker` raised: it takes no tasks and ends; the payload is the exception."""

    worker: int
    payload: Payload


# ---- memory: the bytes of a shared ctypes object --------------------------------------------------------------------


class MemoryRead(Request, frozen=True, array_like=True, tag=120):
    """So many pieces of `size` bytes each, please: the first at `offset`, each `step` bytes after the one before."""

    offset: int
    size: int
    pieces: int
    step: int


class MemoryTold(Reply, frozen=True, array_like=True, tag=121):
    """Answer to `MemoryRead`: the pieces, one behind the other, as they were at one moment."""

    payload: Payload


class MemoryWrite(ToHome, frozen=True, array_like=True, tag=122):
    """The same pieces get these bytes, at one moment."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True
    offset: int
    size: int
    pieces: int
    step: int
    payload: Payload


# ---- referent: an object that a manager keeps, called by proxies ----------------------------------------------------


class ReferentCall(Request, frozen=True, array_like=True, tag=130):
    """A proxy calls a method; the payload holds its arguments. `thread`: whose call it is, as a lock may ask who has it."""

    effect: ClassVar[bool] = True

    thread: int
    method: str
    payload: Payload


class ReferentReturned(Reply, frozen=True, array_like=True, tag=131):
    """What the method returned. `tell`: the method whose calls need no answer, as long as all they hold is plain."""

    effect: ClassVar[bool] = True

    payload: Payload
    tell: str = ""


class ReferentShared(Reply, frozen=True, array_like=True, tag=132):
    """What the method returned is itself kept by the manager from now on: its token and the methods it shows."""

    effect: ClassVar[bool] = True

    payload: Payload


class ReferentRaised(Reply, frozen=True, array_like=True, tag=133):
    """What the method raised, and where, as text."""

    effect: ClassVar[bool] = True

    payload: Payload
    traceback: str


class ReferentFailed(Reply, frozen=True, array_like=True, tag=134):
    """There is no such method, or its arguments or its result cannot travel: why, as text."""

    effect: ClassVar[bool] = True

    traceback: str


class ReferentLost(Reply, frozen=True, array_like=True, tag=135):
    """The manager has ended; `during`: while the call was under way."""

    reason: str
    during: bool


class ReferentTell(ToHome, frozen=True, array_like=True, tag=136):
    """A proxy calls a method that returns nothing and cannot fail; nobody waits. The fields are those of `ReferentCall`."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True

    thread: int
    method: str
    payload: Payload


class ReferentEnded(ToStub, frozen=True, array_like=True, tag=137):
    """The manager has ended: whoever calls now is to wait for the answer, which says so. Who has joined it relies on that."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True


# ---- the life of processes ------------------------------------------------------------------------------------------


class HostTake(ToRank, frozen=True, array_like=True, tag=80):
    """To rank 0: `parent` wants a rank for its child `process`."""

    parent: int
    process: int


class HostTaken(ToRank, frozen=True, array_like=True, tag=81):
    """From rank 0: child `process` may run on `rank`, whose process id is `pid`."""

    process: int
    rank: int
    pid: int


class HostWait(ToRank, frozen=True, array_like=True, tag=82):
    """From rank 0: every rank is taken; child `process` waits for one."""

    process: int


class HostNone(ToRank, frozen=True, array_like=True, tag=93):
    """From rank 0: every rank that could run child `process` is dead."""

    process: int


class HostCancel(ToRank, frozen=True, array_like=True, tag=83):
    """To rank 0: child `process` was ended before a rank was free."""

    process: int


class HostFree(ToRank, frozen=True, array_like=True, tag=84):
    """To rank 0: `rank` has no child any more. Who joins that child relies on it, on whatever rank that is."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True

    rank: int


class ProcessStart(ToRank, frozen=True, array_like=True, tag=85):
    """From parent to host: run this process; a `daemon` ends with its parent's rank."""

    effect: ClassVar[bool] = True

    process: int
    parent: int
    preparation: Payload
    payload: Payload
    daemon: bool


class ProcessExited(ToRank, frozen=True, array_like=True, tag=86):
    """From host to parent: the process has ended."""

    effect: ClassVar[bool] = True

    process: int
    exitcode: int


class ParentExited(ToRank, frozen=True, array_like=True, tag=89):
    """From host to host: the parent of this process has ended before it."""

    effect: ClassVar[bool] = True

    process: int


class ProcessTerminate(ToRank, frozen=True, array_like=True, tag=87):
    """From parent to host: end this process as that signal would."""

    effect: ClassVar[bool] = True

    process: int
    signal: int


# ---- frames ---------------------------------------------------------------------------------------------------------


class LongFrame(ToRank, frozen=True, array_like=True, tag=9):
    """Alone in its frame: a frame too long for the posted receive follows as a buffer of `size` bytes."""

    size: int


# ---- the job --------------------------------------------------------------------------------------------------------


class OutputWritten(ToRank, frozen=True, array_like=True, tag=90):
    """To rank 0: whole lines that a child wrote; `stream` 1 for stdout, 2 for stderr."""

    settles: ClassVar[bool] = True
    effect: ClassVar[bool] = True
    stream: int
    text: bytes


class SignalsHeld(ToRank, frozen=True, array_like=True, tag=88):
    """From rank 0: SIGUSR1 and SIGTERM, which a launcher sends to every rank, are for the main program from now on: it has a
    call with a checkpoint, and saves what runs here."""


class JobLeave(ToRank, frozen=True, array_like=True, tag=95):
    """From rank 0: every rank is idle; leave. Only in a job that survives deaths; in others the ranks agree by MPI."""


class RankGone(ToRank, frozen=True, array_like=True, tag=94):
    """To a rank on another host: `rank` is gone without having left, and MPI does not know."""

    rank: int


class JobEnd(ToRank, frozen=True, array_like=True, tag=91):
    """From rank 0: the program has ended; whatever still runs here ends with it."""

    effect: ClassVar[bool] = True


class JobEnded(ToRank, frozen=True, array_like=True, tag=92):
    """To rank 0: this rank is idle and will send nothing more. `counts`: messages and bytes by kind."""

    effect: ClassVar[bool] = True

    rank: int
    counts: dict[str, tuple[int, int]]


# ---- ranks that have died -------------------------------------------------------------------------------------------


class Bereft(Reply, frozen=True, array_like=True):
    """In place of the answer: because of a dead `rank` there will be none."""

    rank: int


class HolderDied(Bereft, frozen=True, array_like=True, tag=150):
    """What the caller waits for was held by a process on that rank."""


class HomeDied(Bereft, frozen=True, array_like=True, tag=151):
    """The object lived on that rank, or the call went by way of it."""


class HomeGone(ToStub, frozen=True, array_like=True, tag=152):
    """The home was on that rank, or on its way there or from there."""

    rank: int


class StubRejoin(ToHome, frozen=True, array_like=True, tag=153):
    """From a stub whose way to the home may have led through a dead `rank`: of its messages before this one, what has not come
    is lost. `calls` wait for an answer; those that do not wait at the home, and all if anything was lost, are answered by
    `HomeDied`."""

    calls: tuple[int, ...]
    rank: int


class DeathMarker(ToRank, frozen=True, array_like=True, tag=154):
    """To every rank that lives: what comes behind this on the same way was sent when these ranks were known to be dead."""

    dead: Dead


class DeathCount(ToRank, frozen=True, array_like=True, tag=155):
    """To the first rank that lives: what had crossed this rank's border when it learned of these deaths (home, role, exponent,
    units as hexadecimal text), and where homes are that have lived on dead ranks (home, rank)."""

    dead: tuple[int, ...]
    crossed: tuple[tuple[int, int, int, str], ...]
    homes: tuple[tuple[int, int], ...]


class DeathTold(DeathCount, frozen=True, array_like=True, tag=156):
    """To every rank that lives: the same of all of them together. What does not add up to nothing was lost."""


# ---- is anybody left who can go on? ---------------------------------------------------------------------------------


class DeadlockAsk(ToRank, frozen=True, array_like=True, tag=140):
    """From a rank to those below it in the tree of ranks, first from rank 0 when it has waited for a while: does everything
    wait on yours and on those below it?"""


class DeadlockTold(ToRank, frozen=True, array_like=True, tag=141):
    """To the rank above: whether this one and all below it wait, and how many messages they have ever sent and received;
    `ran`: how often threads were woken that wait for another thread of their process. From a rank that does not wait it
    comes at once, and does not speak for others."""

    waits: bool
    sent: int
    received: int
    ran: int


class Waiter(msgspec.Struct, frozen=True, array_like=True):
    """A thread that waits for ever, in its own words.

    `call`: the number of its request, or `READS` or `WRITES` where it waits beside the `home`, which is 0 where there is
    none. `joins`: the rank whose process it waits for, or `PENDING`; `thread_joined`: a thread of its own process.
    """

    rank: int
    thread: int
    process: str
    name: str
    verb: str
    home: int = 0
    call: int = 0
    joins: int | None = None
    thread_joined: int | None = None
    place: str = ""
    line: str = ""


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """What a call waits for at a home: `what`, of the object; `act` is what another one could do to bring it, `does` the same
    of those that have it in hand. `role`: in which one has to hold the home for that."""

    call: int
    what: str
    act: str
    does: str
    role: int = 0


class HomeWaits(msgspec.Struct, frozen=True, array_like=True):
    """A home at which calls wait. `made`: the line of the program that made it; `state`: for humans. `holders`: stubs that
    have in hand what is waited for; `gone`: ranks whose processes have ended with it."""

    home: int
    kind: str
    made: str
    state: str
    holders: tuple[int, ...]
    gone: tuple[int, ...]
    wanted: tuple[Wanted, ...]


class Held(msgspec.Struct, frozen=True, array_like=True):
    """A process has handles to a home, in these roles; `thread` is the one that took a unit of it last, and has it."""

    rank: int
    home: int
    roles: tuple[int, ...]
    thread: int | None


class DescribeAsk(ToRank, frozen=True, array_like=True, tag=142):
    """Down the same tree, once it is proven that nothing can go on: who waits on yours and those below it, for what?"""


class Described(ToRank, frozen=True, array_like=True, tag=143):
    """To the rank above: what this one and those below it have to say. `idle`: how many run no process."""

    idle: int
    waiters: list[Waiter]
    homes: list[HomeWaits]
    held: list[Held]


# ---- how far is the job? ----------------------------------------------------------------------------------------------


class StatusAsk(ToRank, frozen=True, array_like=True, tag=146):
    """From rank 0 to each rank, again and again where somebody wants to know: what do you do? `waits`: and who waits for what
    on yours? `final`: for the report at the end."""

    waits: bool
    final: bool = False


class PoolWork(msgspec.Struct, frozen=True, array_like=True):
    """What a rank has done for a `pool`: tasks that have ended, seconds in them and seconds in the life of its workers, and
    the slowest tasks, each with its seconds and its number."""

    pool: int
    tasks: int
    busy: float
    life: float
    slowest: list[tuple[float, int]]


class CallStatus(msgspec.Struct, frozen=True, array_like=True):
    """A call of a pool that is not complete: `what`, such as "map(simulate)"; how many of its items are `done`, of how many in
    all (None: not known yet), for how many seconds it has been going on, and how many were done `before`, kept by a
    checkpoint."""

    number: int
    what: str
    done: int
    total: int | None
    seconds: float
    before: int = 0


class PoolStatus(msgspec.Struct, frozen=True, array_like=True):
    """A pool, in the process that has made it. Of its tasks: how many were asked for, wait, are with workers and have ended.
    `spans`: runs of tasks (first number, how many, first item or -1, items in each, the first item behind them, their call),
    in the end all that are remembered, else those that were asked for last."""

    pool: int
    rank: int
    process: str
    workers: int
    asked: int
    waiting: int
    running: int
    done: int
    over: bool
    calls: list[CallStatus]
    spans: list[tuple[int, int, int, int, int, str]] = []


class RankStatus(msgspec.Struct, frozen=True, array_like=True):
    """A rank in its own words: the name of its process ("" where it runs none), memory now and at most in bytes, seconds of
    the processor, and the pool's task that runs: pool, number, seconds."""

    rank: int
    process: str
    memory: int
    peak: int
    processor: float
    task: tuple[int, int, float] | None
    work: list[PoolWork]
    pools: list[PoolStatus]


class StatusTold(ToRank, frozen=True, array_like=True, tag=147):
    """To rank 0: the answer; `account` says who waits for what, where that was asked."""

    status: RankStatus
    account: Described | None
    final: bool


class StackAsk(ToRank, frozen=True, array_like=True, tag=148):
    """From rank 0: somebody who looks at the job from outside wants to see what runs on yours."""


class StackTold(ToRank, frozen=True, array_like=True, tag=149):
    """To rank 0: the stacks of the threads of that rank."""

    rank: int
    text: str


WATCH = DeadlockAsk, DeadlockTold, DescribeAsk, Described, StatusAsk, StatusTold, StackAsk, StackTold
"""What says nothing about the program: how often it is asked depends on how long rank 0 waits, or on who
watches the job."""

READS, WRITES = 0, -1
"""Instead of a call: who waits beside a home on its own rank, and who waits for room to send."""

PENDING = -1
"""Instead of a rank: a process that has none."""


# ---- where is everybody? ----------------------------------------------------------------------------------------------


class StacksAsk(ToRank, frozen=True, array_like=True, tag=144):
    """To rank 0: this rank got the signal that asks for the stacks of all."""


class StacksTell(ToRank, frozen=True, array_like=True, tag=145):
    """Down the tree of ranks: write to stderr what runs on yours, and pass it on."""


MESSAGES: tuple[type[Message], ...] = tuple(
    kind
    for kind in globals().copy().values()
    if isinstance(kind, type) and issubclass(kind, Message) and kind.__struct_config__.tag is not None
)

AnyMessage = Union[MESSAGES]  # type: ignore[valid-type]  # noqa: UP007  # a union made at run time, for the decoder only

REPLIES: dict[type[Request], tuple[type[Reply], ...]] = {
    PermitAcquire: (PermitAcquired, PermitRefused),
    PermitForce: (PermitForced,),
    PermitAsk: (PermitTold,),
    ConditionWait: (ConditionWaited,),
    ConditionAsk: (ConditionTold,),
    EventWait: (EventWaited,),
    QueueGet: (QueueGot, QueueRefused),
    QueueAsk: (QueueTold,),
    QueuePoll: (QueuePolled,),
    QueueFinish: (QueueFinished,),
    QueueJoin: (QueueJoined,),
    WriterOpen: (WriterOpened,),
    PipeReceive: (PipeReceived, PipeEnded),
    PipePoll: (PipePolled,),
    BarrierWait: (BarrierPassed, BarrierBroken, BarrierAct),
    BarrierAsk: (BarrierTold,),
    MemoryRead: (MemoryTold,),
    ReferentCall: (ReferentReturned, ReferentShared, ReferentRaised, ReferentFailed, ReferentLost),
}
"""What ends a request. Where the caller has given it up by `Withdraw`, `Withdrawn` may come instead, and `HolderDied` where a
rank has died."""
