"""Run a job's function in one process, or in several that torchrun starts, on one node or on several.

What the processes are to do goes to them as a small JSON file in the scratch folder, and each leaves
a line there of how it ended. They hold on to this process by their standard input: it ends with this
process however that ends, and they with it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from engram.config import ComputeParams, ComputeSettings, Settings, load_settings
from engram.core import errors
from engram.core.errors import ConfigurationError, EngramError, ProcessError
from engram.core.files import disk_error, write_json
from engram.core.locks import lock_file, try_lock
from engram.core.paths import Layout
from engram.runtime.job_spec import JobFiles, NamedFiles
from engram.training.distributed import join_team

__all__ = ["launch", "launch_step"]

#: What a job may name as its function lies below this package.
_STUDIES = "engram"
#: Seconds that processes have to end in when this one has failed.
_GRACE = 60
#: Seconds that processes have when they are told to stop: to end an epoch and write a checkpoint. Whoever
#: tells them, such as a cluster, may have less patience.
_LAST_EPOCH = 3600
#: Seconds in which a job's file may be there and not be locked yet.
_UNLOCKED = 60
_STOPPED = "stopped"
_FOLDER = "processes-"
_AGAIN = "Run snakemake again: training goes on from its checkpoint."
#: What an srun must know to find its job.
_OF_JOB = ("SLURM_CLUSTER_NAME", "SLURM_CONF", "SLURM_JOBID", "SLURM_JOB_ID")


def launch(
    function: Callable[..., None],
    *arguments: Any,
    settings: Settings,
    layout: Layout,
    threads: int,
    code: str,
) -> None:
    """Call a study's function here, or in as many processes as ``settings.compute`` says.

    Parameters
    ----------
    function
        Takes ``*arguments, settings, layout, threads=, code=``; a function of a module of this package.
    arguments
        Plain values: they go through JSON.
    threads
        Threads of this job on each node; its processes there share them.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        What the first process that failed raised.
    ProcessError
        If one failed by another error, or was killed.
    """
    if settings.compute.processes * settings.compute.nodes == 1:
        function(*arguments, settings, layout, threads=threads, code=code)
        return
    job = {"arguments": arguments, "settings": settings.model_dump(mode="json"), "layout": str(layout.root)}
    _launch(function, job, settings.compute, layout.root, threads, code)


def launch_step(
    step: Callable[..., None],
    inputs: NamedFiles,
    outputs: NamedFiles,
    params: ComputeParams,
    *,
    threads: int,
    code: str,
) -> None:
    """Call a study's step here, or in as many processes as ``params.compute`` says.

    Parameters
    ----------
    step
        Takes ``inputs, outputs, params, threads=, code=``; a function of a module of this package.
    inputs, outputs
        The files of the rule by name: `snakemake.input` and `snakemake.output`.

    Raises
    ------
    EngramError
        What the first process that failed raised.
    ProcessError
        If one failed by another error, or was killed.
    """
    compute = params.compute
    if compute.processes * compute.nodes == 1:
        step(inputs, outputs, params, threads=threads, code=code)
        return
    job = {
        "inputs": {name: _plain(files) for name, files in inputs.items()},
        "outputs": {name: _plain(files) for name, files in outputs.items()},
        "class": [type(params).__module__, type(params).__name__],
        "params": {**params.model_dump(mode="json"), "compute": compute.model_dump(mode="json")},
    }
    _launch(step, job, compute, Path(params.results), threads, code)


def _plain(files: Any) -> Any:
    return str(files) if isinstance(files, str | Path) else list(map(str, files))


def _launch(
    function: Callable[..., None],
    told: dict[str, Any],
    compute: ComputeSettings,
    results: Path,
    threads: int,
    code: str,
) -> None:
    """Start the processes of a job, wait for them, and raise what failed."""
    total = compute.processes * compute.nodes
    scratch = results.resolve() / "scratch"
    _remove_abandoned(scratch)
    folder = scratch / f"{_FOLDER}{uuid.uuid4().hex[:12]}"
    job = {
        "module": function.__module__,
        "function": function.__name__,
        "threads": max(1, threads // compute.processes),
        "code": code,
        **told,
    }
    try:
        write_json(folder / "job.json", job)
        with open(folder / "job.json", "r+b") as held:
            lock_file(held)
            ended = _run(_command(compute, threads, folder / "job.json"), _environment(job["threads"]))
        failure = _failure(folder, total)
        if failure is not None or ended:
            raise failure or ProcessError(
                f"torchrun ended with {ended}. Its last words are in the job's log. {_AGAIN}"
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(scratch: Path) -> None:
    """Remove the folders of jobs that were killed: nobody holds their locks."""
    for file in scratch.glob(f"{_FOLDER}*/job.json"):
        # Another job may be ending, and remove its own.
        with suppress(OSError):
            old = time.time() - file.stat().st_mtime > _UNLOCKED
            with open(file, "r+b") as found:
                abandoned = old and try_lock(found)
            if abandoned:
                shutil.rmtree(file.parent, ignore_errors=True)


def _command(compute: ComputeSettings, threads: int, file: Path) -> list[str]:
    """Return what starts the processes: torchrun, on several nodes once on each by srun."""
    torchrun = [sys.executable, "-m", "torch.distributed.run"]
    how = [f"--nproc-per-node={compute.processes}", f"--log-dir={file.parent}"]
    how += [f"--shutdown-timeout={_LAST_EPOCH}"]
    work = ["-m", __spec__.name, str(file)]
    if compute.nodes == 1:
        return [*torchrun, "--standalone", *how, *work]
    if "SLURM_JOB_ID" not in os.environ or shutil.which("srun") is None:
        raise ConfigurationError(
            f"compute.nodes is {compute.nodes}, but this is no job of SLURM with 'srun' at hand. "
            "Run the workflow with profiles/slurm (see docs/several-gpus.md), or set compute.nodes to 1."
        )
    step = ["srun", f"--nodes={compute.nodes}", f"--ntasks={compute.nodes}", "--ntasks-per-node=1"]
    # The step of Snakemake's own process holds cores that this one shares.
    step += [f"--cpus-per-task={threads}", "--overlap", "--kill-on-bad-exit=1"]
    meeting = ["--rdzv-backend=c10d", f"--rdzv-endpoint={_meeting_place()}", f"--rdzv-id={file.parent.name}"]
    return [*step, *torchrun, f"--nnodes={compute.nodes}", *meeting, *how, *work]


def _meeting_place() -> str:
    """Return where the nodes meet: this one, the first of the job, at a port that is free now."""
    with socket.socket() as free:
        free.bind(("", 0))
        return f"{socket.gethostname()}:{free.getsockname()[1]}"


def _environment(threads: int) -> dict[str, str]:
    """Return the variables of the processes: this package, and each one's threads."""
    package = str(Path(__file__).parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    counts = {name for name in os.environ if name.endswith("_NUM_THREADS")} | {"OMP_NUM_THREADS"}
    kept = {name: value for name, value in os.environ.items() if not _describes_step(name)}
    return {**kept, **dict.fromkeys(counts, str(threads)), "PYTHONPATH": os.pathsep.join(paths)}


def _describes_step(variable: str) -> bool:
    """Whether a variable describes this step of a SLURM job: an inner srun would hold to its one node."""
    return variable.startswith("SLURM_") and variable not in _OF_JOB


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run torchrun to its end, with its output in this job's log; return its exit status."""
    log = _file_of(sys.stderr)
    with (
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log) as torchrun,
        _told_to_stop(torchrun),
    ):
        try:
            return torchrun.wait()
        finally:
            torchrun.stdin.close()
            try:
                torchrun.wait(_GRACE)
            except subprocess.TimeoutExpired:
                torchrun.kill()


