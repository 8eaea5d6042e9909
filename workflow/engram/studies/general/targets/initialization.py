"""What a network starts from when all of it is trained on a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engram.core.errors import EncoderError, RecordError, TrainingError
from engram.core.reading import read_json
from engram.core.seeds import derive_seed
from engram.models.backbone_files import build_student, load_backbone
from engram.models.heads import Headed, mlp
from engram.models.imported import ImportedEncoder
from engram.models.inputs import FaceInputs
from engram.studies.general.encoders.loading import load_imported_encoder
from engram.studies.general.jobs.pipeline_params import EncoderUse
from engram.studies.general.jobs.task_steps import FinetuneStep
from engram.studies.general.targets.left_out_words import LEFT_OUT
from engram.studies.general.targets.protocols import Fold
from engram.studies.general.targets.task_job import TaskJob
from engram.training.heads import Head, train_heads
from engram.training.tasks import LabelSet

__all__ = ["Initialization", "Origin", "find_origins", "initialize", "train_head"]


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
    encoder: EncoderUse | None = None
    """The imported encoder that it is, which may have faces cut out for it."""


def find_origins(
    job: TaskJob, step: FinetuneStep, method: str, folds: Sequence[int]
) -> dict[tuple[int, int], Origin]:
    """Return what the networks of a method start from, by seed and fold.

    An encoder is the one that the subset search names, where one subject is left out the one that it names
    for that fold; a student is that of the same seed.

    Raises
    ------
    RecordError
        If the choice is missing, damaged, or names no encoder.
    TrainingError
        If the subset search has left the task out.
    """
    reads, seeds = step.methods[method], job.params.seeds
    if reads == "nothing":
        return dict.fromkeys(product(seeds, folds), Origin())
    if reads == "encoder":
        encoders = _chosen(_choice_file(job), list(step.encoders), folds)
        files = dict(zip(step.encoders, map(Path, job.inputs.encoders), strict=True))
        return {
            (seed, fold): Origin(files[encoders[fold]], encoders[fold])
            for seed, fold in product(seeds, folds)
        }
    students = [name for name, read in step.methods.items() if read == "student"]
    start = students.index(method) * len(seeds)
    own = dict(zip(seeds, map(Path, job.inputs.students[start : start + len(seeds)]), strict=True))
    return {(seed, fold): Origin(own[seed]) for seed, fold in product(seeds, folds)}


def _choice_file(job: TaskJob) -> Path:
    """Return the file with the chosen encoder: an input, or written by this job's own search."""
    if job.inputs.choice:
        return Path(job.inputs.choice[0])
    return next(Path(file) for file in job.outputs.search if Path(file).name == "choice.json")


def _chosen(path: Path, encoders: list[str], folds: Sequence[int]) -> dict[int, str]:
    """Return the encoder that P-CNN starts from, by fold."""
    again = "Delete its folder and run snakemake again."
    choice = read_json(path, RecordError, again)
    if not isinstance(choice, dict):
        choice = {}
    if reason := choice.get(LEFT_OUT):
        raise TrainingError(reason)
    nested = choice.get("folds")
    chosen: dict[int, str] = {}
    for fold in folds:
        encoder = (choice if nested is None else nested.get(str(fold), {})).get("p_cnn")
        if encoder not in encoders:
            raise RecordError(f"{path}: 'p_cnn' names no encoder: {encoder!r}. {again}")
        chosen[fold] = encoder
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
        return replace(_headed(backbone, encoder.embedding, False, inputs, step, outputs), encoder=encoder)
    if origin.file is None:
        found = build_student(step.embedding, width=step.width, size=step.size)
    else:
        found = load_backbone(origin.file)
    size, normalised = found.settings["embedding"], found.settings["normalised"]
    return _headed(found.network.backbone, size, normalised, found.inputs, step, outputs)


def train_head(
    job: TaskJob, step: FinetuneStep, start: Initialization, labels: LabelSet, fold: Fold, stream: int
) -> None:
    """Train the new head on the frozen embeddings, as a probe is, and give it to the network.

    The probe's standardisation becomes a part of the head's first layer.
    """
    rows = np.concatenate([fold.training, fold.validation])
    inputs = job.run(start.network.eval().embed, start.inputs, rows, job.faces(start.encoder))
    places = np.arange(len(rows))
    head = Head(
        inputs,
        labels,
        labels.targets(job.index.iloc[rows]),
        places[: len(fold.training)],
        places[len(fold.training) :],
        stream,
    )
    (trained,) = train_heads([head], [step.hidden], step.dropout, step.head_training, job.device)
    (first, first_bias), (last, last_bias) = trained.layers
    mean, scale = torch.from_numpy(trained.mean), torch.from_numpy(trained.scale)
    weight = first[0] * scale[:, None]
    values = {
        "0.weight": weight.T,
        "0.bias": first_bias[0, 0] - mean @ weight,
        "3.weight": last[0].T,
        "3.bias": last_bias[0, 0],
    }
    start.network.head.load_state_dict(values)


def _headed(
    backbone: nn.Module, size: int, normalised: bool, inputs: FaceInputs, step: FinetuneStep, outputs: int
) -> Initialization:
    network = Headed(backbone, mlp(size, step.hidden, outputs, step.dropout), normalised=normalised)
    return Initialization(network, inputs, size)


class _Embedding(nn.Module):
    """An imported encoder as a backbone: its forward pass gives the embedding."""

    def __init__(self, encoder: ImportedEncoder) -> None:
        super().__init__()
        self.encoder: ImportedEncoder = encoder

    def forward(self, images: Tensor) -> Tensor:
        return self.encoder.embed(images)


def _imported(name: str, chosen: EncoderUse) -> tuple[nn.Module, FaceInputs]:
    if chosen.imported and not chosen.imported.trainable:
        raise EncoderError(
            f"encoder '{name}': format '{chosen.imported.format}' cannot be trained; P-CNN needs an encoder "
            "trained here, or a torchvision or timm architecture."
        )
    network, inputs = load_imported_encoder(name, chosen)
    return _Embedding(network.requires_grad_(True)), inputs
