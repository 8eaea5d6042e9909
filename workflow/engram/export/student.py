"""Export the student: in every format, with a card, after a check that all formats agree."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engram.config import ComputeSettings
from engram.core.errors import RecordError, StoreError
from engram.core.files import file_hash, write_json, write_text
from engram.core.records import Record, environment, read_record, write_record
from engram.data.images.store import FaceStore
from engram.export.card import student_card
from engram.export.formats import TOLERANCE, compare_forms, write_forms
from engram.export.jobs import ExportParams
from engram.export.preprocessing import PREPROCESSING, InputSteps, Preprocessing
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.methods import MAIN_STUDENT
from engram.training.device import choose_device

__all__ = ["best_student", "export_student"]

#: Faces that all formats must embed alike.
_CHECKED = 32


def export_student(
    inputs: NamedFiles, outputs: NamedFiles, params: ExportParams, *, threads: int, code: str
) -> None:
    """Write the best student in every format, with its card and the check.

    All formats must give the same embeddings of the first target data set's faces, or the job fails and
    Snakemake removes what it wrote.

    Parameters
    ----------
    inputs, outputs
        Those of `engram.export.jobs.export_spec`.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If a record or the faces are missing, or a format's embeddings are others than the student's.
    """
    started = time.perf_counter()
    choose_device(ComputeSettings(device="cpu", precision="fp32"), threads)
    source, chosen = best_student(inputs)
    folder = Path(outputs.files[0]).parent
    (folder / "record.json").unlink(missing_ok=True)  # without it the export is unfinished
    backbone = write_forms(folder, source)
    store, faces = _checked_faces(inputs)
    differences = compare_forms(folder, source, backbone.inputs(faces), threads)
    forms = {form: _describe(folder / form, difference) for form, difference in differences.items()}
    check = {"dataset": params.checked, "faces": len(faces), "tolerance": TOLERANCE, "forms": forms}
    write_json(folder / "check.json", check)
    steps = InputSteps(**asdict(backbone.inputs))
    preprocessing = Preprocessing.from_params(params, steps, backbone.settings["embedding"])
    preprocessing.write(folder / PREPROCESSING)
    parameters = sum(value.numel() for value in backbone.network.backbone.parameters())
    card = student_card(inputs, params, chosen, preprocessing, parameters, check)
    write_text(folder / "README.md", card)
    record = Record(
        kind="export",
        name=MAIN_STUDENT.kind,
        seed=chosen.seed,
        settings={"preprocessing": preprocessing.model_dump(mode="json")},
        code=code,
        data={params.checked: store.hash},
        inputs={source.relative_to(params.results).as_posix(): file_hash(source)},
        environment=environment("torch", "onnxruntime", "numpy", threads=str(torch.get_num_threads())),
        timings={"export": time.perf_counter() - started},
        metrics={
            "parameters": float(parameters),
            **{f"difference/{name}": difference for name, difference in differences.items()},
        },
    )
    write_record(folder / "record.json", record)


def _describe(path: Path, difference: float) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": file_hash(path), "difference": difference}


def best_student(inputs: NamedFiles) -> tuple[Path, Record]:
    """Return file and record of the student with the best validation score; of equals the first seed's.

    Raises
    ------
    RecordError
        If a record is missing or has no score.
    """
    records = list(map(read_record, inputs.records))
    for path, record in zip(inputs.records, records, strict=True):
        if "best_validation_score" not in record.metrics:
            raise RecordError(
                f"{path}: there is no best_validation_score in it. Delete its folder and run snakemake again."
            )
    found = zip(map(Path, inputs.students), records, strict=True)
    return max(found, key=lambda student: student[1].metrics["best_validation_score"])


def _checked_faces(inputs: NamedFiles) -> tuple[FaceStore, np.ndarray]:
    """Return the first target's store and some of its faces, (N, H, W, 3) uint8, N > 2."""
    store = FaceStore.load(Path(inputs.faces[0]).parent)
    rows = np.flatnonzero(store.index["detected"])[:_CHECKED]
    if len(rows) < 3:
        raise StoreError(
            f"{store.folder}: {len(rows)} faces were detected, and the formats of the student are compared "
            "on at least 3. Look at the detection table."
        )
    return store, np.asarray(store.faces[rows])
