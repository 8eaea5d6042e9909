"""Train a student: the second step of the general model (sections 3.3 and 3.4).

`unique` learns the teacher's embedding h_G, `mt` the source embeddings through a decoder in one
step, `unic` the source embeddings through a projector each. All see the unlabelled faces (D_unsup)
and read the teachers' embeddings from the disk: no teacher runs here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from engram.config import Settings
from engram.core.arrays import in_blocks
from engram.core.files import atomic_path
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.models.autoencoders import fully_connected
from engram.models.backbone_files import Backbone, build_student, save_backbone
from engram.models.student_with_decoder import Projectors, StudentWithDecoder
from engram.studies.general.operators import fused_sizes
from engram.studies.general.student_job import BLOCK, StudentJob, Targets
from engram.training.checkpoints import Checkpoint, State
from engram.training.distillation import (
    DistillationTask,
    cosine_loss,
    reconstruction_loss,
    teacher_losses,
)
from engram.training.loop import fit

__all__ = ["student_errors", "train_student", "train_students"]


def train_students(
    kind: str, seeds: Sequence[int], settings: Settings, layout: Layout, *, threads: int, code: str
) -> None:
    """Train the student ``kind`` of each seed; parameters and errors as of `train_student`."""
    for seed in seeds:
        train_student(kind, seed, settings, layout, threads=threads, code=code)


def train_student(
    kind: str, seed: int, settings: Settings, layout: Layout, *, threads: int, code: str
) -> None:
    """Train the student ``kind`` of ``seed``; write model, record and its errors on test faces.

    Parameters
    ----------
    kind
        One of `engram.studies.general.plan.TEACHERS`.
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
    job = StudentJob.open(kind, seed, settings, layout, threads)
    record = _record(job, code)
    team, scratch = job.device.team, layout.scratch(f"student/{kind}", seed)
    checkpoint = Checkpoint(scratch, record.fingerprint(), settings.compute.checkpoint_seconds, team)
    backbone, task = _task(job)
    targets = {subset: job.targets(subset, checkpoint.folder) for subset in ("train", "validation")}
    prepared = time.perf_counter()
    state = _fit(job, task, targets, checkpoint)
    record.history, record.metrics = state.history, state.best()
    record.timings = {"prepare": prepared - started, "train": time.perf_counter() - prepared}
    if team.leads:
        _finish(job, backbone, task, targets["train"], record, layout.student(kind, seed))
    del targets  # arrays in the folder that goes
    checkpoint.remove()


def _finish(
    job: StudentJob,
    backbone: Backbone,
    task: DistillationTask,
    targets: Targets,
    record: Record,
    folder: Path,
) -> None:
    """Measure a trained student on the test faces; write model, errors and record."""
    started = time.perf_counter()
    length = _mean_length(targets, len(job.rows["train"])) if job.kind == "unique" else 0.0
    errors = student_errors(job, task.network, length)
    save_backbone(folder / "model.safetensors", backbone)
    with atomic_path(folder / "reconstruction.parquet") as temporary:
        errors.to_parquet(temporary, index=False)
    record.metrics |= {**_summary(job, errors), **({"h_g_length": length} if length else {})}
    record.timings["reconstruct"] = time.perf_counter() - started
    write_record(folder / "record.json", record)


def _task(job: StudentJob) -> tuple[Backbone, DistillationTask]:
    """Return the student of random weights, and how it learns; what reads it goes after training."""
    torch.manual_seed(derive_seed(job.stream, "weights"))
    backbone = build_student(
        fused_sizes(job.general)[-1], width=job.general.student.width, size=job.general.student.size
    )
    fused, sizes = fused_sizes(job.general), list(job.encoders.values())
    decoder: nn.Module
    losses: Callable[[Tensor, Tensor], Tensor]
    if job.kind == "unique":
        decoder, losses = nn.Identity(), cosine_loss
    elif job.kind == "mt":
        decoder, losses = fully_connected(fused[::-1]), reconstruction_loss
    else:
        decoder, losses = Projectors(fused[-1], sizes), partial(teacher_losses, sizes=sizes)
    pupil = job.device.place(StudentWithDecoder(backbone.network, decoder))
    return backbone, DistillationTask(pupil, losses, job.general.student.teacher_dropping)


def _fit(
    job: StudentJob, task: DistillationTask, targets: dict[str, Targets], checkpoint: Checkpoint
) -> State:
    return fit(
        task,
        job.batches("train", targets["train"]),
        partial(job.batches("validation", targets["validation"]).plain, job.device.team),
        job.general.student.training,
        device=job.device,
        seed=job.stream,
        checkpoint=checkpoint,
        title=f"student {job.kind} (seed {job.seed})",
    )


def _mean_length(targets: Targets, count: int) -> float:
    """Return the mean Euclidean length of h_G over the training faces."""
    return float(
        sum(np.linalg.norm(targets(chosen), axis=1).sum() for chosen in in_blocks(count, BLOCK)) / count
    )


def student_errors(job: StudentJob, pupil: nn.Module, length: float) -> pd.DataFrame:
    """Return each test face's mean squared error of every standardised source embedding.

    Parameters
    ----------
    pupil
        The student with what reads its embedding.
    length
        Of `unique`, the mean length of h_G: a cosine leaves that of the student's embedding free, so it
        gets this one before the autoencoder decodes it.
    """
    rows = job.rows["test"]
    sizes = np.array(list(job.encoders.values()))
    starts = np.cumsum(sizes) - sizes
    pupil.eval()
    errors = []
    with torch.inference_mode():
        for inputs, sources in job.batches("test", partial(job.sources, rows)).plain():
            with job.device.autocast():
                outputs = pupil(job.device.send(inputs)).float().cpu().numpy()
            if job.kind == "unique":
                scale = length / np.linalg.norm(outputs, axis=1, keepdims=True)
                outputs = job.operator.decode(outputs * scale)
            squares = np.square(outputs - sources.numpy())
            errors.append(np.add.reduceat(squares, starts, axis=1) / sizes)
    found = pd.DataFrame(np.concatenate(errors), columns=list(job.encoders))
    subjects = job.store.index["subject"].astype(str).to_numpy()[rows]
    head = {"row": rows, "subject": subjects, "operator": f"E_{job.kind}", "seed": job.seed}
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
    return Record(
        kind="student",
        name=job.kind,
        seed=job.seed,
        settings={
            "student": job.general.student.model_dump(mode="json", exclude={"tuning"}),
            "augment": job.general.augment.model_dump(mode="json"),
            "encoders": job.encoders,
            "embedding": fused_sizes(job.general)[-1],
        },
        code=code,
        data={job.general.unsupervised: job.store.hash},
        splits={job.general.unsupervised: job.split.hash},
        inputs=job.inputs,
        environment=job.device.environment(),
    )
