"""What a job of transfer reads, and what it writes: the same for every approach to a piece of knowledge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from engram.config import GeneralSettings, Settings
from engram.core.errors import ConfigurationError
from engram.core.files import atomic_path, file_hash
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.models.inputs import FaceInputs
from engram.studies.general.plan import GeneralTask, general_tasks
from engram.training.batches import plain_batches
from engram.training.device import Device, choose_device
from engram.training.labelled_faces import Part, Subset

__all__ = ["TransferJob", "write_predictions"]


@dataclass(frozen=True)
class TransferJob:
    """A piece of knowledge with its data set's faces and split."""

    item: GeneralTask
    settings: Settings
    layout: Layout
    device: Device
    store: FaceStore
    split: Split

    @classmethod
    def open(cls, name: str, settings: Settings, layout: Layout, threads: int) -> TransferJob:
        """Open what the approaches to knowledge ``name`` read, and choose device and number format.

        Raises
        ------
        ConfigurationError
            If the settings have no such knowledge.
        """
        known = {item.name: item for item in general_tasks(settings.general)} if settings.general else {}
        if name not in known:
            raise ConfigurationError(f"there is no knowledge '{name}'. Known: {', '.join(known) or 'none'}.")
        item = known[name]
        store = FaceStore.open(layout.faces(item.dataset, GENERAL_CROP))
        return cls(
            item,
            settings,
            layout,
            choose_device(settings.compute, threads),
            store,
            read_split(layout.split(item.dataset), len(store.faces)),
        )

    @property
    def general(self) -> GeneralSettings:
        """The study's settings."""
        return self.settings.general

    @property
    def index(self) -> pd.DataFrame:
        """The data set's index, a row a face."""
        return self.store.index

    @property
    def detected(self) -> np.ndarray:
        """(N,) whether each face was detected."""
        return self.store.detected

    def stream(self, seed: int, fold: int) -> int:
        """Return the seed of what is random in a fold; the same for all approaches, to compare them."""
        return derive_seed(seed, "transfer", self.item.name, fold)

    def filled(self, rows: np.ndarray, width: int, outputs: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return (B, width) float32: what ``outputs`` gives for the detected of ``rows`` (B,), else zeros."""
        found = self.detected[rows]
        values = np.zeros((len(rows), width), np.float32)
        if found.any():
            values[found] = outputs(rows[found])
        return values

    def run(self, network: Callable[[Tensor], Tensor], inputs: FaceInputs, rows: np.ndarray) -> np.ndarray:
        """Return what a network gives for the stored faces ``rows`` (B,), at least one; (B, O) float32."""
        faces = Subset([Part(self.store.faces, rows, np.zeros(len(rows), np.int64))])
        with torch.inference_mode(), self.device.autocast():
            parts = [
                network(self.device.send(images)).float().cpu() for images, _ in plain_batches(faces, inputs)
            ]
        return torch.cat(parts).numpy()

    def record(
        self, name: str, settings: dict[str, Any], inputs: list[Path], code: str, kind: str = "transfer"
    ) -> Record:
        """Return the record of what a job does, still without timings and metrics.

        Parameters
        ----------
        name
            The knowledge's name, with that of the approach where the job is about one.
        settings
            The settings that it depends on besides knowledge and seeds.
        inputs
            Other files that it reads.
        """
        item = self.item
        return Record(
            kind=kind,
            name=name,
            settings={
                "dataset": item.dataset,
                "task": item.task,
                "protocol": item.protocol,
                "pairs": item.pairs if item.protocol == "pairs" else None,
                "seeds": self.settings.seeds,
                **settings,
            },
            code=code,
            data={item.dataset: self.store.hash},
            splits={item.dataset: self.split.hash},
            inputs={self._name_of(path): file_hash(path) for path in inputs},
            environment=self.device.environment(),
        )

    def _name_of(self, path: Path) -> str:
        inside = path.is_relative_to(self.layout.root)
        return path.relative_to(self.layout.root).as_posix() if inside else path.name

    def write(self, approach: str, frames: list[pd.DataFrame], record: Record) -> None:
        """Write predictions and record to the approach's folder."""
        folder = self.layout.transfer(self.item.name, approach)
        predictions = write_predictions(folder, frames)
        units = predictions[["fold", "row"]].drop_duplicates()
        record.metrics |= {
            "units": float(len(units)),
            "folds": float(units["fold"].nunique()),
            "undetected": float((~predictions["detected"]).sum() / len(predictions)),
        }
        write_record(folder / "record.json", record)


def write_predictions(folder: Path, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Write ``predictions.parquet``, what all tasks have first, then what a task adds; return it."""
    predictions = pd.concat(frames, ignore_index=True)
    leading = ["approach", "seed", "row", "subject", "detected", "fold"]
    predictions = predictions[leading + [name for name in predictions if name not in leading]]
    with atomic_path(folder / "predictions.parquet") as temporary:
        predictions.to_parquet(temporary, index=False)
    return predictions
