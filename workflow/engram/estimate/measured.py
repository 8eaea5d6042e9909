"""What a pilot measured, as it lies in a file; torch-free."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from engram.config.base import Strict
from engram.core.errors import EstimateError
from engram.core.reading import first_line
from engram.training.workload import Workload

__all__ = ["Measured", "Pilot", "read_pilot", "workload_key"]


class Measured(Strict):
    """What one step of a workload takes."""

    seconds: float
    memory: int
    """Largest number of bytes that the process held on the host."""
    gpu_memory: int
    """Largest number of bytes that it held on the GPU."""
    parameters: int
    input_values: int
    """Values of one sample, as the network reads it."""


class Pilot(Strict):
    """All that was measured so far, on every device."""

    device: str = ""
    """Device of the latest pilot, with its number format."""
    gpu: bool = False
    """Whether that device is a GPU."""
    threads: int = 1
    """Threads of the latest pilot."""
    measured: dict[str, dict[str, Measured]] = Field(default={})
    """Device -> workload's key -> what a step takes."""

    def find(self, workload: Workload) -> tuple[Workload, Measured]:
        """Return a workload as the latest device runs it, and what a step takes there.

        Raises
        ------
        EstimateError
            If it was not measured there.
        """
        workload = workload.on_gpu() if self.gpu else workload
        found = self.measured.get(self.device, {}).get(workload_key(workload))
        if found is None:
            raise EstimateError(
                f"the pilot on {self.device or 'no device'} did not measure {workload_key(workload)}. "
                "Run it again: snakemake estimate --forcerun pilot"
            )
        return workload, found


def workload_key(workload: Workload) -> str:
    """Return a text that is the same for workloads whose steps are alike."""
    return f"{'training' if workload.learns else 'forward'} {workload.batch} {workload.network.key}"


def read_pilot(path: Path) -> Pilot:
    """Return what was measured before; nothing where there is no file.

    Raises
    ------
    EstimateError
        If the file is damaged.
    """
    if not path.exists():
        return Pilot()
    try:
        return Pilot.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, ValidationError) as error:
        raise EstimateError(
            f"{path}: this is no file of a pilot ({first_line(error)}). Delete it and run snakemake again."
        ) from None
