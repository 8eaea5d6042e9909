"""A real SLURM cluster of two nodes on this machine: on loopback, in a folder of its own, as any user.

Nothing in /etc, no systemd, no cgroups, no accounting. Each node is a `slurmd` with ports, spool and
name of its own (Debian builds SLURM with several nodes a host). Memory and GPUs are only claimed.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

NODES = ("n1", "n2")
_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
_DAEMONS = ("munged", "slurmctld", "slurmd")
_COMMANDS = ("sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")

_CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
{binding}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
MailProg=/bin/true
# What is asked for counts, not what the machine has.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
EnforcePartLimits=ALL
# A test has no minutes to wait.
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
KillWait=10
SlurmdTimeout=20
ReturnToService=2
# Jobs that are over stay known: snakemake's `squeue` and the tests look for them.
MinJobAge=3600
AccountingStorageType=accounting_storage/none
# A job that takes more memory than it asked for is killed; without cgroups SLURM looks once a second.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=1-0 DefaultTime=10 State=UP
"""


def missing_programs() -> list[str]:
    """Return the programs of SLURM that this machine lacks."""
    return [name for name in (*_DAEMONS, *_COMMANDS) if shutil.which(name, path=_PATH) is None]


def wait_for(happened: Callable[[], Any], seconds: float, what: str) -> Any:
    """Return what ``happened`` gives as soon as it is true; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.2)
    return found


class Cluster:
    """The daemons of a cluster, and what a user asks of it.

    Parameters
    ----------
    folder
        Short, because a socket's path has at most 107 bytes.
    cpus
        Jobs of one thread that a node runs at a time.
    """

    def __init__(self, folder: Path, cpus: int = 2) -> None:
        self.folder, self._cpus = folder, cpus
        self.environment = {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder / 'bin'}:{_PATH}",
        }

    def start(self) -> None:
        """Start all daemons; return when the nodes wait for jobs."""
        for name in ("state", "bin", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        self._configure()
        self._run(
            "munged",
            "--force",
            *(f"--{name}-file={self.folder / f'munge.{name}'}" for name in ("key", "seed", "pid", "log")),
            f"--socket={self.folder / 'munge.socket'}",
        )
        self._run("slurmctld")
        for node in NODES:
            self.start_node(node)
        wait_for(lambda: self.nodes().count("idle") == len(NODES), 60, f"nodes idle; see {self.folder}")

    def _configure(self) -> None:
        host, port = socket.gethostname().partition(".")[0], _free_ports(1 + len(NODES))
        loopback = socket.gethostbyname(host).startswith("127.")
        nodes = [
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port + number} "
            f"CPUs={self._cpus} RealMemory=1000000 Gres=gpu:1"
            for number, node in enumerate(NODES, 1)
        ]
        text = _CONFIGURATION.format(
            host=host,
            port=port,
            # Where the host's name stands for an address outside, the daemons listen on all of them.
            binding="CommunicationParameters=NoInAddrAny,NoCtldInAddrAny" if loopback else "",
            user=getpass.getuser(),
            folder=self.folder,
            nodes="\n".join(nodes),
        )
        (self.folder / "slurm.conf").write_text(text)
        # SLURM wants a device behind each GPU, and does not ask which.
        (self.folder / "gres.conf").write_text("Name=gpu File=/dev/null\n")
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(1024))
        # The executor's job step takes every SLURM_* variable away before it calls srun, which then finds
        # its configuration in /etc alone. Real clusters have it there.
        srun = self.folder / "bin/srun"
        real = shutil.which("srun", path=_PATH)
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder / "slurm.conf"} exec {real} "$@"\n')
        srun.chmod(0o755)

    def _run(self, *command: str) -> str:
        environment = os.environ | self.environment
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert not done.returncode, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def start_node(self, node: str) -> None:
        """Start a node's daemon."""
        self._run("slurmd", "-N", node)

    def nodes(self) -> list[str]:
        """Return the nodes' states."""
        return self._run("sinfo", "-h", "-N", "-o", "%t").split()

    def queue(self, *states: str) -> list[tuple[str, str]]:
        """Return (id, comment) of the jobs that wait or run; of some states, if any are named."""
        chosen = ("--states", ",".join(states)) if states else ()
        rows = self._run("squeue", "-h", "-o", "%A %k", *chosen).splitlines()
        return [tuple(row.split(" ", 1)) for row in rows]

    def running(self, comment: str) -> str:
        """Return the id of a running job whose comment starts with ``comment``, or nothing."""
        found = [job for job, told in self.queue("RUNNING") if told.startswith(comment)]
        return found[0] if found else ""

    def jobs(self) -> dict[str, dict[str, str]]:
        """Return all jobs since the start as `scontrol show job` describes them, by their ids."""
        told = self._run("scontrol", "show", "job", "--oneliner").splitlines()
        described = [dict(word.split("=", 1) for word in row.split() if "=" in word) for row in told]
        return {job["JobId"]: job for job in described if "JobId" in job}

    def node_of(self, job: str) -> str:
        """Return the node that a job runs on."""
        return self.jobs()[job]["NodeList"]

    def shorten(self, job: str) -> None:
        """Set a running job's time limit so that it is over within a minute."""
        self._run("scontrol", "update", f"JobId={job}", f"TimeLimit={self.minutes(job) + 1}")

    def minutes(self, job: str) -> int:
        """Return for how many whole minutes a job has run."""
        days, _, clock = self.jobs()[job]["RunTime"].rpartition("-")
        hours, minutes, _ = map(int, clock.split(":"))
        return (24 * int(days or 0) + hours) * 60 + minutes

    def cancel(self, job: str) -> None:
        """Cancel a job, as a user does."""
        self._run("scancel", job)

    def kill_node(self, node: str) -> None:
        """Kill a node's daemon and all that runs on it at once, as a power cut does."""
        jobs = {job for job, told in self.jobs().items() if told.get("NodeList") == node}
        doomed = [psutil.Process(int((self.folder / f"slurmd-{node}.pid").read_text()))]
        for process in psutil.process_iter(["cmdline"]):
            # A step's daemon calls itself 'slurmstepd: [12.batch]'.
            title = " ".join(process.info["cmdline"] or [])
            if title.startswith("slurmstepd: [") and title[13:].partition(".")[0] in jobs:
                doomed += [process, *process.children(recursive=True)]
        for process in doomed:
            with _gone():
                process.kill()

    def hurry(self, job: str) -> None:
        """Let a job start at once that SLURM has put back into the queue, where it would wait two minutes."""
        wait_for(lambda: self.jobs()[job]["JobState"] == "PENDING", 180, f"job {job} is queued again")
        self._run("scontrol", "update", f"JobId={job}", "StartTime=now")

    def stop(self) -> None:
        """Cancel what is left and end all daemons."""
        for job, _ in self.queue():
            self.cancel(job)
        wait_for(lambda: not self.queue("RUNNING", "COMPLETING"), 60, "the queue is empty")
        for file in self.folder.glob("*.pid"):
            with _gone():
                process = psutil.Process(int(file.read_text()))
                process.terminate()
                process.wait(30)


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess:
        return


def _free_ports(count: int) -> int:
    """Return the first of ``count`` ports in a row that nothing listens on."""
    for first in range(26800, 32000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for number, each in enumerate(sockets):
                each.bind(("127.0.0.1", first + number))
        except OSError:
            continue
        else:
            return first
        finally:
            for each in sockets:
                each.close()
    raise AssertionError(f"no {count} free ports in a row")
