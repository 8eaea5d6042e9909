"""Train a source encoder on its data set; check one that is imported."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engram.core.arrays import sized
from engram.core.errors import TrainingError
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.data.held_out import held_out_images
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.models.backbone_files import Backbone, count_parameters, save_backbone
from engram.models.inputs import FaceInputs
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.encoders.inputs import load_store
from engram.studies.general.encoders.loading import load_encoder
from engram.studies.general.jobs.pipeline_params import CheckParams, EncoderParams
from engram.training.batches import ImageBatches, plain_batches
from engram.training.checkpoints import Checkpoint, State
from engram.training.device import Device, choose_device
from engram.training.distributed import is_main
from engram.training.labelled_faces import Part, Subset
from engram.training.loop import fit
from engram.training.tasks import LabelSet, SolvingTask

__all__ = ["check_encoder", "train_encoder"]


def train_encoder(
    inputs: NamedFiles, outputs: NamedFiles, params: EncoderParams, *, threads: int, code: str
) -> None:
    """Train a source encoder and write its model and record.

    There is one of each encoder in a run, trained with its own seed or the first of the run's.

    Parameters
    ----------
    inputs
        ``faces`` and ``split`` of its data set.
    outputs
        ``model`` and ``record``.
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
    job = _EncoderJob.load(inputs, params, choose_device(params.compute, threads))
    record = _record(job, code)
    scratch = params.scratch(f"encoder/{params.name}", params.seed)
    checkpoint = Checkpoint(scratch, record.fingerprint(), params.compute.checkpoint_seconds)
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
        "parameters": count_parameters(backbone.network.backbone),
    }
    record.timings = {"prepare": prepared - started, "train": trained - prepared}
    if is_main():
        save_backbone(Path(outputs.model), backbone)
        write_record(outputs.record, record)
    checkpoint.remove()


@dataclass(frozen=True)
class _EncoderJob:
    """What an encoder's training reads."""

    params: EncoderParams
    device: Device
    store: FaceStore
    split: Split

    @classmethod
    def load(cls, inputs: NamedFiles, params: EncoderParams, device: Device) -> _EncoderJob:
        store = load_store(inputs.faces)
        return cls(params, device, store, read_split(inputs.split, len(store.faces)))

    @property
    def stream(self) -> int:
        """The seed of everything random in it."""
        return derive_seed(self.params.seed, "encoder", self.params.name)

    @property
    def inputs(self) -> FaceInputs:
        return FaceInputs(self.params.encoder.size, self.params.encoder.colour)

    def backbone(self, labels: LabelSet) -> Backbone:
        """Return the network with random weights."""
        torch.manual_seed(derive_seed(self.stream, "weights"))
        encoder, params = self.params.encoder, self.params
        shape = {
            "architecture": encoder.architecture,
            "embedding": encoder.embedding,
            "width": encoder.width,
            "head": {"hidden": params.hidden, "outputs": labels.outputs, "dropout": params.dropout},
            "normalised": False,
        }
        return Backbone.build(shape, self.inputs, labels.header())

    def subsets(self) -> tuple[LabelSet, Subset, Subset]:
        """Return what the head's outputs mean, and the training and validation faces.

        Faces that were not detected are left out. Subjects of the validation subset are not among
        the classes of ``identity``, so that task validates on other images of the training subjects.
        """
        task = self.params.encoder.tasks[0]
        training, validation = (
            self.store.detected_rows(self.split, subset) for subset in ("train", "validation")
        )
        if task == "identity":
            subjects = self.store.index["subject"].iloc[training]
            held_out = held_out_images(subjects, derive_seed(self.stream, "held out"))
            training, validation = training[~held_out], training[held_out]
        labels = LabelSet.from_rows(task, self.store.index.iloc[training])
        return labels, self._subset(labels, training, "train"), self._subset(labels, validation, "validation")

    def _subset(self, labels: LabelSet, rows: np.ndarray, subset: str) -> Subset:
        targets = labels.targets(self.store.index.iloc[rows])
        usable = labels.labelled(targets)
        if not usable.any():
            encoder = self.params.encoder
            raise TrainingError(
                f"encoder '{self.params.name}': no detected {subset} face of data set '{encoder.dataset}' "
                f"has a label of '{encoder.knows}'. Look at its split and its detection."
            )
        faces = sized(self.store.faces, self.params.encoder.size)
        return Subset([Part(faces, rows[usable], targets[usable])])


def _fit(
    job: _EncoderJob,
    backbone: Backbone,
    labels: LabelSet,
    training: Subset,
    validation: Subset,
    checkpoint: Checkpoint,
) -> State:
    params, recipe = job.params, job.params.encoder.training
    return fit(
        SolvingTask(job.device.place(backbone.network), labels),
        ImageBatches(training, recipe.batch_size, params.augment, job.stream, job.inputs),
        lambda: plain_batches(validation, job.inputs),
        recipe,
        device=job.device,
        seed=job.stream,
        checkpoint=checkpoint,
        title=f"encoder {params.name} (seed {params.seed})",
    )


def _record(job: _EncoderJob, code: str) -> Record:
    params = job.params
    return Record(
        kind="encoder",
        name=params.name,
        seed=params.seed,
        settings={
            "encoder": params.encoder.model_dump(mode="json"),
            "head": {"hidden": params.hidden, "dropout": params.dropout},
            "augment": params.augment.model_dump(mode="json"),
        },
        code=code,
        data={params.encoder.dataset: job.store.hash},
        splits={params.encoder.dataset: job.split.hash},
        environment=job.device.environment(),
    )


def check_encoder(
    inputs: NamedFiles, outputs: NamedFiles, params: CheckParams, *, threads: int, code: str
) -> None:
    """Load an imported encoder, which tries it on blank faces, and write its record.

    ``inputs`` is its ``file``, a list of one, ``outputs`` the ``record``; the others are those of
    :func:`train_encoder`.

    Raises
    ------
    EngramError
        If the file is not what the settings say, or gives no embedding.
    """
    started = time.perf_counter()
    device = choose_device(params.compute, threads)
    # By the settings: `inputs.file` is empty where the file has gone, which loading says.
    assert params.encoder.imported is not None, "the rule is for imported encoders"
    file = params.encoder.imported.path
    encoder = load_encoder(params.name, params.encoder, file, params.results, device)
    parameters = encoder.parameters
    record = Record(
        kind="encoder",
        name=params.name,
        settings={"encoder": params.encoder.model_dump(mode="json")},
        code=code,
        inputs=encoder.files,
        environment=device.environment(),
        timings={"check": time.perf_counter() - started},
        metrics={"embedding": encoder.embedding} | ({"parameters": parameters} if parameters else {}),
    )
    write_record(outputs.record, record)
