"""The record: what a job did, with what, and what came out. Tables and tracking read nothing else.

A record's ``timings`` and ``environment`` differ between runs; everything else, and every
file beside it, is the same for the same seed on the same machine.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from engram.core.errors import RecordError
from engram.core.files import file_hash, text_hash, write_json
from engram.core.reading import first_line, read_json

__all__ = ["HARDWARE", "Record", "environment", "input_hashes", "read_record", "write_record"]

#: What an environment says of the hardware: models of processor and GPU.
HARDWARE = ("processor", "gpu")


class Record(BaseModel):
    """One job's record, as `record.json` holds it."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal[
        "faces",
        "text",
        "training",
        "evaluation",
        "encoder",
        "embeddings",
        "fusion",
        "student",
        "representations",
        "transfer",
        "selection",
        "views",
        "export",
    ]
    name: str
    """What was made: a data set's name, a lineage, an operator, ``task/method``, ..."""
    seed: int | None = None
    settings: dict[str, Any]
    """The settings that the job saw."""
    code: str
    """SHA-256 over the source files that the job can reach."""
    data: dict[str, str] = {}
    """Data set -> SHA-256 of its stored faces or text."""
    splits: dict[str, str] = {}
    """Data set -> SHA-256 of its split."""
    folds: dict[str, int] = {}
    """Data set with folds -> the fold whose subsets the job read."""
    parent: str | None = None
    """SHA-256 of the model that training started from."""
    inputs: dict[str, str] = {}
    """Other files that the job read -> their SHA-256."""
    environment: dict[str, str]
    """Versions, hardware and the number format used."""
    timings: dict[str, float] = {}
    """Seconds by part of the job."""
    metrics: dict[str, float] = {}
    history: list[dict[str, float]] = []
    """One entry an epoch: epoch, training loss, validation loss and accuracy."""
    candidates: list[dict[str, float]] = []
    """Where a recipe lists values: one entry a combination, with the values, the accuracy on the validation
    subset of each data set, their mean as ``criterion``, and ``chosen``, 1 for the one that is kept."""
    curves: list[dict[str, float]] = []
    """Of a model that adapts another, one entry an epoch, 0 before training: the accuracy (0 to 1) on the
    validation subset of each data set that its lineage has seen, by the data set's name."""

    def fingerprint(self) -> str:
        """Hash all that it says but the hardware. Taken before a run, it is what the run depends on: a
        checkpoint under another fingerprint is another run's. It checks by itself whose hardware it is of.
        """
        said = self.model_dump(mode="json")
        said["environment"] = {key: value for key, value in self.environment.items() if key not in HARDWARE}
        return text_hash(json.dumps(said, sort_keys=True))


def environment(*packages: str, **more: str) -> dict[str, str]:
    """Return the versions of Python and ``packages``, the machine's kind, and what else is given."""
    found = {package: version(package) for package in packages}
    return {"python": platform.python_version(), "machine": platform.machine(), **found, **more}


def input_hashes(files: Sequence[str | Path], results: str | Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a job read, by its path below the results.

    A file that lies elsewhere, such as an imported encoder, goes by its name alone.
    """
    return {_relative_name(Path(path), Path(results)): file_hash(path) for path in files}


def _relative_name(path: Path, results: Path) -> str:
    return path.relative_to(results).as_posix() if path.is_relative_to(results) else path.name


def write_record(path: str | Path, record: Record) -> None:
    """Write ``record`` to ``path`` atomically, as JSON with sorted keys."""
    write_json(path, record.model_dump(mode="json"))


def read_record(path: str | Path) -> Record:
    """Read and validate a record.

    Raises
    ------
    RecordError
        If the file is missing, is not JSON or has other fields.
    """
    again = "Delete its folder and run snakemake again."
    content = read_json(Path(path), RecordError, again)
    try:
        return Record.model_validate(content)
    except ValidationError as error:
        raise RecordError(f"{path}: this is no record ({first_line(error)}). {again}") from None