def _file_of(stream: Any) -> Any:
    """Return ``stream`` if another process can write to it, else None: it writes where this one does."""
    try:
        stream.fileno()
    except (AttributeError, OSError):
        return None
    return stream


@contextmanager
def _told_to_stop(process: subprocess.Popen) -> Iterator[None]:
    """Pass SIGTERM on to ``process`` for the block: it tells its own, and all end before this one.

    SIGUSR1 asks for the same, and torchrun knows only the one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asks = (signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, lambda *_: process.terminate()) for number in asks}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _failure(folder: Path, total: int) -> EngramError | None:
    """Return the error that ended a job's processes, if they did not all end well.

    One process's error ends the others, by other errors: what Engram raised on purpose is told first,
    then who was killed, then the first error.
    """
    ends = {int(path.stem.split("-")[1]): _read(path) for path in folder.glob("end-*.json")}
    failed = sorted((end["time"], rank) for rank, end in ends.items() if end["error"] not in (None, _STOPPED))
    for _, rank in failed:
        kind = getattr(errors, ends[rank]["error"], None)
        if isinstance(kind, type) and issubclass(kind, EngramError):
            return kind(ends[rank]["message"])
    silent = sorted(set(range(total)) - set(ends))
    if silent:
        return ProcessError(
            f"of the {total} processes of this job, these ended without a word: {silent}. They were killed, "
            "perhaps for want of memory or because the time to stop in was over, or did not start: the job's "
            f"log has torchrun's last words. {_AGAIN}"
        )
    if failed:
        _, rank = failed[0]
        return ProcessError(
            f"process {rank} of {total} ended by {ends[rank]['error']}: {ends[rank]['message']}. "
            "The job's log has its traceback."
        )
    stopped = [rank for rank, end in ends.items() if end["error"] == _STOPPED]
    if stopped:
        return ProcessError(f"processes {sorted(stopped)} of {total} were told to stop. {_AGAIN}")
    return None


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _work(file: Path) -> None:
    """Do this process's part of a job, and leave a line of how it ended."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # One channel's weights, channels last, have strides of two forms: torch tells, and it does not matter.
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    # An exception, not the end at once: what was begun is cleaned up.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    job, end = _read(file), {"error": _STOPPED, "message": ""}
    try:
        if not job["module"].startswith(_STUDIES + "."):
            raise ConfigurationError(f"{file}: '{job['module']}' is no study.")
        function = getattr(import_module(job["module"]), job["function"])
        if "class" in job:
            module, name = job["class"]
            params = getattr(import_module(module), name).model_validate(job["params"])
            files = JobFiles(**job["inputs"]), JobFiles(**job["outputs"])
            with join_team(params.compute):
                function(*files, params, threads=job["threads"], code=job["code"])
        else:
            settings = load_settings(job["settings"])
            with join_team(settings.compute):
                function(
                    *job["arguments"],
                    settings,
                    Layout(Path(job["layout"])),
                    threads=job["threads"],
                    code=job["code"],
                )
        end["error"] = None
    except Exception as error:
        known = error if isinstance(error, EngramError) else disk_error(error, file, surely=False)
        end |= {"error": type(known or error).__name__, "message": str(known or error)}
        if known is None:
            traceback.print_exc()
        sys.exit(1)
    finally:
        # When one process fails, torchrun stops the others at once: each still says how it ended.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        write_json(file.with_name(f"end-{os.environ['RANK']}.json"), {**end, "time": time.time()})


def _end_with_parent() -> None:
    """End this process when its standard input does: whoever started the job is gone."""
    while os.read(0, 1 << 10):
        pass
    os._exit(1)


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
