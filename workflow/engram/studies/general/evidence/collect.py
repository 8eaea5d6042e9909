"""What the jobs of the general study left for its tables, claims and figures, each part read on first use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engram.config import GeneralSettings, Settings
from engram.core.arrays import Faces
from engram.core.errors import DataMissingError
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.reading import read_csv, read_table
from engram.core.records import Record, read_record
from engram.data.images.overlap import OVERLAP_COLUMNS
from engram.reporting.shown_faces import ShownFaces, open_faces
from engram.runtime.job_spec import NamedFiles
from engram.statistics.crossed import mean_effect
from engram.statistics.intervals import Scores, mean_scores
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.evidence.outcomes import Outcome, PairScores, read_outcome, read_pairs
from engram.studies.general.evidence.reconstructed import Reconstructed
from engram.studies.general.jobs.report import ReportParams, evidence_files, extracted_shards, solved_jobs
from engram.studies.general.methods import SELECTED
from engram.studies.general.plan import (
    finetune_methods,
    operators,
    probe_methods,
    target_datasets,
)
from engram.studies.general.targets.left_out_words import LEFT_OUT, UNTESTED
from engram.studies.general.task_plan import GeneralTask, general_tasks

__all__ = ["AVERAGE", "GeneralEvidence", "collect_general"]

#: The mean over encoders of a reconstruction's errors.
AVERAGE = "average"
_SCORES = ("selector", "subset", "validation", "test", "seconds", "seed")


@dataclass(frozen=True)
class GeneralEvidence:
    """The results of the study, each part read once and only if it is used."""

    params: ReportParams
    files: Mapping[str, Sequence[Path]]
    """Those of `engram.studies.general.jobs.report.evidence_files`, all or some."""

    @classmethod
    def from_inputs(cls, params: ReportParams, inputs: NamedFiles) -> GeneralEvidence:
        """Return what a rule's inputs hold."""
        named = {name: paths for name, paths in inputs.items() if not isinstance(paths, str | Path)}
        return cls(params, {name: [Path(path) for path in paths] for name, paths in named.items()})

    @property
    def general(self) -> GeneralSettings:
        """The study's settings."""
        return self.params.general

    @property
    def datasets(self) -> list[str]:
        """The data sets in use, sorted."""
        return list(self.params.datasets)

    @cached_property
    def tasks(self) -> list[GeneralTask]:
        """All tasks, in the order of tables: targets, then sources that can be tested."""
        return general_tasks(self.general)

    @cached_property
    def left_out(self) -> dict[str, str]:
        """Why a task has no results, by the task's name: one of its jobs could not solve it."""
        return {name: found[LEFT_OUT] for name, found in self._said.items() if LEFT_OUT in found}

    @cached_property
    def untested(self) -> dict[str, list[str]]:
        """What of a task with results is not tested, such as classes that no training face has."""
        return {name: found[UNTESTED] for name, found in self._said.items() if found.get(UNTESTED)}

    @cached_property
    def targets(self) -> list[GeneralTask]:
        """The target tasks that were solved, in the order of tables."""
        return [item for item in self.tasks if item.role == "target" and item.name not in self.left_out]

    @cached_property
    def sources(self) -> list[GeneralTask]:
        """The source tasks that were solved, in the order of tables."""
        return [item for item in self.tasks if item.role == "source" and item.name not in self.left_out]

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """How well every method solved each task, by the task's name."""
        return {item.name: self._read_outcome(item) for item in (*self.targets, *self.sources)}

    def pair_scores(self, item: GeneralTask) -> PairScores:
        """Return the similarities that every method gave to the pairs of a verification."""
        return read_pairs(self.outcomes[item.name], self._predictions(item), self.params.seeds)

    @cached_property
    def scores(self) -> dict[str, Scores]:
        """The metric of every method on each task."""
        return {
            name: self.mean_scores(
                found.methods,
                found.values,
                found.subjects,
                found.task.dataset,
                metric_of(found.task).bounds,
            )
            for name, found in self.outcomes.items()
        }

    @cached_property
    def reconstruction(self) -> dict[str, Scores]:
        """Normalised RMSE by encoder, and their `AVERAGE`; the models are operators and students."""
        population = "+".join(self.general.unsupervised)
        confidence = self.params.evidence.confidence
        found = {
            encoder: self._reconstructed.scores(place, population, confidence)
            for place, encoder in enumerate(self.general.encoders)
        }
        return {**found, AVERAGE: _average(list(found.values()))}

    @cached_property
    def reconstructed(self) -> tuple[int, int]:
        """The number of faces, and of their subjects, on which reconstruction was tested."""
        return self._reconstructed.faces, len(self._reconstructed.names)

    @cached_property
    def _reconstructed(self) -> Reconstructed:
        files = self.files["reconstruction"]
        return Reconstructed.read(files, list(self.general.encoders), self.params.seeds)

    @cached_property
    def selection(self) -> dict[str, pd.DataFrame]:
        """The scores of every subset of encoders by every selector, for each target with a split or pairs.

        Where subjects are left out one by one, each has a choice of its own, made by one selector.
        """
        compared = {item.name for item in self.targets if item.protocol != "leave_one_out"}
        return {
            name: _read_table(path, _SCORES)
            for name, path in self._named(self.general.targets, "scores")
            if name in compared
        }

    @cached_property
    def preparation(self) -> dict[str, Record]:
        """The record of each data set's faces."""
        return {name: read_record(path) for name, path in self._named(self.datasets, "face_records")}

    @cached_property
    def overlap(self) -> pd.DataFrame:
        """What data sets that are learnt from share with those that are tested on."""
        (path,) = self.files["overlap"]
        found = read_csv(path, DataMissingError, list(OVERLAP_COLUMNS))
        return found.astype(dict.fromkeys(("named_subjects", "same_subjects"), "Int64"))

    @cached_property
    def encoders(self) -> dict[str, Record]:
        """The record of each source encoder."""
        return {
            name: read_record(path) for name, path in self._named(self.general.encoders, "encoder_records")
        }

    @cached_property
    def extraction_seconds(self) -> dict[str, float]:
        """How long all encoders took to embed a data set's faces, for D_unsup and the targets' data sets."""
        found: dict[str, float] = {}
        for (dataset, _, _), path in self._named(extracted_shards(self.params), "extraction_records"):
            timings = read_record(path).timings
            # Each encoder's record has the seconds that reading took for all of its job.
            found[dataset] = found.get(dataset, 0.0) + timings["extract"]
        return found

    @cached_property
    def operator_records(self) -> dict[tuple[str, int], Path]:
        """The file of each operator's record, by its name and seed."""
        return dict(self._named(product(operators(self.general), self.params.seeds), "operator_records"))

    @cached_property
    def student_records(self) -> dict[tuple[str, int], Path]:
        """The file of each student's record, by its kind and seed."""
        return dict(self._named(product(self.general.students, self.params.seeds), "student_records"))

    @cached_property
    def task_records(self) -> dict[tuple[str, str], Path]:
        """The file of the record of each job that solved a task; see `solved_jobs`."""
        return dict(self._named(solved_jobs(self.general), "task_records"))

    def index(self, dataset: str) -> pd.DataFrame:
        """Return what is known of a data set's faces, a row a face: its labels, ``subject``, ``detected``."""
        paths = dict(self._named(target_datasets(self.general), "indices"))
        return _read_table(paths[dataset], ("image", "subject", "detected"))

    def faces(self, dataset: str) -> Faces | ShownFaces:
        """Return a data set's stored faces, or of published results those that figures show."""
        layout = Layout(Path(self.params.results))
        return open_faces(layout, layout.faces(dataset, GENERAL_CROP))

    def view(self, name: str) -> pd.DataFrame:
        """Return ``neighbours`` or ``map``: what the figures of the fused embedding show."""
        return _read_table(self.files[name][0], ("dataset", "row"))

    def mean_scores(
        self,
        models: Sequence[str],
        values: np.ndarray,
        subjects: np.ndarray,
        population: str,
        bounds: tuple[float, float],
    ) -> Scores:
        """Return the mean of ``values`` (M, S, N); see `engram.statistics.intervals.mean_scores`."""
        confidence = self.params.evidence.confidence
        return mean_scores(models, values, subjects, population, confidence, bounds=bounds)

    @cached_property
    def _said(self) -> dict[str, dict[str, Any]]:
        """What the records of a task's jobs say of its solution, by the task's name."""
        found: dict[str, dict[str, Any]] = {item.name: {} for item in self.tasks}
        for (task, _), path in self.task_records.items():
            said = read_record(path).settings
            found[task] |= {key: said[key] for key in (LEFT_OUT, UNTESTED) if key in said}
        return found

    def _read_outcome(self, item: GeneralTask) -> Outcome:
        methods = [*probe_methods(self.general, item), *finetune_methods(self.general, item)]
        chosen = list(SELECTED) if item.role == "target" else []
        return read_outcome(
            item, self._predictions(item), [*(method.name for method in methods), *chosen], self.params.seeds
        )

    def _predictions(self, item: GeneralTask) -> list[Path]:
        """Return the files with a task's predictions."""
        solved = self._named(solved_jobs(self.general), "predictions")
        return [path for (task, _), path in solved if task == item.name]

    def _named(self, names: Iterable[Any], kind: str) -> Iterator[tuple[Any, Path]]:
        """Pair names with the files of a kind, which lie in the same order."""
        return zip(names, self.files[kind], strict=True)


def _average(every: list[Scores]) -> Scores:
    """Return the mean over encoders of their scores on the same faces."""
    effects = {name: mean_effect([scores.effect(name) for scores in every]) for name in every[0].models}
    by_subject = sum(scores.by_subject for scores in every[1:]) + every[0].by_subject
    return Scores(effects, every[0].confidence, by_subject, every[0].bounds)


def collect_general(settings: Settings, results: str | Path) -> GeneralEvidence:
    """Return the evidence of a finished run.

    Parameters
    ----------
    settings
        Those of the run.
    results
        Folder of its results, or of a published copy.
    """
    params = ReportParams.from_settings(settings).model_copy(update={"results": str(results)})
    return GeneralEvidence(params, evidence_files(params, Layout(Path(results))))


def _read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    return read_table(path, DataMissingError, columns)
