"""The process guard: jobs of a killed run end, and no second process does the same job."""

import os
import signal
import subprocess
import sys
import time

import pytest

from engram.runtime import process_guard

JOB = """
import sys, time
from types import SimpleNamespace
from engram.config.base import JobParams
from engram.runtime.job import job
params = SimpleNamespace(job=dict(results="results"))
with job(SimpleNamespace(log=[sys.argv[1]], params=params, rule="none", input=[], output=[]), JobParams):
    print("at work")
    {work}
"""
#: Stands for Snakemake: starts a job in a shell, as it does, tells its process and waits.
SNAKEMAKE = """
import subprocess, sys
from engram.runtime.process_guard import name_run
name_run()
words = "set -e; {} -c \\"$JOB\\" {} & echo $!; wait".format(sys.executable, sys.argv[1])
subprocess.run(["bash", "-c", words])
"""


def read(path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def wait_until(true, seconds=30.0):
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def log(tmp_path):
    return tmp_path / "job.log"


def start(log, work: str) -> subprocess.Popen:
    """Start a job on its own."""
    words = [sys.executable, "-c", JOB.format(work=work), str(log)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def test_a_job_ends_with_its_snakemake(log):
    """Snakemake killed, its job would go on for a minute beside the next run's; it ends at once."""
    environment = {**os.environ, "JOB": JOB.format(work="time.sleep(60)")}
    snakemake = subprocess.Popen(
        [sys.executable, "-c", SNAKEMAKE, str(log)], env=environment, stdout=subprocess.PIPE, text=True
    )
    job = int(snakemake.stdout.readline())
    wait_until(lambda: "at work" in read(log))
    snakemake.kill()
    snakemake.wait()
    wait_until(lambda: not is_alive(job), seconds=5)
    snakemake.stdout.close()


def test_a_job_whose_snakemake_is_gone_already_does_not_begin(log, monkeypatch):
    """Killed while its job was still importing: the job ends before its work."""
    words = (
        "import os; from engram.runtime.process_guard import name_run; "
        "name_run(); print(os.environ['ENGRAM_RUN'])"
    )
    told = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv("ENGRAM_RUN", told.strip())
    job = start(log, "pass")
    assert job.wait(30) == -signal.SIGTERM
    assert "at work" not in read(log)
    job.stderr.close()


def test_a_number_of_elsewhere_means_nothing(log, monkeypatch):
    """On another machine, or in a container, Snakemake's process cannot be seen: the job goes on."""
    monkeypatch.setenv("ENGRAM_RUN", "1 another-machine 0")
    job = start(log, "pass")
    assert job.wait(30) == 0
    assert read(log) == "at work\n"
    job.stderr.close()


def test_where_the_system_does_not_tell_who_started_whom_a_job_goes_on(monkeypatch):
    """Without a list of processes nothing follows from Snakemake's not being found in it."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    monkeypatch.setenv("ENGRAM_RUN", f"{gone.pid} {process_guard._world()}")
    ended = []
    monkeypatch.setattr(os, "kill", lambda *call: ended.append(call))
    process_guard.end_with_run()
    assert ended == [(os.getpid(), signal.SIGTERM)]
    monkeypatch.setattr(process_guard, "_ancestors", lambda process: [])
    process_guard.end_with_run()
    assert len(ended) == 1


def test_a_job_waits_for_a_process_that_does_the_same(log):
    """It says so and names the log; the other one's log stays whole until then, and is begun anew after."""
    first = start(log, "time.sleep(60)")
    wait_until(lambda: "at work" in read(log))
    second = start(log, "print('my turn')")
    assert "a process of an earlier run still does this job" in second.stderr.readline()
    assert read(log) == "at work\n"
    first.kill()
    assert second.wait(30) == 0
    assert read(log) == "at work\nmy turn\n"
    first.wait()
    first.stderr.close()
    second.stderr.close()
