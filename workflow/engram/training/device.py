"""On what device, in what number format and with how many threads a job computes."""

from __future__ import annotations

import ctypes
import os
import platform
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from engram.config import ComputeSettings
from engram.core.errors import ConfigurationError
from engram.core.records import environment
from engram.training.distributed import own_gpu, world_size

__all__ = ["Device", "choose_device", "hardware"]

#: A module, or a protocol that a study has for its networks.
N = TypeVar("N")

#: Numbers of glibc's malloc.h: from which size memory is mapped, and when it is given back.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1


@dataclass(frozen=True)
class Device:
    """A job's device and number format. Weights stay float32; ``bf16`` is for activations."""

    torch_device: torch.device
    precision: str
    compile: bool = False

    def autocast(self) -> AbstractContextManager:
        """Return the context in which forward passes run."""
        return torch.autocast(self.torch_device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def place(self, network: N) -> N:
        """Move a network to the device, channels last: on a CPU that alone is worth 1.4x."""
        # torch's types do not know this argument of `to`.
        return cast(Any, network).to(self.torch_device, memory_format=torch.channels_last)

    def environment(self, *packages: str) -> dict[str, str]:
        """Return what a record says of where a job computed: versions, hardware, device, number format,
        threads, processes.

        ``packages`` are those whose versions matter besides torch's and numpy's.
        """
        return environment(
            "torch",
            "numpy",
            *packages,
            **hardware(),
            device=self.torch_device.type,
            precision=self.precision,
            threads=str(torch.get_num_threads()),
            processes=str(world_size()),
        )

    def send(self, inputs: Any) -> Any:
        """Move a batch to the device: a tensor, or a named tuple of tensors; all else stays as it is."""
        if isinstance(inputs, Tensor):
            return inputs.to(self.torch_device, non_blocking=True)
        if isinstance(inputs, tuple) and hasattr(inputs, "_fields"):
            return type(inputs)(*map(self.send, inputs))
        return inputs


def hardware() -> dict[str, str]:
    """Return the models of this machine's processor and, where there is one, GPU."""
    found = {"processor": _processor()}
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


@cache
def _processor() -> str:
    """Return the processor's model as Linux names it; where it does not, its architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def choose_device(compute: ComputeSettings, threads: int) -> Device:
    """Set this process's threads and determinism, and return what ``auto`` stands for here.

    Raises
    ------
    ConfigurationError
        If a GPU is asked for and there is none.
    """
    torch.set_num_threads(threads)
    _keep_freed_memory()
    gpu = torch.cuda.is_available()
    if compute.device == "cuda" and not gpu:
        raise ConfigurationError("compute.device is 'cuda' but no GPU is visible. Use 'auto' or 'cpu'.")
    torch_device = torch.device("cuda" if gpu and compute.device != "cpu" else "cpu")
    if torch_device.type == "cuda":
        torch_device = own_gpu() if world_size() > 1 else torch_device
        # cuBLAS reads this when its first handle is made, which is later than here.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        # Not on a CPU: what we call is deterministic there, and this call imports the compiler (3 s).
        torch.use_deterministic_algorithms(True)
    precision = compute.precision
    if precision == "auto":
        precision = "bf16" if _has_bf16(torch_device) else "fp32"
    return Device(torch_device, precision, compute.compile)


def _keep_freed_memory() -> None:
    """Let the C library keep what a step frees: asking the system anew costs 5 to 15 % of the time."""
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            library.mallopt(option, 1 << 30)


def _has_bf16(torch_device: torch.device, cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether bfloat16 is sure to be faster than float32.

    The choice follows from what the processor is, not from a timing, so that it is always the same.
    """
    if torch_device.type == "cuda":
        return torch.cuda.get_device_capability(torch_device) >= (8, 0)
    return cpuinfo.exists() and cpu_has_fast_bf16(cpuinfo.read_text(encoding="ascii", errors="replace"))


def cpu_has_fast_bf16(cpuinfo: str) -> bool:
    """Whether a processor is faster in bfloat16, from what ``/proc/cpuinfo`` says of it.

    That takes AMX, or AVX512-BF16 of AMD. There we measured 1.1 to 1.6 times the speed of float32
    (benchmarks/README.md), on an Intel processor that has AVX512-BF16 without AMX 0.6 times.
    """
    flags = set(cpuinfo.partition("flags")[2].partition("\n")[0].split())
    return "amx_bf16" in flags or ("AuthenticAMD" in cpuinfo and "avx512_bf16" in flags)
