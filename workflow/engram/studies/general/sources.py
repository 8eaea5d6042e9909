"""Train a source encoder on its data set; check one that is imported."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch

from engram.config import EncoderSettings, GeneralSettings, Settings
from engram.core.errors import TrainingError
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.data.held_out import held_out_images
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.models.backbone_files import Backbone, save_backbone
from engram.models.inputs import FaceInputs
from engram.studies.general.encoders import open_encoder
from engram.training.batches import ImageBatches, plain_batches
from engram.training.checkpoints import Checkpoint, State
from engram.training.device import Device, choose_device
from engram.training.labelled_faces import Part, Subset
from engram.training.loop import fit
from engram.training.tasks import LabelSet, SolvingTask

__all__ = ["check_encoder", "train_encoder"]


def train_encoder(name: str, settings: Settings, layout: Layout, *, threads: int, code: str) -> None:
    """Train encoder ``name`` and write its model and record.

    The expensive network learns its task once, with the first of the settings' seeds.

    Parameters
    ----------
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If its faces, labels or settings do not fit together, or its loss diverges.
    """
    started = time.perf_counter()
    job = _Job.open(name, settings, layout, threads)
    record = _record(job, code)
    team, scratch = job.device.team, layout.scratch(f"encoder/{name}", job.seed)
    checkpoint = Checkpoint(scratch, record.fingerprint(), settings.compute.checkpoint_seconds, team)
    labels, training, validation = job.subsets()
    backbone = job.backbone(labels)
    prepared = time.perf_counter()
    state = _fit(job, backbone, labels, training, validation, checkpoint)
    trained = time.perf_counter()
    record.history = state.history
    record.metrics = {
        **state.best(),
        "training_faces": len(training),
        "validation_faces": len(validation),
        "parameters": sum(parameter.numel() for parameter in backbone.network.backbone.parameters()),
    }
    record.timings = {"prepare": prepared - started, "train": trained - prepared}
    if team.leads:
        save_backbone(layout.encoder(name) / "model.safetensors", backbone)
        write_record(layout.encoder(name) / "record.json", record)
    checkpoint.remove()


@dataclass(frozen=True)
class _Job:
    """What an encoder's training reads."""

    name: str
    settings: Settings
    device: Device
    store: FaceStore
    split: Split

    @classmethod
    def open(cls, name: str, settings: Settings, layout: Layout, threads: int) -> _Job:
        dataset = settings.general.encoders[name].dataset
        store = FaceStore.open(layout.faces(dataset, GENERAL_CROP))
        return cls(
            name,
            settings,
            choose_device(settings.compute, threads),
            store,
            read_split(layout.split(dataset), len(store.faces)),
        )

    @property
    def general(self) -> GeneralSettings:
        return self.settings.general

    @property
    def encoder(self) -> EncoderSettings:
        return self.general.encoders[self.name]

    @property
    def seed(self) -> int:
        return self.settings.seeds[0]

    @property
    def stream(self) -> int:
        """The seed of everything random in it."""
        return derive_seed(self.seed, "encoder", self.name)

    @property
    def inputs(self) -> FaceInputs:
        return FaceInputs(self.encoder.size, self.encoder.colour)

    def backbone(self, labels: LabelSet) -> Backbone:
        """Return the network with random weights."""
        torch.manual_seed(derive_seed(self.stream, "weights"))
        head = self.general.head
        shape = {
            "architecture": self.encoder.architecture,
            "embedding": self.encoder.embedding,
            "width": self.encoder.width,
            "head": {"hidden": head.hidden, "outputs": labels.outputs, "dropout": head.dropout},
            "normalised": False,
        }
        return Backbone.build(shape, self.inputs, labels.header())

    def subsets(self) -> tuple[LabelSet, Subset, Subset]:
        """Return what the head's outputs mean, and the training and validation faces."""
        # A face that was not detected teaches nothing.
        training, validation = (
            self.store.detected_rows(self.split, subset) for subset in ("train", "validation")
        )
        if self.encoder.task == "identity":
            subjects = self.store.index["subject"].iloc[training]
            held_out = held_out_images(subjects, derive_seed(self.stream, "held out"))
            training, validation = training[~held_out], training[held_out]
        labels = LabelSet.of(self.encoder.task, self.store.index.iloc[training])
        return labels, self._subset(labels, training, "train"), self._subset(labels, validation, "validation")

    def _subset(self, labels: LabelSet, rows: np.ndarray, subset: str) -> Subset:
        targets = labels.targets(self.store.index.iloc[rows])
        usable = labels.labelled(targets)
        if not usable.any():
            raise TrainingError(
                f"encoder '{self.name}': no detected {subset} face of data set '{self.encoder.dataset}' "
                f"has a label of '{self.encoder.task}'. Look at its split and its detection."
            )
        return Subset([Part(self.store.faces, rows[usable], targets[usable])])


def _fit(
    job: _Job,
    backbone: Backbone,
    labels: LabelSet,
    training: Subset,
    validation: Subset,
    checkpoint: Checkpoint,
) -> State:
    chosen, team = job.encoder.training, job.device.team
    return fit(
        SolvingTask(job.device.place(backbone.network), labels),
        ImageBatches(training, chosen.batch_size, job.general.augment, job.stream, job.inputs, team),
        lambda: plain_batches(validation, job.inputs, team),
        chosen,
        device=job.device,
        seed=job.stream,
        checkpoint=checkpoint,
        title=f"encoder {job.name} (seed {job.seed})",
    )


def _record(job: _Job, code: str) -> Record:
    return Record(
        kind="encoder",
        name=job.name,
        seed=job.seed,
        settings={
            "encoder": job.encoder.model_dump(mode="json"),
            "head": job.general.head.model_dump(mode="json", include={"hidden", "dropout"}),
            "augment": job.general.augment.model_dump(mode="json"),
        },
        code=code,
        data={job.encoder.dataset: job.store.hash},
        splits={job.encoder.dataset: job.split.hash},
        environment=job.device.environment(),
    )


def check_encoder(name: str, settings: Settings, layout: Layout, *, threads: int, code: str) -> None:
    """Load an imported encoder, which tries it on blank faces, and write its record.

    Parameters are those of :func:`train_encoder`.

    Raises
    ------
    EngramError
        If the file is not what the settings say, or gives no embedding.
    """
    started = time.perf_counter()
    device = choose_device(settings.compute, threads)
    encoder = open_encoder(name, settings, layout, device)
    record = Record(
        kind="encoder",
        name=name,
        settings={"encoder": settings.general.encoders[name].model_dump(mode="json")},
        code=code,
        inputs=encoder.files,
        environment=device.environment(),
        timings={"check": time.perf_counter() - started},
        metrics={"embedding": encoder.embedding},
    )
    write_record(layout.encoder(name) / "record.json", record)
