"""Value and RawValue: one ctypes object that processes share, with a lock and without."""

from __future__ import annotations

import ctypes
import multiprocessing
from multiprocessing import sharedctypes
from typing import Any

from .support import raises

INTEGERS = {"b": 8, "B": 8, "h": 16, "H": 16, "i": 32, "I": 32, "q": 64, "Q": 64}


def check_starts_as_zero() -> None:
    assert multiprocessing.Value("i").value == 0
    assert multiprocessing.Value("d").value == 0.0
    assert multiprocessing.Value("c").value == b"\0"
    assert multiprocessing.RawValue("l").value == 0
    assert multiprocessing.RawValue("u").value == "\0"


def check_initial_value() -> None:
    assert multiprocessing.Value("i", 7).value == 7
    assert multiprocessing.Value("d", 1.5).value == 1.5
    assert multiprocessing.Value("d", 3).value == 3.0
    assert multiprocessing.Value("c", b"x").value == b"x"
    assert multiprocessing.Value("u", "ü").value == "ü"
    assert multiprocessing.RawValue("h", -3).value == -3


def check_value_is_set() -> None:
    number = multiprocessing.Value("d", 1.0)
    number.value = 2.5
    assert number.value == 2.5
    number.value += 1
    assert number.value == 3.5
    raw = multiprocessing.RawValue("i")
    raw.value = 3
    raw.value *= 5
    assert raw.value == 15


def check_every_typecode() -> None:
    for code in "cubBhHiIlLqQfd":
        value: Any = {"c": b"x", "u": "x", "f": 0.5, "d": 0.1}.get(code, 100)
        shared = multiprocessing.Value(code, value)
        assert shared.value == value, code
        assert type(shared.value) is type(value), code


def check_ctypes_types() -> None:
    for kind, value in (
        (ctypes.c_int, -5),
        (ctypes.c_size_t, 2**40),
        (ctypes.c_bool, True),
        (ctypes.c_longdouble, 0.5),
        (ctypes.c_uint8, 200),
        (ctypes.c_wchar, "é"),
    ):
        shared = multiprocessing.Value(kind, value)
        assert shared.value == value, kind
        assert type(shared.value) is type(value), kind
        assert multiprocessing.RawValue(kind).value == kind().value, kind


def check_bool_is_a_bool() -> None:
    flag = multiprocessing.Value(ctypes.c_bool, False)
    assert flag.value is False
    flag.value = 5  # type: ignore[assignment]
    assert flag.value is True


def check_integers_wrap_around() -> None:
    for code, bits in INTEGERS.items():
        shared = multiprocessing.Value(code)
        shared.value = 2**bits + 3
        assert shared.value == 3, code
        shared.value = -1
        assert shared.value == (-1 if code.islower() else 2**bits - 1), code
    signed = multiprocessing.Value("i", 2**31 - 1)
    signed.value += 1
    assert signed.value == -(2**31)


def check_float_has_single_precision() -> None:
    assert multiprocessing.Value("f", 0.1).value == ctypes.c_float(0.1).value != 0.1


def check_infinity_and_nan() -> None:
    number = multiprocessing.Value("d", float("inf"))
    assert number.value == float("inf")
    number.value = float("nan")
    assert number.value != number.value


def check_wrong_type_of_value() -> None:
    number = multiprocessing.Value("i", 3)
    with raises(TypeError):
        number.value = "3"  # type: ignore[assignment]
    with raises(TypeError):
        number.value = 1.5  # type: ignore[assignment]
    with raises(TypeError):
        number.value = None  # type: ignore[assignment]
    assert number.value == 3
    with raises(TypeError):
        multiprocessing.Value("i", "3")
    with raises(TypeError):
        multiprocessing.Value("d", "x")
    with raises(TypeError):
        multiprocessing.Value("c", b"xy")


def check_too_many_arguments() -> None:
    with raises(TypeError):
        multiprocessing.Value("i", 1, 2)
    with raises(TypeError):
        multiprocessing.RawValue("i", 1, 2)


