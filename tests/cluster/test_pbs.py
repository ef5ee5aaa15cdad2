"""Job scripts where the scheduler poses as PBS."""

from __future__ import annotations

from tests.cluster.conftest import wait_for
from tests.cluster.test_launchers import HELLO


def test_a_program_runs_on_the_nodes_of_a_job(cluster) -> None:
    script = cluster.script("--nodes", "2", "--ranks", "4", "--time", "10m", cluster.program(HELLO))
    queued = cluster.scheduler("qsub", "-o", "job.out", "-j", "oe", script)
    assert queued.returncode == 0, queued.stderr
    wait_for(lambda: "ended with status" in cluster.output_of("job.out"), 90)
    text = cluster.output_of("job.out")
    assert "HOSTS n1 n" in text and "SUM 4950" in text and "ended with status 0" in text, text
