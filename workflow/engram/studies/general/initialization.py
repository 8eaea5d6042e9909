"""What a network starts from when all of it is trained on a task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from engram.core.errors import EncoderError, RecordError
from engram.core.reading import read_json
from engram.core.seeds import derive_seed
from engram.models.backbone_files import build_student, load_backbone
from engram.models.heads import Headed, mlp
from engram.models.inputs import FaceInputs
from engram.studies.general.encoders import load_imported_encoder
from engram.studies.general.jobs.pipeline_params import EncoderUse
from engram.studies.general.jobs.task_steps import FinetuneStep
from engram.studies.general.task_job import TaskJob

__all__ = ["Initialization", "Origin", "find_origins", "initialize"]


@dataclass(frozen=True)
class Origin:
    """The model that a network starts from."""

    file: Path | None = None
    """Its file; none for random weights."""
    encoder: str | None = None
    """Its name, if it is a source encoder."""


@dataclass(frozen=True)
class Initialization:
    """A network with a new head, before training."""

    network: Headed
    inputs: FaceInputs
    embedding: int
    """Values of the embedding that the head reads."""


def find_origins(job: TaskJob, step: FinetuneStep, method: str) -> dict[int, Origin]:
    """Return what the networks of a method start from, by seed.

    An encoder is the one that the subset search names; a student is that of the same seed.

    Raises
    ------
    RecordError
        If the choice is missing, damaged, or names no encoder.
    """
    reads, seeds = step.methods[method], job.params.seeds
    if reads == "nothing":
        return dict.fromkeys(seeds, Origin())
    if reads == "encoder":
        encoder = _chosen(_choice_file(job), list(step.encoders))
        files = dict(zip(step.encoders, map(Path, job.inputs.encoders), strict=True))
        return dict.fromkeys(seeds, Origin(files[encoder], encoder))
    students = [name for name, read in step.methods.items() if read == "student"]
    start = students.index(method) * len(seeds)
    files = job.inputs.students[start : start + len(seeds)]
    return {seed: Origin(Path(file)) for seed, file in zip(seeds, files, strict=True)}


def _choice_file(job: TaskJob) -> Path:
    """Return the file with the chosen encoder: an input, or written by this job's own search."""
    if job.inputs.choice:
        return Path(job.inputs.choice[0])
    return next(Path(file) for file in job.outputs.search if Path(file).name == "choice.json")


def _chosen(path: Path, encoders: list[str]) -> str:
    again = "Delete its folder and run snakemake again."
    choice = read_json(path, RecordError, again)
    chosen = choice.get("p_cnn") if isinstance(choice, dict) else None
    if chosen not in encoders:
        raise RecordError(f"{path}: 'p_cnn' names no encoder: {chosen!r}. {again}")
    return chosen


def initialize(origin: Origin, step: FinetuneStep, outputs: int, stream: int) -> Initialization:
    """Return a network that starts from ``origin``, with a new head of ``outputs``.

    Without a file it has the student's architecture and random weights. These are drawn from ``stream``,
    as the head is.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged.
    EncoderError
        If an imported encoder's file is not what the settings say, or it cannot be trained.
    """
    torch.manual_seed(derive_seed(stream, "weights"))
    if origin.encoder is not None and step.encoders[origin.encoder].imported:
        encoder = step.encoders[origin.encoder]
        backbone, inputs = _imported(origin.encoder, encoder)
        return _headed(backbone, encoder.embedding, False, inputs, step, outputs)
    if origin.file is None:
        found = build_student(step.embedding, width=step.width, size=step.size)
    else:
        found = load_backbone(origin.file)
    size, normalised = found.settings["embedding"], found.settings["normalised"]
    return _headed(found.network.backbone, size, normalised, found.inputs, step, outputs)


def _headed(
    backbone: nn.Module, size: int, normalised: bool, inputs: FaceInputs, step: FinetuneStep, outputs: int
) -> Initialization:
    network = Headed(backbone, mlp(size, step.hidden, outputs, step.dropout), normalised=normalised)
    return Initialization(network, inputs, size)


class _Embedding(nn.Module):
    """An imported encoder as a backbone: its forward pass gives the embedding."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Tensor) -> Tensor:
        return self.encoder.embed(images)


def _imported(name: str, chosen: EncoderUse) -> tuple[nn.Module, FaceInputs]:
    if not chosen.imported.trainable:
        raise EncoderError(
            f"encoder '{name}': format '{chosen.imported.format}' cannot be trained; P-CNN needs an encoder "
            "trained here, or a torchvision or timm architecture."
        )
    network, inputs = load_imported_encoder(name, chosen)
    return _Embedding(network.requires_grad_(True)), inputs
