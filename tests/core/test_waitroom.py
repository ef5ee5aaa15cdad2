"""A room of waiting calls behaves like a list of them, few or many, whoever leaves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mpiprocessing.core import payload
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import EventWait

Step = tuple[str, int]

STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "enter", "enter", "next", "leave", "leave_from"]), st.integers(0, 9))
)


@given(before=st.sampled_from([0, 3, 40]), steps=STEPS)
def test_who_leaves_is_who_would_leave_a_list(before: int, steps: list[Step]) -> None:
    room: WaitRoom[EventWait] = WaitRoom()
    plain: list[EventWait] = []
    for serial, (step, number) in enumerate([("enter", n % 10) for n in range(before)] + steps):
        if step == "enter":
            request = EventWait(1, number, 0, serial, True)
            room.enter(request)
            plain.append(request)
        elif step == "next" and plain:
            assert room.next() is plain.pop(0)
        elif step == "leave":
            found = next((wait for wait in plain if wait.call == number), None)
            assert room.leave(number) is found
            plain = [wait for wait in plain if wait is not found]
        elif step == "leave_from":
            assert room.leave_from(number) == [wait for wait in plain if wait.stub == number]
            plain = [wait for wait in plain if wait.stub != number]
        assert room.waiting() == plain and len(room) == len(plain) and bool(room) == bool(plain)
    moved = payload.loads(payload.dumps(room))
    assert moved.everybody() == plain == room.everybody()
    assert not room and not moved
