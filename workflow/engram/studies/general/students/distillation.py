"""Train a student: the second step of the general model (sections 3.3 and 3.4 of Vielzeuf et al. 2019).

`engram.studies.general.methods.STUDENTS` says what each kind learns. All learn on the unlabelled faces
(D_unsup) and read the source embeddings from the disk: no encoder runs here.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch

from engram.core.files import atomic_path
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.models.backbone_files import Backbone, build_student, count_parameters, save_backbone
from engram.models.student_with_decoder import StudentWithDecoder, build_decoder
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.fusion.reconstruction import reconstruction_metrics
from engram.studies.general.jobs.pipeline_params import StudentParams
from engram.studies.general.students.student_decoder import student_errors
from engram.studies.general.students.student_job import StudentJob, Targets
from engram.training.checkpoints import Checkpoint, State
from engram.training.device import choose_device
from engram.training.distributed import is_main
from engram.training.loop import fit
from engram.training.losses import LOSSES
from engram.training.teachers import DistillationTask

__all__ = ["train_student"]


def train_student(
    inputs: NamedFiles, outputs: NamedFiles, params: StudentParams, *, threads: int, code: str
) -> None:
    """Train a student; write its model, its errors on the test faces, and its record.

    Parameters
    ----------
    inputs
        ``embeddings``, ``faces`` and ``splits`` of D_unsup, and the ``operator`` that gives the targets.
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
    trained = time.perf_counter()
    errors = student_errors(job, backbone.network, record.fingerprint())
    record.timings = {
        "prepare": prepared - started,
        "train": trained - prepared,
        "reconstruct": time.perf_counter() - trained,
    }
    if is_main():
        record.metrics |= {
            **reconstruction_metrics(errors, job.encoders),
            "training_faces": float(len(job.data.rows["train"])),
            "validation_faces": float(len(job.data.rows["validation"])),
            "parameters": float(count_parameters(backbone.network)),
        }
        save_backbone(Path(outputs.model), backbone)
        with atomic_path(outputs.reconstruction) as temporary:
            errors.to_parquet(temporary, index=False)
        write_record(outputs.record, record)
    del targets  # arrays in the folder that goes
    checkpoint.remove()


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


def _record(job: StudentJob, code: str) -> Record:
    params = job.params
    chosen = {"width", "size", "teacher_dropping", "training", "decoding"}
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
        data=job.data.hashes,
        splits=job.data.splits,
        inputs=job.inputs,
        environment=job.device.environment(),
    )
