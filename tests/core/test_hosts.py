"""The list of free ranks, message by message, when ranks die."""

from __future__ import annotations

from mpiprocessing.core.homes.hosts import Hosts
from mpiprocessing.core.messages import HostFree, HostNone, HostTake, HostTaken, HostWait


def take(hosts: Hosts, process: int, parent: int = 0) -> object:
    ((rank, answer),) = hosts.take(HostTake(parent, process))
    assert rank == parent
    return answer


def test_a_dead_rank_is_not_given_to_anybody():
    hosts = Hosts({1: 11, 2: 12, 3: 13})
    hosts.died(1)
    assert take(hosts, 7) == HostTaken(7, 2, 12)
    assert hosts.died(2) == []
    assert (
        hosts.freed(HostFree(2)) == []
    )  # sent by its last child, or by a parent that did not need it after all
    assert take(hosts, 8) == HostTaken(8, 3, 13)
    assert take(hosts, 9) == HostWait(9)
    assert hosts.living == 1 and hosts.free == 0


def test_who_waits_for_a_rank_when_the_last_one_dies_is_told():
    hosts = Hosts({1: 11, 2: 12})
    assert take(hosts, 7) == HostTaken(7, 1, 11)
    assert take(hosts, 8) == HostTaken(8, 2, 12)
    assert take(hosts, 9) == HostWait(9)
    assert hosts.died(1) == []
    assert hosts.died(2) == [(0, HostNone(9))]
    assert take(hosts, 10) == HostNone(10)
    assert hosts.pending == 0


def test_children_whose_parent_is_dead_are_not_started():
    hosts = Hosts({1: 11, 2: 12})
    take(hosts, 7)
    take(hosts, 8)
    assert take(hosts, 9, parent=1) == HostWait(9)
    assert take(hosts, 10, parent=2) == HostWait(10)
    assert hosts.died(1) == []
    assert hosts.freed(HostFree(2)) == [(2, HostTaken(10, 2, 12))]
