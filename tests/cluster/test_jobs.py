"""Jobs of a real Slurm that go on where they stopped, and end with the truth."""

from __future__ import annotations

from tests.cluster.conftest import wait_for

AGAIN = """
import multiprocessing as mp, os, signal, sys, time

def square(item):
    time.sleep(0.2)
    return item * item

def told(number, frame):
    sys.exit(75)

if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, told)
    path = os.environ["CHECKPOINT"]
    done = dict(eval(line) for line in open(path)) if os.path.exists(path) else {}
    print("START", len(done), flush=True)
    with mp.Pool(3) as pool, open(path, "a") as kept:
        todo = [item for item in range(400) if item not in done]
        for item, result in zip(todo, pool.imap(square, todo)):
            done[item] = result
            kept.write(f"{item, result}\\n")
            kept.flush()
    print("ALL", sum(done.values()), flush=True)
"""


def test_a_job_that_is_told_in_time_is_started_again_until_all_is_done(cluster) -> None:
    program = cluster.program(AGAIN)
    script = cluster.script(
        "--nodes", "2", "--ranks", "4", "--time", "10m", "--checkpoint", str(cluster.work / "kept"), program
    )
    number = cluster.scheduler("sbatch", "-o", "job.out", script).stdout.split()[-1]
    wait_for(lambda: "START 0" in cluster.output_of("job.out") and cluster.output_of("kept").count("\n") > 20)
    cluster.scheduler(
        "scancel", "--batch", "-s", "USR1", number
    )  # what Slurm does before the end of the wall time
    wait_for(lambda: cluster.output_of("job.out").count("START") == 2, 90)
    wait_for(lambda: "JobState=COMPLETED" in cluster.scheduler("scontrol", "show", "job", number).stdout, 90)
    text = cluster.output_of("job.out")
    assert "is started again" in text and f"ALL {sum(n * n for n in range(400))}" in text, text
    assert "Restarts=1" in cluster.scheduler("scontrol", "show", "job", number).stdout
    assert text.rstrip().endswith("ended with status 0"), text


def test_a_program_that_fails_fails_the_job(cluster) -> None:
    program = cluster.program("import multiprocessing as mp\nmp.Queue()\nraise SystemExit(3)\n")
    script = cluster.script("--nodes", "2", "--ranks", "4", "--time", "10m", program)
    done = cluster.scheduler("sbatch", "--wait", "-o", "job.out", script, limit=90)
    assert done.returncode == 3, cluster.output_of("job.out")


def test_a_job_whose_node_is_lost_fails(cluster) -> None:
    text = "import multiprocessing as mp, time\nif __name__ == '__main__':\n    with mp.Pool(3) as pool:\n"
    text += "        print('BEGUN', flush=True)\n        pool.map(time.sleep, [0.1] * 5000, 1)\n"
    script = cluster.script("--nodes", "2", "--ranks", "4", "--time", "10m", cluster.program(text))
    number = cluster.scheduler("sbatch", "-w", "n1,n2", "-o", "job.out", script).stdout.split()[-1]
    wait_for(lambda: "BEGUN" in cluster.output_of("job.out"))
    try:
        cluster.tool("crash", "n2")
        wait_for(lambda: "ended with status" in cluster.output_of("job.out"), 60)
    finally:
        cluster.ready()
    assert "ended with status 0" not in cluster.output_of("job.out")
    cluster.scheduler("scancel", number)
