"""The standard library's own tests of `multiprocessing`, as they come with Python 3.11, played on mpiprocessing.

And some others that are about a process, in a child.

Its classes of tests are run as they are, each in a job of its own. What we differ in is named here, with the reason: those
tests have to fail. A Python that was packaged without its tests cannot play them.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec

PLAYER = Path(__file__).with_name("play_own_tests.py")
IN_A_CHILD = Path(__file__).with_name("play_in_a_child.py")
RANKS = 8
LIMIT = 55.0

CLASSES = [
    "WithProcessesTestArray",
    "WithProcessesTestCondition",
    "WithProcessesTestConnection",
    "WithProcessesTestEvent",
    "WithProcessesTestFinalize",
    "WithProcessesTestHeap",
    "WithProcessesTestListener",
    "WithProcessesTestListenerClient",
    "WithProcessesTestLock",
    "WithProcessesTestLogging",
    "WithProcessesTestManagerRestart",
    "WithProcessesTestPicklingConnections",
    "WithProcessesTestPoll",
    "WithProcessesTestPollEintr",
    "WithProcessesTestPool",
    "WithProcessesTestPoolWorkerErrors",
    "WithProcessesTestPoolWorkerLifetime",
    "WithProcessesTestProcess",
    "WithProcessesTestQueue",
    "WithProcessesTestSemaphore",
    "WithProcessesTestSharedCTypes",
    "WithProcessesTestSharedMemory",
    "WithProcessesTestSubclassingProcess",
    "WithProcessesTestValue",
    "WithManagerTestBarrier",
    "WithManagerTestCondition",
    "WithManagerTestContainers",
    "WithManagerTestEvent",
    "WithManagerTestLock",
    "WithManagerTestManagerRestart",
    "WithManagerTestMyManager",
    "WithManagerTestPool",
    "WithManagerTestQueue",
    "WithManagerTestRemoteManager",
    "WithManagerTestSemaphore",
    "MiscTestCase",
    "OtherTest",
    "TestCloseFds",
    "TestFlags",
    "TestForkAwareThreadLock",
    "TestIgnoreEINTR",
    "TestInitializers",
    "TestInvalidFamily",
    "TestInvalidHandle",
    "TestNamedResource",
    "TestNoForkBomb",
    "TestPoolNotLeakOnFailure",
    "TestSimpleQueue",
    "TestStartMethod",
    "TestStdinBadfiledescriptor",
    "TestSyncManagerTypes",
    "TestTimeouts",
    "TestWait",
]
"""All but three that are about one machine: WithProcessesTestBarrier, whose helper is memory shared by a fork,
TestResourceTracker and SemLockTests; and those with threads only."""

LEFT_OUT = {
    "WithProcessesTestConnection": {
        "test_missing_fd_transfer": "writes into the descriptor of a connection, which is no socket here",
    },
    "WithProcessesTestProcess": {
        "test_child_fd_inflation": "MPICH's ranks have a different number of descriptors each",
    },
}
"""Tests that are not run."""

DIFFERS = {
    "WithProcessesTestCondition": dict.fromkeys(
        ("test_notify", "test_notify_all", "test_notify_n"),
        "reads private semaphores, of which our condition has none",
    ),
    "WithProcessesTestQueue": {
        "test_queue_feeder_donot_stop_onexc": "put itself raises what pickling raises",
    },
    "WithProcessesTestPoolWorkerErrors": {
        "test_unpickleable_result": "a lambda can be a result",
    },
    "WithProcessesTestPoolWorkerLifetime": {
        "test_pool_worker_lifetime": "calls a private method",
    },
    "TestPoolNotLeakOnFailure": {
        "test_release_unused_processes": "its processes are no processes",
    },
    "TestStartMethod": {
        "test_context": "every context starts processes in the same way",
        "test_context_check_module_types": "nothing is preloaded",
        "test_get_all": "there is a method more",
        "test_mixed_startmethod": "objects of all contexts go together",
        "test_set_get": "every context starts processes in the same way",
    },
}
"""Tests that have to fail, and why."""

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or find_spec("test._test_multiprocessing") is None,
    reason="the tests of Python 3.11 are not installed here",
)


@pytest.mark.parametrize("name", CLASSES)
def test_the_standard_librarys_own_tests(name: str, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    program = [str(PLAYER), str(record), name, *LEFT_OUT.get(name, ())]
    done = mpiexec.run(["-m", "mpiprocessing", *program], RANKS, timeout=LIMIT, cwd=tmp_path)
    assert record.exists(), f"status {done.status} after {done.seconds:.0f} s\n{done.stderr[-16000:]}"
    verdicts = json.loads(record.read_text(encoding="utf-8"))
    failed = {test: trouble for test, trouble in verdicts.items() if trouble}
    surprises = "\n".join(failed[test] for test in failed.keys() - DIFFERS.get(name, {}).keys())
    assert verdicts and failed.keys() == DIFFERS.get(name, {}).keys(), (
        surprises or "a test passes that differed"
    )
    assert done.status == 0


OF_ONE_PROCESS = [
    "test.test_atexit",
    "test.test_asyncio.test_runners",
    "test.test_signal.ItimerTest",
    "test.test_signal.PosixTests",
    "test.test_signal.RaiseSignalTest",
    "test.test_signal.WakeupSignalTests",
    "test.test_threading.InterruptMainTests",
]
"""Tests of what a process is, that a child has to pass as well."""


@pytest.mark.parametrize("names", OF_ONE_PROCESS)
def test_a_child_is_a_process(names: str, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    done = mpiexec.run(
        ["-m", "mpiprocessing", str(IN_A_CHILD), str(record), names], 2, timeout=LIMIT, cwd=tmp_path
    )
    assert record.exists(), f"status {done.status} after {done.seconds:.0f} s\n{done.stderr[-16000:]}"
    verdicts = json.loads(record.read_text(encoding="utf-8"))
    assert verdicts and not any(verdicts.values()), "\n".join(verdicts.values())
    assert done.status == 0
