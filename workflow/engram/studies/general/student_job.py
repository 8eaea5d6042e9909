"""What a student's training is given: its faces, and what the teachers made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from engram.config import GeneralSettings, Settings
from engram.core.arrays import in_blocks
from engram.core.errors import CheckpointError
from engram.core.files import file_hash
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.reading import open_array
from engram.core.seeds import derive_seed
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.models.fusion_operators import Operator, load_operator
from engram.models.inputs import FaceInputs
from engram.studies.general.embeddings import Embeddings
from engram.studies.general.inputs import detected_rows, source_embeddings
from engram.studies.general.methods import find_student
from engram.studies.general.representation_store import write_array
from engram.training.device import Device, choose_device
from engram.training.distillation import TaughtBatches

__all__ = ["BLOCK", "StudentJob", "Targets"]

#: Positions among a subset's rows (B,) to what is learnt there (B, T) float32.
Targets = Callable[[np.ndarray], np.ndarray]

#: Faces whose targets are computed at once.
BLOCK = 1024


@dataclass(frozen=True)
class StudentJob:
    """What a student's training reads."""

    kind: str
    seed: int
    settings: Settings
    device: Device
    store: FaceStore
    split: Split
    embeddings: Embeddings
    operator: Operator
    inputs: dict[str, str]
    """The operator's file below the results -> its hash."""
    rows: dict[str, np.ndarray]
    """Subset -> its detected faces."""

    @classmethod
    def open(cls, kind: str, seed: int, settings: Settings, layout: Layout, threads: int) -> StudentJob:
        """Open what the student learns from, and choose device and number format."""
        name = settings.general.unsupervised
        store = FaceStore.open(layout.faces(name, GENERAL_CROP))
        split = read_split(layout.split(name), len(store.faces))
        path = layout.fusion(find_student(kind).operator, seed) / "model.safetensors"
        device = choose_device(settings.compute, threads)
        operator = load_operator(path, _sizes(settings.general))
        device.place(operator.module)
        return cls(
            kind,
            seed,
            settings,
            device,
            store,
            split,
            source_embeddings(layout, settings, name, store),
            operator,
            {path.relative_to(layout.root).as_posix(): file_hash(path)},
            {subset: detected_rows(store, split, subset, name) for subset in ("train", "validation", "test")},
        )

    @property
    def general(self) -> GeneralSettings:
        """The study's settings."""
        return self.settings.general

    @property
    def stream(self) -> int:
        """The seed of everything random in it."""
        return derive_seed(self.seed, "student", self.kind)

    @property
    def encoders(self) -> dict[str, int]:
        """Sizes of the source embeddings by name."""
        return _sizes(self.general)

    def sources(self, rows: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Return the standardised source embeddings of ``rows[chosen]``, (B, T) float32."""
        return self.operator.standardise(self.embeddings.rows(rows[chosen]))

    def targets(self, subset: str, scratch: Path) -> Targets:
        """Return what gives the targets (B, T) at positions (B,) among a subset's rows.

        h_G is computed once and kept in ``scratch``, memory-mapped; standardising costs nothing.
        """
        rows = self.rows[subset]
        if self.kind != "unique":
            return partial(self.sources, rows)
        path, team = scratch / f"{subset}.npy", self.device.team
        if team.leads and not path.exists():
            with write_array(path, (len(rows), self.operator.size)) as writer:
                for chosen in in_blocks(len(rows), BLOCK):
                    writer.write(self.operator.encode(self.embeddings.rows(rows[chosen])), chosen[0])
        team.wait()
        return np.asarray(open_array(path, CheckpointError)).__getitem__

    def batches(self, subset: str, targets: Targets) -> TaughtBatches:
        """Return a subset's faces with their targets, augmented or as they are."""
        return TaughtBatches(
            self.store.faces,
            self.rows[subset],
            targets,
            FaceInputs(self.general.student.size),
            batch_size=self.general.student.training.batch_size,
            settings=self.general.augment,
            seed=self.stream,
            team=self.device.team,
        )


def _sizes(general: GeneralSettings) -> dict[str, int]:
    return {name: encoder.embedding for name, encoder in general.encoders.items()}
