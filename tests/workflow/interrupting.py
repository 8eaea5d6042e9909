"""Snakemake as a process that a test interrupts: its jobs by name, signals to one, to it or to all."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.workflow.conftest import command, snakemake
from tests.workflow.processes import Process, below

__all__ = ["Job", "Run", "heed_ctrl_c", "run_to_the_end", "unlock"]

#: Seconds between two looks at the processes.
_GLANCE = 0.05
#: Snakemake's copy of a rule's script: its name ends with the script's.
_SCRIPT = re.compile(r"\.snakemake/scripts/tmp[^/]*\.(\w+)\.py$")


@dataclass
class Job:
    """A process that runs a rule's script."""

    script: str
    """The script's name, without its ending: what kind of job it is."""
    process: Process
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None


class Run:
    """A Snakemake that runs in ``folder`` while the test goes on."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the run
        # A session of its own, so that a signal to the group meets no one else.
        self.process = subprocess.Popen(
            **command(folder, *arguments),
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=heed_ctrl_c,
        )
        self.jobs: dict[Process, Job] = {}

    @property
    def ended(self) -> bool:
        """Whether Snakemake has ended."""
        return self.process.poll() is not None

    def said(self) -> str:
        """Return what Snakemake and its jobs wrote to the terminal."""
        self._output.seek(0)
        return self._output.read()

    def look(self) -> list[Job]:
        """Look at the processes; return the jobs that run now, the earliest first."""
        found = []
        for process in below(self.process.pid):
            script = _script_of(process)
            if script and process.is_running():
                found.append(self.jobs.setdefault(process, Job(script, process)))
        for job in self.jobs.values():
            if job not in found and job.ended is None:
                job.ended = time.monotonic()
        return found

    def await_job(self, wanted: Callable[[Job], bool], seconds: float = 3600) -> Job | None:
        """Return the first job that is ``wanted``; none if Snakemake ends before one comes."""
        deadline = time.monotonic() + seconds
        while not self.ended:
            assert time.monotonic() < deadline, self.said()
            for job in self.look():
                if wanted(job):
                    return job
            time.sleep(_GLANCE)
        self.look()
        return None

    def finish(self, seconds: float = 3600) -> int:
        """Wait for Snakemake's end and return its exit status."""
        self.await_job(lambda job: False, seconds)
        return self.process.returncode

    def interrupt(self, number: signal.Signals, *, children: bool) -> None:
        """Send a signal to Snakemake, or as a terminal does to its whole group."""
        (os.killpg if children else os.kill)(self.process.pid, number)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_) -> None:
        """Leave no Snakemake behind, whatever the test found. Its jobs must end with it."""
        if not self.ended:
            self.process.kill()
            self.process.wait()
        self._output.close()


def run_to_the_end(folder: Path, *arguments: str) -> Run:
    """Run Snakemake without an interruption; return the run, with the jobs that it had."""
    with Run(folder, *arguments) as run:
        assert run.finish() == 0, run.said()
        return run


def unlock(folder: Path, *arguments: str) -> None:
    """Do what Snakemake asks for after a SIGKILL."""
    snakemake(folder, "--unlock", *arguments)


def _script_of(process: Process) -> str | None:
    """Return the script that a process of Python runs; none for the shell around it, or another process."""
    words = process.words()
    found = _SCRIPT.search(words[1]) if len(words) == 2 else None
    return found.group(1) if found else None


def heed_ctrl_c() -> None:
    """Let SIGINT interrupt: whoever was started in the background has been told to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
