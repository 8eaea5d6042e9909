"""All that the study's tables, claims and figures read, each part when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.core.errors import DataMissingError
from engram.core.paths import Layout
from engram.core.reading import read_csv, read_table
from engram.core.records import Record, read_record
from engram.data.text.tags import Span, unpack
from engram.runtime.job_spec import JobFiles, NamedFiles
from engram.statistics.intervals import Scores, ratio_scores
from engram.statistics.span_predictions import MEASURES, SpanPredictions, read_span_predictions
from engram.studies.entities.jobs.evidence import EvidenceParams, entities_evidence, entities_texts
from engram.studies.entities.pairs import Pair, pairs
from engram.studies.lineage.evidence import LineageEvidence
from engram.studies.lineage.folds import Folds, folds_of
from engram.studies.lineage.trials import Trial

__all__ = ["Evidence", "collect_entities", "span_pairs"]


@dataclass(frozen=True)
class Evidence(LineageEvidence):
    """A run's settings and what its jobs left.

    ``settings`` are `EvidenceParams`, ``files`` lists of files as `entities_evidence` gives them.
    """

    measure: str = ""
    """The measure that scores are of; by default that of each text's kind, `MEASURES`."""

    @classmethod
    def load(cls, inputs: NamedFiles, params: EvidenceParams) -> Evidence:
        """Return the evidence of a job. Nothing is read yet."""
        return cls(params, Layout(Path(params.results)), inputs)

    @property
    def study(self) -> Any:
        """The study's own settings."""
        return self.settings.entities

    @property
    def folds(self) -> Folds:
        """The texts with folds, and how many."""
        return folds_of(self.settings.texts)

    @cached_property
    def datasets(self) -> list[str]:
        """The texts in use, sorted."""
        return entities_texts(self.settings)

    def reference(self, trial: Trial) -> Trial | None:
        """Return the trial of the target alone: the baseline has no head for the target's types."""
        alone = self.alone(trial)
        return None if alone is None or alone.lineage == trial.lineage else alone

    @cached_property
    def pairs(self) -> list[Pair]:
        """Targets with their partners, if the configuration compares them."""
        return pairs(self.study.effects)

    @cached_property
    def answers(self) -> dict[str, dict[str, SpanPredictions]]:
        """Text -> measure -> what every model answers to its test subset."""
        files = zip(self.datasets, self.files.predictions, strict=True)
        return {name: read_span_predictions(file, name, self.seeds) for name, file in files}

    @cached_property
    def scores(self) -> Mapping[str, Scores]:
        """Text -> the measure of every model in percent; of a text that lacks it, without models."""
        confidence = self.settings.evidence.confidence
        found = {name: self.predictions(name) for name in self.datasets}
        return {name: Scores({}) if one is None else one.scores(confidence) for name, one in found.items()}

    def by(self, measure: str) -> Evidence:
        """Return the same evidence with the scores of another measure."""
        return replace(self, measure=measure)

    def predictions(self, dataset: str) -> SpanPredictions | None:
        """Return what models answer to a text's test subset, by the chosen measure; None if it lacks it."""
        return self.answers[dataset].get(self.measure or MEASURES[self.settings.texts[dataset].kind])

    def spans(self, dataset: str) -> SpanPredictions:
        """Return the entities that models find in a text.

        Raises
        ------
        DataMissingError
            If the text has none.
        """
        if "f1" not in self.answers[dataset]:
            raise DataMissingError(f"text '{dataset}': there are no predictions of entities of it.")
        return self.answers[dataset]["f1"]

    @cached_property
    def sizes(self) -> dict[str, pd.DataFrame]:
        """Text -> the sizes of its subsets; see `engram.studies.entities.mentions`."""
        columns = ("subset", "unit", "types", "documents", "sentences", "tokens", "mentions")
        files = zip(self.datasets, self.files.sizes, strict=True)
        return {
            name: read_csv(Path(file), DataMissingError, columns).set_index("subset") for name, file in files
        }

    @cached_property
    def texts(self) -> dict[str, Record]:
        """Text -> the record of how it was stored."""
        files = zip(self.datasets, self.files.texts, strict=True)
        return {name: read_record(Path(file)) for name, file in files}

    @cached_property
    def unseen(self) -> dict[str, dict[int, dict[Span, bool]]]:
        """Text -> test sentence -> mention -> whether it is a mention of the training subset too."""
        found = {}
        for name, file in zip(self.datasets, self.files.mentions, strict=True):
            table = read_table(Path(file), DataMissingError, ("row", "mentions", "seen"))
            found[name] = {
                int(line.row): dict(
                    zip(unpack(line.mentions), (mark == "1" for mark in line.seen), strict=True)
                )
                for line in table.itertuples(index=False)
            }
        return found

    def mention_scores(self, dataset: str, seen: bool) -> Scores | None:
        """Return the recall of every model, in percent, on the mentions that training has, or has not.

        None if the test subset has no such mention.
        """
        found, known = self.spans(dataset), self.unseen[dataset]
        wanted = [
            {span for span, mark in known.get(int(row), {}).items() if mark == seen} for row in found.rows
        ]
        truth = np.array([len(spans) for spans in wanted])
        if not truth.sum():
            return None
        right = np.zeros(found.right.shape)
        for place in np.flatnonzero(truth):
            for model, seed in np.ndindex(*right.shape[:2]):
                answers = unpack(found.found[model, seed, place])
                right[model, seed, place] = len(wanted[place].intersection(answers))
        confidence = self.settings.evidence.confidence
        return ratio_scores(found.models, right, truth, truth, found.documents, dataset, confidence)

    @cached_property
    def shown(self) -> dict[str, dict[int, list[str]]]:
        """Text -> test sentence that pages may show -> its words."""
        files = zip(self.datasets, self.files.shown, strict=True)
        return {name: _read_shown(Path(file)) for name, file in files}

    @cached_property
    def epochs(self) -> dict[tuple[str, int], pd.DataFrame]:
        """The scores on test subsets after each epoch: the name of a model and seed -> its table."""
        found = {}
        for file in map(Path, self.files.epochs):
            found[_model_of(file)] = read_table(file, DataMissingError, ("epoch", "dataset", "score"))
        return found

    def whole(self, target: str) -> list[Trial]:
        """Return the trials of a target, each lineage once, with all of its training subset."""
        mine = {
            str(trial.lineage): trial
            for trial in reversed(self.trials)
            if trial.target == target and trial.fraction == max(self.study.fractions)
        }
        return list(reversed(mine.values()))


def collect_entities(settings: Settings, results: str | Path) -> Evidence:
    """Return the whole evidence of a run that lies in the folder ``results``."""
    layout = Layout(Path(results))
    files = JobFiles(**entities_evidence(settings, layout))
    return Evidence(EvidenceParams.from_settings(settings), layout, files)


def span_pairs(
    predictions: SpanPredictions, model: str, seed: int
) -> Iterator[tuple[list[Span], list[Span]]]:
    """Yield each sentence's true and found entities; ``seed`` is a place among the predictions' seeds."""
    answers = predictions.found[predictions.models.index(model), seed]
    for gold, found in zip(predictions.gold, answers, strict=True):
        yield unpack(gold), unpack(found)


def _read_shown(path: Path) -> dict[int, list[str]]:
    table = read_table(path, DataMissingError, ("row", "words"))
    return {int(row): list(words) for row, words in zip(table["row"], table["words"], strict=True)}


def _model_of(path: Path) -> tuple[str, int]:
    """Return the model and seed whose folder a file lies in."""
    parts = path.parent.parts
    start = max(place for place, part in enumerate(parts) if part == "models") + 1
    return "/".join(parts[start + 1 :]), int(parts[start].removeprefix("seed"))
