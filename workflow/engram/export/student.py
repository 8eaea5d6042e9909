"""The student for others: in every format, with a card, after proof that the formats agree."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engram.config import ComputeSettings, Settings
from engram.core.errors import RecordError, StoreError
from engram.core.files import atomic_path, file_hash, write_json, write_text
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, environment, read_record, write_record
from engram.data.images.store import FaceStore
from engram.export.card import student_card
from engram.export.formats import TOLERANCE, compare_forms, write_forms
from engram.export.preprocessing import PREPROCESSING, InputSteps, Preprocessing
from engram.studies.general.plan import EXPORTED, general_tasks
from engram.training.device import choose_device

__all__ = ["best_student", "export_student"]

#: Faces that all formats must embed alike.
_CHECKED = 32
#: The student that is given to others: the study's own.
_KIND = "unique"


def export_student(settings: Settings, layout: Layout, *, threads: int, code: str) -> None:
    """Write the best student to `layout.export` in every format, with its card and the check.

    Nothing is written there unless all formats give the same embeddings of the first target data
    set's faces.

    Parameters
    ----------
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
    chosen = best_student(settings, layout)
    with _scratch(layout.scratch("export", chosen.seed)) as folder:
        made = _Made.of(chosen, folder, settings, layout, threads)
        write_json(folder / "check.json", made.check)
        made.preprocessing.write(folder / PREPROCESSING)
        card = student_card(settings, layout, chosen, made.preprocessing, made.parameters, made.check)
        write_text(folder / "README.md", card)
        record = _record(made, chosen, code)
        record.timings = {"export": time.perf_counter() - started}
        write_record(folder / "record.json", record)
        _move(folder, layout.export)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give an empty folder and remove it in the end; what a killed job left there goes first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class _Made:
    """What came of one export."""

    source: Path
    """The student's file below the results."""
    hash: str
    """SHA-256 of that file."""
    preprocessing: Preprocessing
    parameters: int
    check: dict[str, Any]
    """``dataset``, ``faces``, ``tolerance`` and for each form ``bytes``, ``sha256``, ``difference``."""
    data: dict[str, str]
    """The data set that was checked on -> hash of its faces."""

    @classmethod
    def of(cls, chosen: Record, folder: Path, settings: Settings, layout: Layout, threads: int) -> _Made:
        """Write the formats to ``folder`` and compare them."""
        source = layout.student(_KIND, chosen.seed) / "model.safetensors"
        backbone = write_forms(folder, source)
        name, store, faces = _checked_faces(settings, layout)
        differences = compare_forms(folder, source, backbone.inputs(faces), threads)
        forms = {form: _describe(folder / form, difference) for form, difference in differences.items()}
        inputs = InputSteps(**asdict(backbone.inputs))
        return cls(
            source.relative_to(layout.root),
            file_hash(source),
            Preprocessing.of(settings, inputs, backbone.settings["embedding"]),
            sum(value.numel() for value in backbone.network.backbone.parameters()),
            {"dataset": name, "faces": len(faces), "tolerance": TOLERANCE, "forms": forms},
            {name: store.hash},
        )


def _describe(path: Path, difference: float) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": file_hash(path), "difference": difference}


def _record(made: _Made, chosen: Record, code: str) -> Record:
    differences = {f"difference/{name}": form["difference"] for name, form in made.check["forms"].items()}
    return Record(
        kind="export",
        name=_KIND,
        seed=chosen.seed,
        settings={"preprocessing": made.preprocessing.model_dump(mode="json")},
        code=code,
        data=made.data,
        inputs={made.source.as_posix(): made.hash},
        environment=environment("torch", "onnxruntime", "numpy", threads=str(torch.get_num_threads())),
        metrics={"parameters": float(made.parameters), **differences},
    )


def best_student(settings: Settings, layout: Layout) -> Record:
    """Return the record of the student with the best validation score; of equals the first seed's.

    Raises
    ------
    RecordError
        If a record is missing or has no score.
    """
    paths = [layout.student(_KIND, seed) / "record.json" for seed in settings.seeds]
    records = [read_record(path) for path in paths]
    for path, record in zip(paths, records, strict=True):
        if "best_validation_score" not in record.metrics:
            raise RecordError(
                f"{path}: there is no best_validation_score in it. Delete its folder and run snakemake again."
            )
    return max(records, key=lambda record: record.metrics["best_validation_score"])


def _checked_faces(settings: Settings, layout: Layout) -> tuple[str, FaceStore, np.ndarray]:
    """Return the first target's data set, its store and some of its faces, (N, H, W, 3) uint8, N > 2."""
    name = general_tasks(settings.general)[0].dataset
    store = FaceStore.open(layout.faces(name, GENERAL_CROP))
    rows = np.flatnonzero(store.index["detected"])[:_CHECKED]
    if len(rows) < 3:
        raise StoreError(
            f"{store.folder}: {len(rows)} faces were detected, and the formats of the student are compared "
            "on 3 at least. Look at the detection table."
        )
    return name, store, np.asarray(store.faces[rows])


def _move(folder: Path, target: Path) -> None:
    """Move the files of ``folder`` to ``target``, the record last: without it the export is unfinished."""
    (target / "record.json").unlink(missing_ok=True)
    for name in EXPORTED:
        with atomic_path(target / name) as temporary:
            shutil.copyfile(folder / name, temporary)
