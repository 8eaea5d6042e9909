"""Everything that an evidence job of the general study needs, read when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from engram.config import GeneralSettings, Settings
from engram.core.errors import ConfigurationError, DataMissingError, PredictionsError
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.reading import read_table
from engram.core.records import Record, read_record
from engram.reporting.shown_faces import ShownFaces, open_faces
from engram.statistics.intervals import Scores, bootstrap
from engram.studies.general.methods import SELECTED
from engram.studies.general.outcomes import Outcome, read_outcome
from engram.studies.general.plan import (
    GeneralTask,
    finetune_methods,
    general_datasets,
    general_tasks,
    operators,
    prediction_folders,
    probe_methods,
)

__all__ = ["AVERAGE", "GeneralEvidence", "collect_general"]

#: The mean over encoders of a reconstruction's errors.
AVERAGE = "average"
_SCORES = ("method", "subset", "validation", "test", "seconds", "seed")


@dataclass(frozen=True)
class GeneralEvidence:
    """A run's settings and what the general study's jobs left, each part read once and only if used."""

    settings: Settings
    layout: Layout

    @cached_property
    def general(self) -> GeneralSettings:
        """The study's settings."""
        if self.settings.general is None:
            raise ConfigurationError("'general' is missing: the configuration leaves the general study out.")
        return self.settings.general

    @cached_property
    def datasets(self) -> list[str]:
        """The data sets in use, sorted."""
        return general_datasets(self.settings)

    @cached_property
    def targets(self) -> list[GeneralTask]:
        """The target knowledge, in the order of tables."""
        return [item for item in general_tasks(self.general) if item.role == "target"]

    @cached_property
    def sources(self) -> list[GeneralTask]:
        """The source knowledge that can be tested, in the order of tables."""
        return [item for item in general_tasks(self.general) if item.role == "source"]

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """How every approach did on each piece of knowledge, by its name."""
        return {item.name: self._read_outcome(item) for item in (*self.targets, *self.sources)}

    @cached_property
    def scores(self) -> dict[str, Scores]:
        """The metric of every approach on each piece of knowledge, with paired draws."""
        return {
            name: self.bootstrap(found.approaches, found.values, found.subjects, found.knowledge.dataset)
            for name, found in self.outcomes.items()
        }

    @cached_property
    def reconstruction(self) -> dict[str, Scores]:
        """Normalised RMSE by encoder, and their `AVERAGE`; the models are operators and students."""
        files = self._reconstruction_files()
        frame = pd.concat([self._read_errors(path) for path in files], ignore_index=True)
        names = tuple(dict.fromkeys(frame["operator"]))
        shape = (len(names), len(self.settings.seeds), -1)
        places = {name: place for place, name in enumerate(names)}
        frame = frame.sort_values(["seed", "row"], kind="stable")
        frame = frame.sort_values("operator", key=lambda column: column.map(places), kind="stable")
        if len(frame) != len(names) * len(self.settings.seeds) * frame["row"].nunique():
            raise PredictionsError(
                f"{self.layout.general}: operators were tested on different faces or seeds. Delete the "
                "folders fusion and students and run snakemake again."
            )
        subjects = frame["subject"].to_numpy(str).reshape(shape)[0, 0]
        found = {
            encoder: self.bootstrap(
                names, frame[encoder].to_numpy().reshape(shape), subjects, self.general.unsupervised
            ).map(np.sqrt)
            for encoder in self.general.encoders
        }
        every = list(found.values())
        value, draws = (np.mean([getattr(one, part) for one in every], axis=0) for part in ("value", "draws"))
        return {**found, AVERAGE: Scores(names, value, draws, every[0].tail)}

    @cached_property
    def reconstructed(self) -> tuple[int, int]:
        """The number of faces, and of their persons, on which reconstruction was tested."""
        frame = self._read_errors(self._reconstruction_files()[0])
        return len(frame), frame["subject"].nunique()

    @cached_property
    def selection(self) -> dict[str, pd.DataFrame]:
        """The scores of every subset of encoders by every method, for each target knowledge."""
        return {
            item.name: _read_table(self.layout.selection(item.name) / "scores.parquet", _SCORES)
            for item in self.targets
        }

    @cached_property
    def preparation(self) -> dict[str, Record]:
        """The record of each data set's faces."""
        return {name: read_record(self.layout.faces_record(name, GENERAL_CROP)) for name in self.datasets}

    @cached_property
    def encoders(self) -> dict[str, Record]:
        """The record of each source encoder."""
        return {
            name: read_record(self.layout.encoder(name) / "record.json") for name in self.general.encoders
        }

    def index(self, dataset: str) -> pd.DataFrame:
        """Return what is known of a data set's faces, a row a face: its labels, ``subject``, ``detected``."""
        path = self.layout.faces(dataset, GENERAL_CROP) / "index.parquet"
        return _read_table(path, ("image", "subject", "detected"))

    def faces(self, dataset: str) -> np.ndarray | ShownFaces:
        """Return a data set's stored faces, or of published results those that figures show."""
        return open_faces(self.layout, self.layout.faces(dataset, GENERAL_CROP))

    def view(self, name: str) -> pd.DataFrame:
        """Return ``neighbours`` or ``map``: what the figures of the fused embedding show."""
        return _read_table(self.layout.views / f"{name}.parquet", ("dataset", "row"))

    def bootstrap(
        self, models: Sequence[str], values: np.ndarray, subjects: np.ndarray, stream: str
    ) -> Scores:
        """Return the mean of ``values`` (M, S, N) with draws, as the settings say."""
        chosen = self.settings.evidence
        return bootstrap(models, values, subjects, stream, chosen.resamples, chosen.confidence)

    def _read_outcome(self, item: GeneralTask) -> Outcome:
        methods = [*probe_methods(self.general, item), *finetune_methods(self.general, item)]
        chosen = list(SELECTED) if item.role == "target" else []
        folders = [self.layout.transfer(item.name, name) for name in prediction_folders(self.general, item)]
        folders += [self.layout.selection(item.name)] if chosen else []
        files = [folder / "predictions.parquet" for folder in folders]
        return read_outcome(item, files, [*(method.name for method in methods), *chosen], self.settings.seeds)

    def _read_errors(self, path: Path) -> pd.DataFrame:
        return _read_table(path, ("row", "subject", "operator", "seed", *self.general.encoders))

    def _reconstruction_files(self) -> list[Path]:
        folders = [
            self.layout.fusion(name, seed) for name in operators(self.general) for seed in self.settings.seeds
        ]
        folders += [
            self.layout.student(kind, seed) for kind in self.general.students for seed in self.settings.seeds
        ]
        return [folder / "reconstruction.parquet" for folder in folders]


def collect_general(settings: Settings, results: str | Path) -> GeneralEvidence:
    """Return the evidence of a run's general study; ``results`` is the folder of all that was made."""
    return GeneralEvidence(settings, Layout(Path(results)))


def _read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    return read_table(path, DataMissingError, columns)
