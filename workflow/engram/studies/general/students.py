"""Train a student: the second step of the general model (sections 3.3 and 3.4 of Vielzeuf et al. 2019).

`engram.studies.general.methods.STUDENTS` says what each kind learns. All learn on the unlabelled faces
(D_unsup) and read the source embeddings from the disk: no encoder runs here.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from engram.core.arrays import in_blocks
from engram.core.files import atomic_path
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.models.backbone_files import Backbone, build_student, save_backbone
from engram.models.student_with_decoder import StudentWithDecoder, build_decoder
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.jobs.pipeline_params import StudentParams
from engram.studies.general.student_job import BLOCK, StudentJob, Targets
from engram.training.checkpoints import Checkpoint, State
from engram.training.device import choose_device
from engram.training.distributed import is_main
from engram.training.loop import fit
from engram.training.losses import LOSSES
from engram.training.teachers import DistillationTask

__all__ = ["student_errors", "train_student"]


def train_student(
    inputs: NamedFiles, outputs: NamedFiles, params: StudentParams, *, threads: int, code: str
) -> None:
    """Train a student; write its model, its errors on the test faces, and its record.

    Parameters
    ----------
    inputs
        ``embeddings``, ``faces`` and ``split`` of D_unsup, and the ``operator`` that gives the targets.
    outputs
        ``model``, ``reconstruction`` and ``record``.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If its faces, embeddings or operator are missing or do not fit together, or its loss diverges.
    """
    started = time.perf_counter()
    job = StudentJob.load(inputs, params, choose_device(params.compute, threads))
    record = _record(job, code)
    scratch = params.scratch(f"student/{params.kind}", params.seed)
    checkpoint = Checkpoint(scratch, record.fingerprint(), params.compute.checkpoint_seconds)
    backbone, task = _task(job)
    targets = {subset: job.targets(subset, checkpoint.folder) for subset in ("train", "validation")}
    prepared = time.perf_counter()
    state = _fit(job, task, targets, checkpoint)
    record.history, record.metrics = state.history, state.best()
    record.timings = {"prepare": prepared - started, "train": time.perf_counter() - prepared}
    if is_main():
        _finish(job, backbone, task, targets["train"], record, outputs)
    del targets  # arrays in the folder that goes
    checkpoint.remove()


def _finish(
    job: StudentJob,
    backbone: Backbone,
    task: DistillationTask,
    targets: Targets,
    record: Record,
    outputs: NamedFiles,
) -> None:
    """Measure a trained student on the test faces; write model, errors and record."""
    started = time.perf_counter()
    length = _mean_length(targets, len(job.rows["train"])) if job.student.target == "fused" else 0.0
    errors = student_errors(job, task.network, length)
    save_backbone(Path(outputs.model), backbone)
    with atomic_path(outputs.reconstruction) as temporary:
        errors.to_parquet(temporary, index=False)
    record.metrics |= {**_summary(job, errors), **({"h_g_length": length} if length else {})}
    record.timings["reconstruct"] = time.perf_counter() - started
    write_record(outputs.record, record)


def _task(job: StudentJob) -> tuple[Backbone, DistillationTask]:
    """Return a student with random weights, and its training task with the decoder that goes afterwards."""
    torch.manual_seed(derive_seed(job.stream, "weights"))
    params, sizes = job.params, list(job.encoders.values())
    backbone = build_student(params.layers[-1], width=params.width, size=params.size)
    decoder = build_decoder(job.student.decoder, params.layers, sizes)
    network = job.device.place(StudentWithDecoder(backbone.network, decoder))
    losses = LOSSES[job.student.loss].load("build")(sizes)
    return backbone, DistillationTask(network, losses, params.teacher_dropping)


def _fit(
    job: StudentJob, task: DistillationTask, targets: dict[str, Targets], checkpoint: Checkpoint
) -> State:
    return fit(
        task,
        job.batches("train", targets["train"]),
        job.batches("validation", targets["validation"]).plain,
        job.params.training,
        device=job.device,
        seed=job.stream,
        checkpoint=checkpoint,
        title=f"student {job.params.kind} (seed {job.params.seed})",
    )


def _mean_length(targets: Targets, count: int) -> float:
    """Return the mean Euclidean length of h_G over the training faces."""
    return float(
        sum(np.linalg.norm(targets(chosen), axis=1).sum() for chosen in in_blocks(count, BLOCK)) / count
    )


def student_errors(job: StudentJob, network: nn.Module, length: float) -> pd.DataFrame:
    """Return each test face's mean squared error of every standardised source embedding.

    Parameters
    ----------
    network
        The student with its decoder.
    length
        For a student that learns h_G by the cosine: the mean length of h_G. The cosine leaves the length of
        the student's embedding free, so it gets this one before the autoencoder decodes it.
    """
    rows = job.rows["test"]
    sizes = np.array(list(job.encoders.values()))
    starts = np.cumsum(sizes) - sizes
    network.eval()
    errors = []
    with torch.inference_mode():
        for inputs, sources in job.batches("test", partial(job.sources, rows)).plain():
            with job.device.autocast():
                outputs = network(job.device.send(inputs)).float().cpu().numpy()
            if job.student.target == "fused":
                scale = length / np.linalg.norm(outputs, axis=1, keepdims=True)
                outputs = job.operator.decode(outputs * scale)
            squares = np.square(outputs - sources.numpy())
            errors.append(np.add.reduceat(squares, starts, axis=1) / sizes)
    found = pd.DataFrame(np.concatenate(errors), columns=list(job.encoders))
    subjects = job.store.index["subject"].astype(str).to_numpy()[rows]
    head = {"row": rows, "subject": subjects, "operator": job.student.network_name, "seed": job.params.seed}
    return pd.concat([pd.DataFrame(head), found], axis=1)


def _summary(job: StudentJob, errors: pd.DataFrame) -> dict[str, float]:
    """Return the numbers of faces and the normalised RMSE of each embedding."""
    rmse = np.sqrt(errors[list(job.encoders)].mean())
    return {
        "training_faces": float(len(job.rows["train"])),
        "validation_faces": float(len(job.rows["validation"])),
        **{f"rmse/{name}": float(value) for name, value in rmse.items()},
        "rmse/average": float(rmse.mean()),
    }


def _record(job: StudentJob, code: str) -> Record:
    params = job.params
    chosen = {"width", "size", "teacher_dropping", "training"}
    return Record(
        kind="student",
        name=params.kind,
        seed=params.seed,
        settings={
            "student": params.model_dump(mode="json", include=chosen),
            "augment": params.augment.model_dump(mode="json"),
            "encoders": job.encoders,
            "embedding": params.layers[-1],
        },
        code=code,
        data={params.dataset: job.store.hash},
        splits={params.dataset: job.split.hash},
        inputs=job.inputs,
        environment=job.device.environment(),
    )
