"""Arrays of characters: the value up to the first zero, the raw bytes, and slices that are strings."""

from __future__ import annotations

import multiprocessing
from multiprocessing import sharedctypes
from typing import Any

from .support import finish, raises, start


def both(content: Any) -> list[Any]:
    """A string with a lock, and one without."""
    return [multiprocessing.Array("c", content), multiprocessing.RawArray("c", content)]


def check_value_and_raw() -> None:
    for text in both(b"hello"):
        assert text.value == b"hello"
        assert text.raw == b"hello"
        assert len(text) == 5
    for text in both(4):
        assert text.value == b""
        assert text.raw == b"\0\0\0\0"


def check_value_ends_at_zero() -> None:
    for text in both(b"ab\0cd"):
        assert text.value == b"ab"
        assert text.raw == b"ab\0cd"


def check_set_value() -> None:
    for text in both(b"hello"):
        text.value = b"abc"
        assert text.value == b"abc"
        assert text.raw == b"abc\0o"  # one zero behind it, and nothing else is touched
        text.value = b"12345"
        assert text.value == b"12345"
        text.value = b""
        assert text.value == b""
        assert text.raw == b"\x002345"


def check_set_raw() -> None:
    for text in both(b"hello"):
        text.raw = b"ab"
        assert text.raw == b"abllo"
        text.raw = bytearray(b"54321")
        assert text.raw == b"54321"


def check_too_long() -> None:
    for text in both(b"abc"):
        with raises(ValueError, "byte string too long"):
            text.value = b"abcd"
        with raises(ValueError, "byte string too long"):
            text.raw = b"abcd"
        assert text.raw == b"abc"


def check_wrong_type() -> None:
    for text in both(b"abc"):
        with raises(TypeError):
            text.value = "abc"
        with raises(TypeError):
            text.raw = "abc"
        with raises(TypeError):
            text[0] = "a"
        with raises(TypeError):
            text[0] = b"ab"
        assert text.value == b"abc"


def check_items_and_slices_are_bytes() -> None:
    for text in both(b"abcdef"):
        assert text[0] == b"a"
        assert text[-1] == b"f"
        assert text[1:3] == b"bc"
        assert text[::-2] == b"fdb"
        assert text[2:2] == b""
        text[0] = b"x"
        text[1] = 121
        text[2:4] = b"zz"
        text[::-5] = b"!?"
        assert text[:] == b"?yzze!"
        assert list(text) == [b"?", b"y", b"z", b"z", b"e", b"!"]


def check_wide_characters() -> None:
    text = multiprocessing.RawArray("u", "grüße")
    assert text.value == "grüße"
    assert text[:] == "grüße"
    assert text[2] == "ü"
    assert text[::-1] == "eßürg"
    text.value = "é"
    assert text.value == "é"
    assert text[:] == "é\0üße"
    text[1:] = "1234"
    assert text.value == "é1234"
    with raises(ValueError, "string too long"):
        text.value = "123456"
    with raises(TypeError):
        text.value = b"1"


def check_wide_characters_with_a_lock() -> None:
    text = multiprocessing.Array("u", "abc")
    assert type(text) is not sharedctypes.SynchronizedString
    assert text[:] == "abc"
    assert text.get_obj().value == "abc"
    with raises(AttributeError):
        text.value  # noqa: B018


def check_isinstance_of_the_wrapper() -> None:
    text = multiprocessing.Array("c", 3)
    assert isinstance(text, sharedctypes.SynchronizedString)
    assert isinstance(text, sharedctypes.SynchronizedArray)
    assert repr(text).startswith("<SynchronizedString wrapper for <")


def _upper(text: Any) -> None:
    text.value = text.value.upper()


def check_child_writes_parent_reads() -> None:
    for text in both(b"hello world"):
        finish(start(_upper, text))
        assert text.value == b"HELLO WORLD"


def _upper_wide(text: Any) -> None:
    text.value = text.value.upper()


def check_child_writes_wide_characters() -> None:
    text = multiprocessing.RawArray("u", "äöü")
    finish(start(_upper_wide, text))
    assert text.value == "ÄÖÜ"
