"""Run a step in one process, or in several that torchrun's launcher starts on this node."""

from __future__ import annotations

import ctypes
import json
import signal
import sys
import tempfile
import uuid
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from engram.config import ComputeParams
from engram.core import errors
from engram.core.errors import EngramError, InterruptionError, ProcessError
from engram.core.files import write_json
from engram.runtime.job_spec import JobFiles, NamedFiles

__all__ = ["launch_step"]

#: Seconds that processes have to end an epoch and write a checkpoint when they are asked to stop.
_LAST_EPOCH = 3600
_AGAIN = "Run snakemake again: training goes on from its checkpoint."


def launch_step(
    step: Callable[..., None],
    inputs: NamedFiles,
    outputs: NamedFiles,
    params: ComputeParams,
    *,
    threads: int,
    code: str,
) -> None:
    """Call a step here, or in as many processes as ``params.compute.processes`` says.

    Parameters
    ----------
    step
        Function of a module, takes ``inputs, outputs, params, threads=, code=``.
    inputs, outputs
        The files of the rule by name: `snakemake.input` and `snakemake.output`.
    threads
        Threads of the job; its processes share them.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        What the step raises here.
    ProcessError
        If one of several processes failed or was killed; the message is that of the first.
    InterruptionError
        If this process was asked to stop, and has passed that on.
    """
    processes = params.compute.processes
    if processes == 1:
        step(inputs, outputs, params, threads=threads, code=code)
        return
    call = {
        "step": [step.__module__, step.__name__],
        "inputs": {name: _plain(files) for name, files in inputs.items()},
        "outputs": {name: _plain(files) for name, files in outputs.items()},
        "class": [type(params).__module__, type(params).__name__],
        "params": {**params.model_dump(mode="json"), "compute": params.compute.model_dump(mode="json")},
        "threads": max(1, threads // processes),
        "code": code,
    }
    with tempfile.TemporaryDirectory(prefix="engram-") as folder:
        write_json(Path(folder) / "call.json", call)
        _start(processes, Path(folder))


def _plain(files: Any) -> Any:
    return str(files) if isinstance(files, str | Path) else list(map(str, files))


def _start(processes: int, folder: Path) -> None:
    """Start the processes of a call and wait for them."""
    # They take time to import, and one process needs none of them.
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException, Std
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=0,
        logs_specs=DefaultLogsSpecs(log_dir=str(folder), tee=Std.ALL),
        signals_to_handle="SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1",
        shutdown_timeout=_LAST_EPOCH,
    )
    try:
        elastic_launch(config, sys.executable)("-m", __name__, str(folder / "call.json"))
    except ChildFailedError as error:
        raise _cause({rank: _message(failure) for rank, failure in error.failures.items()}) from None
    except SignalException as error:
        raise InterruptionError(
            f"{signal.Signals(error.sigval).name} came and was passed on to {processes} processes. {_AGAIN}"
        ) from None


def _message(failure: Any) -> str:
    said = failure.message
    return said if isinstance(said, str) else said["message"]


def _cause(messages: dict[int, str]) -> ProcessError:
    """Return the error of a job whose processes failed with these messages by rank.

    One process's failure makes the others fail too, by other errors: what Engram raised on purpose is the
    cause, or else that a process was killed, or else the first.
    """

    def kind(message: str) -> int:
        known = getattr(errors, message.partition(":")[0], None)
        if isinstance(known, type) and issubclass(known, EngramError):
            return 0
        return 1 if message.startswith("Signal") else 2

    rank = min(messages, key=lambda rank: kind(messages[rank]))
    return ProcessError(f"rank {rank} failed: {messages[rank]}. Its log lines say more. {_AGAIN}")


def _work(file: Path) -> None:
    """Do this process's part of a call."""
    from engram.training.distributed import process_group

    # The kernel ends this process when the one that started it is gone, however that ended.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    # One channel's weights, channels last, have strides of two forms: torch warns, and it does not matter.
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    call = json.loads(file.read_text(encoding="utf-8"))
    step, kind = (getattr(import_module(module), name) for module, name in (call["step"], call["class"]))
    params = kind.model_validate(call["params"])
    files = JobFiles(**call["inputs"]), JobFiles(**call["outputs"])
    with process_group(params.compute):
        step(*files, params, threads=call["threads"], code=call["code"])


if __name__ == "__main__":
    from torch.distributed.elastic.multiprocessing.errors import record

    record(_work)(Path(sys.argv[1]))
