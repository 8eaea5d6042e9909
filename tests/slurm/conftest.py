"""A cluster, and a checkout whose profile is edited for it as a lab edits it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from tests.conftest import ROOT
from tests.slurm.cluster import Cluster, missing_programs, wait_for
from tests.workflow.conftest import command, copy_checkout
from tests.workflow.interrupting import heed_ctrl_c

#: What a lab sets at the top of the profile, here for the tests' cluster, whose one partition has GPUs.
_LAB = {
    "slurm_partition: cpu": "slurm_partition: main",
    "slurm_partition: gpu": "slurm_partition: main",
    "threads: &threads 4": "threads: &threads 1",
}
#: Jobs of seconds are looked at more often than jobs of hours.
_IMPATIENT = {"slurm-init-seconds-before-status-checks": 3, "latency-wait": 15}
_START = str(ROOT / "tests/slurm/impatient.py")


class Lab:
    """A checkout on the cluster's submitting machine."""

    def __init__(self, folder: Path, cluster: Cluster, *configurations: str) -> None:
        self.folder, self.cluster = copy_checkout(folder), cluster
        files = [str(ROOT / "tests/slurm" / name) for name in configurations]
        self._configured = ("--configfile", *files)
        self._output = folder / "output"

    def edit_profile(self, **rules: dict[str, object]) -> None:
        """Set the profile's lab block, and give some rules resources of their own."""
        path = self.folder / "profiles/slurm/profile.yaml"
        text = (ROOT / "profiles/slurm/profile.yaml").read_text(encoding="utf-8")
        for before, after in _LAB.items():
            assert before in text
            text = text.replace(before, after)
        profile = yaml.safe_load(text) | _IMPATIENT
        profile["set-resources"] |= rules
        path.write_text(yaml.safe_dump(profile), encoding="utf-8")

    def start(self, *targets: str) -> subprocess.Popen:
        """Start snakemake on the cluster; what it says goes where :meth:`said` finds it."""
        arguments = (*targets, "--workflow-profile", "profiles/slurm", *self._configured)
        started = self._on_cluster(command(self.folder, *arguments))
        started["args"] = [sys.executable, "-P", _START, *arguments]
        with open(self._output, "w", encoding="utf-8") as output:
            return subprocess.Popen(
                **started,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=heed_ctrl_c,
            )

    def run(self, *targets: str, seconds: float = 1500) -> None:
        """Run snakemake on the cluster to its end."""
        self.finish(self.start(*targets), seconds)

    def finish(self, process: subprocess.Popen, seconds: float = 1500) -> None:
        """Wait for a run's end, which must be a good one."""
        try:
            process.wait(seconds)
        finally:
            process.kill()
        assert not process.returncode, self.said()

    def said(self) -> str:
        """Return what the last run said."""
        return self._output.read_text(encoding="utf-8")

    def log(self, stage: str, since: float = 0.0) -> str:
        """Return the log of the job that trains a stage; nothing where none was written ``since`` then."""
        path = self.folder / f"results/long/logs/train_stage/{stage}/seeds_1.log"
        if not path.exists() or path.stat().st_mtime < since:
            return ""
        return path.read_text(encoding="utf-8").replace("\r", "\n")

    def hold(self, stage: str) -> str:
        """Return the id of a stage's job, stopped in the middle of its training.

        So it is still there when what is to happen to it happens; whatever SLURM then sends comes
        with SIGCONT.
        """
        rule = f"rule_train_stage_{stage}_seeds"
        job = wait_for(lambda: self.cluster.running(rule), 600, f"{stage} runs")
        script = wait_for(lambda: self._script_of(job), 300, f"{stage} computes")
        learning = re.compile(r" [1-9]\d*/\d+ \[")
        wait_for(lambda: learning.search(self.log(stage, script.create_time())), 300, f"{stage} learns")
        script.send_signal(signal.SIGSTOP)
        return job

    def _script_of(self, job: str) -> psutil.Process | None:
        """Return the process of a job's script."""
        for process in psutil.process_iter(["cmdline", "environ"]):
            words, environment = process.info["cmdline"] or [], process.info["environ"] or {}
            if words[-1:] and words[-1].endswith("train_stage.py") and environment.get("SLURM_JOB_ID") == job:
                return process
        return None

    def tool(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run a program of the checkout, as a user of the cluster."""
        how = self._on_cluster(command(self.folder)) | {"args": arguments}
        return subprocess.run(**how, capture_output=True, text=True, timeout=120, check=False)

    def _on_cluster(self, how: dict) -> dict:
        environment = how["env"] | self.cluster.environment
        tools = Path(how["args"][0]).parent
        environment["PATH"] = f"{self.cluster.environment['PATH']}:{tools}"
        return how | {"env": environment}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Return a running cluster, or skip where SLURM is not installed."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"SLURM is not installed ({', '.join(missing)}): tests/slurm/install.sh installs it")
    running = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def locally(tmp_path_factory):
    """Return a function that starts a run on this machine alone, and gives its folder and process."""

    def start(configurations, *targets):
        folder = copy_checkout(tmp_path_factory.mktemp("local") / "engram")
        files = [str(ROOT / "tests/slurm" / name) for name in configurations]
        how = command(folder, *targets, "--cores", "1", "--configfile", *files)
        process = subprocess.Popen(**how, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return folder, process

    return start
