"""Settings of how a run computes, judges and shares."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_serializer, model_validator

from engram.config.base import JobParams, Name, Strict

__all__ = [
    "ComputeParams",
    "ComputeSettings",
    "EstimateSettings",
    "EvidenceSettings",
    "PublishingSettings",
    "SizeSettings",
]


class ComputeSettings(Strict):
    """How the computing is done. Threads, memory and time stand in profiles."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` takes a GPU where there is one."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Number format; `auto` takes bfloat16 on GPUs and on processors that are faster with it (AMX, or
    AVX512-BF16 of AMD). Records say which."""
    compile: bool = False
    """Whether networks go through `torch.compile`."""
    seeds_per_job: int = Field(default=1, ge=1)
    """How many seeds of a stage one job trains, one after another: more where jobs are short."""
    job: Literal["stage", "family"] = "stage"
    """What one job trains: a stage, or all stages that continue the same parent by the same recipe."""
    checkpoint_seconds: float = Field(default=60.0, ge=0.0)
    """Least time between two checkpoints of a training job."""
    processes: int = Field(default=1, ge=1)
    """Processes of a job that trains a network, each with a GPU or some of its threads, on one node."""

    @model_validator(mode="after")
    def _compiles_alone(self) -> ComputeSettings:
        if self.compile and self.processes > 1:
            raise ValueError("compile: what several processes train is not compiled; set it to false")
        return self


class ComputeParams(JobParams):
    """Parameters of a job that runs networks."""

    compute: ComputeSettings
    """How it computes. Only the number format goes into a rule's ``params`` and reruns the job, since the
    other fields change no result that is promised; `engram.runtime.job.job` adds them when the job runs."""

    @field_serializer("compute")
    def _only_precision(self, compute: ComputeSettings) -> dict[str, str]:
        return {"precision": compute.precision}


class EvidenceSettings(Strict):
    """Uncertainty and checks."""

    confidence: float = Field(default=0.95, gt=0.5, lt=1.0)
    """Confidence of the intervals and verdicts."""
    margin: float = Field(default=2.0, gt=0.0)
    """How close, in points, a value must stay to be called kept: the margin of tests of equivalence. Set it
    before you see results."""


class PublishingSettings(Strict):
    """Where runs and results are published."""

    mlflow_uri: str = "sqlite:///mlflow.db"
    """Tracking store or server."""
    experiment: str = "engram"
    """MLflow experiment."""
    dvc_remote: str = ".dvcremote"
    """Folder or URL that `snakemake publish` pushes to."""


class SizeSettings(Strict):
    """A data set's size, where the estimate would assume another."""

    images: int = Field(ge=3)
    """Number of images."""
    subjects: int | None = Field(default=None, ge=3)
    """Number of subjects; by default a tenth of the images."""
    validation: int = Field(default=0, ge=0)
    """Images of the owners' validation subset, where the split is theirs."""
    test: int | None = Field(default=None, ge=0)
    """Images of the owners' test subset, where the split is theirs; by default the split's fractions hold."""


class EstimateSettings(Strict):
    """What `snakemake estimate` counts on: it says what a run will take, and changes no result."""

    gpus: int = Field(default=4, ge=0)
    """How many GPUs train at once; with 0 all jobs run on cores."""
    cores: int = Field(default=16, ge=1)
    """How many processor cores run the jobs that use no GPU."""
    job_seconds: float = Field(default=5.0, ge=0.0)
    """Seconds that a cluster adds to each job."""
    datasets: dict[Name, SizeSettings] = Field(default={})
    """Sizes of data sets that have not been read yet, by name."""
