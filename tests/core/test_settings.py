"""What is put back after a child and no contract with the standard library can show: packages that stay, lasting limits."""

from __future__ import annotations

import builtins
import logging
import sys
from importlib.machinery import WindowsRegistryFinder

import pytest

from mpiprocessing.core import settings
from mpiprocessing.core.settings import Settings


class Finder:
    @staticmethod
    def find_spec(*arguments: object) -> None:
        return None


def test_finders_of_installed_packages_stay_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", before := sys.meta_path.copy())
    monkeypatch.setattr(settings, "_ALL", [settings._hooks(before)])
    expected = [WindowsRegistryFinder, *before]
    state = Settings()
    before[:0] = [Finder, WindowsRegistryFinder]  # type: ignore[list-item]
    before.append(Finder())
    state.put_back()
    assert sys.meta_path == expected


def test_names_that_installed_packages_add_to_the_builtins_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    state = Settings()
    monkeypatch.setattr(builtins, "_", logging.getLogger, raising=False)
    builtins.finder = Finder  # type: ignore[attr-defined]
    state.put_back()
    assert builtins._ is logging.getLogger  # type: ignore[attr-defined]
    assert not hasattr(builtins, "finder")


def test_what_can_be_raised_of_a_limit_that_was_lowered_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    now: dict[int, tuple[int, int]] = dict.fromkeys(settings.LIMITS, (50, 100))

    def setrlimit(limit: int, limits: tuple[int, int]) -> None:
        if limits[1] > now[limit][1]:
            raise ValueError("not allowed to raise maximum limit")
        now[limit] = limits

    monkeypatch.setattr(settings.resource, "getrlimit", now.__getitem__)
    monkeypatch.setattr(settings.resource, "setrlimit", setrlimit)
    state = Settings()
    now[settings.LIMITS[0]] = (10, 20)
    now[settings.LIMITS[1]] = (10, 60)
    now[settings.LIMITS[2]] = (10, 100)
    state.put_back()
    assert [now[limit] for limit in settings.LIMITS[:4]] == [(20, 20), (50, 60), (50, 100), (50, 100)]
