"""Process: what the library has noted for one is not known to the next."""

from __future__ import annotations

import copy
import logging
import warnings
from typing import Any

from .process_settings import PLACES, is_not_set_in_the_next, seen


class _Logger(logging.Logger):
    pass


class _Warns:
    def __deepcopy__(self, memo: Any) -> _Warns:
        warnings.warn("as from a module that stays", stacklevel=2)
        return self


def _warnings() -> Any:
    shown: list[Any] = []
    before, warnings.showwarning = warnings.showwarning, lambda *arguments: shown.append(arguments)
    copy.deepcopy(_Warns())
    warnings.showwarning = before
    return len(shown)


def _loggers() -> Any:
    return logging.getLogger("contract.quiet").isEnabledFor(logging.ERROR)


def _quieten() -> None:
    logging.disable()
    _loggers()


def _classes() -> Any:
    logger, below = logging.getLogger("contract.own"), logging.getLogger("contract.own.below")
    return type(logger).__name__, type(below).__name__, below.parent is logger


def _make_loggers() -> None:
    logging.getLogger("contract.own.below")
    logging.setLoggerClass(_Logger)
    logging.getLogger("contract.own")


def check_what_was_warned_of() -> None:
    is_not_set_in_the_next(_warnings, _warnings)


def check_what_loggers_have_noted() -> None:
    is_not_set_in_the_next(_quieten, _loggers)


def check_loggers_of_a_class_of_its_own() -> None:
    assert seen(_classes, _make_loggers) == [["_Logger", "Logger", True]] * PLACES
    assert seen(_classes) == [["Logger", "Logger", True]] * PLACES