def check_no_such_typecode() -> None:
    with raises(TypeError, "this type has no size"):
        multiprocessing.Value("z")
    with raises(TypeError, "this type has no size"):
        multiprocessing.RawValue(int)


def check_lock_false_is_raw() -> None:
    raw = multiprocessing.Value("i", 4, lock=False)
    assert raw.value == 4
    assert not hasattr(raw, "get_lock")
    assert not hasattr(raw, "acquire")


def check_own_lock() -> None:
    for lock in (multiprocessing.Lock(), multiprocessing.RLock()):
        number = multiprocessing.Value("i", 1, lock=lock)
        assert number.get_lock() is lock
        number.value = 2
        assert number.value == 2


def check_lock_that_is_none() -> None:
    for wrong in ("no lock", 5):
        with raises(AttributeError, f"{wrong!r} has no method 'acquire'"):
            multiprocessing.Value("i", lock=wrong)  # type: ignore[call-overload]


def check_lock_none_makes_one() -> None:
    number = multiprocessing.Value("i", 1, lock=None)  # type: ignore[call-overload]
    with number.get_lock():
        number.value += 1
    assert number.value == 2


def check_lock_of_one_value_guards_another() -> None:
    first = multiprocessing.Value("i")
    second = multiprocessing.Value("i", lock=first.get_lock())
    assert first.get_lock() is second.get_lock()
    with first:
        second.value = 1
    assert second.value == 1


def check_default_lock_is_recursive() -> None:
    number = multiprocessing.Value("i")
    with number.get_lock():
        with number.get_lock():
            number.value += 1
    with number:
        assert number.acquire()
        number.value += 1
        number.release()
    assert number.value == 2


def check_context_manager_and_acquire() -> None:
    number = multiprocessing.Value("i", lock=multiprocessing.Lock())
    with number as entered:
        assert entered is True
        assert number.get_lock().acquire(block=False) is False
    assert number.acquire() is True
    assert number.acquire(False) is False
    number.release()
    with raises(ValueError):
        number.release()


def check_acquire_with_timeout() -> None:
    number = multiprocessing.Value("i", lock=multiprocessing.Lock())
    number.acquire()
    assert number.acquire(timeout=0.01) is False
    number.release()
    assert number.acquire(timeout=60) is True
    number.release()


def check_get_obj_is_the_same_memory() -> None:
    number = multiprocessing.Value("i", 1)
    raw = number.get_obj()
    raw.value = 8
    assert number.value == 8
    number.value = 9
    assert raw.value == 9
    assert number.get_obj() is raw


def check_repr() -> None:
    assert repr(multiprocessing.Value("i", 7)) == "<Synchronized wrapper for c_int(7)>"
    assert repr(multiprocessing.RawValue("d", 1.5)) == "c_double(1.5)"
    assert repr(multiprocessing.RawValue(ctypes.c_bool, True)) == "c_bool(True)"


def check_truth_of_a_raw_value() -> None:
    assert not multiprocessing.RawValue("i")
    assert multiprocessing.RawValue("i", 1)
    assert multiprocessing.Value("i")  # a wrapper is no number


def check_raw_value_has_its_type() -> None:
    assert multiprocessing.RawValue("i")._type_ == "i"
    assert bytes(multiprocessing.RawValue("H", 0x1234)) == bytes(ctypes.c_ushort(0x1234))


def check_isinstance_of_the_wrapper() -> None:
    number = multiprocessing.Value("i")
    assert isinstance(number, sharedctypes.SynchronizedBase)
    assert isinstance(number, sharedctypes.Synchronized)
    assert not isinstance(number, sharedctypes.SynchronizedArray)


def check_contexts_have_the_factories() -> None:
    context = multiprocessing.get_context("spawn")
    assert context.Value("i", 3).value == 3
    assert context.RawValue("d", 0.5).value == 0.5
    assert context.Value("i", 3, lock=False).value == 3
    lock = context.Lock()
    assert context.Value("i", lock=lock).get_lock() is lock
