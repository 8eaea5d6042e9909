"""The pilot: a few steps of the very networks on the device at hand."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import torch
from tqdm import tqdm

from engram.config import ComputeSettings
from engram.core.errors import EstimateError
from engram.estimate.cost import Measured, Pilot, workload_key
from engram.estimate.networks import build
from engram.training.device import choose_device, hardware
from engram.training.optimiser import AdamW
from engram.training.workload import Workload

__all__ = ["run_pilot"]

#: Steps that are not timed, and seconds that the timed ones take at least.
_WARM, _SECONDS = 2, 0.2


def run_pilot(workloads: Iterable[Workload], compute: ComputeSettings, threads: int) -> Pilot:
    """Measure a step of each workload on this machine's device.

    Each in a process of its own, so that its peak of memory is its own.

    Raises
    ------
    EstimateError
        If a network takes more memory than there is.
    """
    device, gpu = _apart(_device_name, compute, threads)
    pilot = Pilot(device, gpu, threads)
    wanted = {workload_key(each): each for each in map(pilot.on_device, workloads)}
    bar = tqdm(wanted.items(), desc=f"pilot on {device}", unit="network", file=sys.stderr)
    measured = {key: _apart(_measure, workload, compute, threads) for key, workload in bar}
    return Pilot(device, gpu, threads, measured)


def _apart(function, *arguments):
    """Return what a function gives in a process of its own, which no torch of this process has touched."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except (BrokenProcessPool, torch.OutOfMemoryError) as error:
            raise EstimateError(
                f"the pilot of {arguments[0]} ended ({type(error).__name__}): it takes more memory than "
                "there is. Give the rule 'write_estimate' more, or a smaller batch_size to the network."
            ) from None


def _device_name(compute: ComputeSettings, threads: int) -> tuple[str, bool]:
    """Return the device with its number format and threads, and whether it is a GPU."""
    device = choose_device(compute, threads)
    gpu = device.torch_device.type == "cuda"
    if gpu:
        return f"{torch.cuda.get_device_name()}, {device.precision}", True
    return f"{hardware()['processor']}, {device.precision}, threads: {threads}", False


def _measure(workload: Workload, compute: ComputeSettings, threads: int) -> Measured:
    device = choose_device(compute, threads)
    built = build(workload, device.place)
    learning = [parameter for parameter in built.parameters if parameter.requires_grad]
    optimiser = AdamW(learning, 0.0) if workload.learns else None
    gpu = device.torch_device.type == "cuda"

    def step() -> None:
        inputs = device.send(built.samples())
        with torch.set_grad_enabled(workload.learns):
            with device.autocast():
                loss = built.call(inputs).float().square().mean()
            if optimiser is not None:
                loss.backward()
                optimiser.step(1e-4)

    def finish() -> float:
        if gpu:
            torch.cuda.synchronize()
        return time.perf_counter()

    for _ in range(_WARM):
        step()
    started, steps = finish(), 0
    while time.perf_counter() - started < _SECONDS or not steps:
        step()
        steps += 1
    return Measured(
        seconds=(finish() - started) / steps,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        gpu_memory=torch.cuda.max_memory_reserved() if gpu else 0,
        parameters=sum(parameter.numel() for parameter in built.parameters),
        input_values=built.input_values,
    )
