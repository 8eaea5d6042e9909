"""The model cards of taggers, after Mitchell et al. (2019), filled from records, sizes and predictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path
from statistics import mean
from typing import Any

import pandas as pd
from tqdm import tqdm

from engram.core.files import write_text
from engram.core.lineage import Lineage
from engram.core.records import Record
from engram.models.text.files import load_tagger
from engram.models.text.tagger import Tagger
from engram.reporting.cards import render_card
from engram.runtime.job_spec import NamedFiles
from engram.statistics.span_predictions import SpanPredictions
from engram.statistics.spans import counts_by_type, f1
from engram.studies.entities.collect import Evidence, span_pairs
from engram.studies.entities.jobs.evidence import STUDY, EvidenceParams
from engram.studies.lineage.cards import (
    card_lineages,
    card_stages,
    card_uses,
    card_weights,
    trainings,
)
from engram.studies.lineage.forgetting import levels

__all__ = ["ExportedTagger", "label_sets", "tagger_card", "write_cards"]

_TEMPLATE = Path(__file__).with_name("tagger_card.md.j2")
_MEASURES = {
    "f1": "F1",
    "accuracy": "accuracy",
    "words": "hidden words recovered",
    "sentences": "pairs told apart",
}


@dataclass(frozen=True)
class ExportedTagger:
    """What the card of the exported tagger says besides: it is one of the lineage's models."""

    record: Record
    """Of its training."""
    hash: str
    """SHA-256 of its file."""
    target: str
    """The text that it was chosen for."""
    score: float
    """Its score on that text's validation subset, 0 to 1."""
    candidates: int
    """Among how many models it was chosen."""
    labels: str
    """Its label set for that text."""


def write_cards(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Write the card of the tagger of every strategy; in and outputs as `cards_spec` has them.

    Raises
    ------
    EngramError
        If a record, a model or the predictions are missing.
    """
    evidence = Evidence.load(inputs, params)
    kept = levels(evidence)
    lineages = tqdm(card_lineages(evidence), desc="cards of taggers", unit="card")
    for lineage, path in zip(lineages, outputs.cards, strict=True):
        write_text(path, tagger_card(lineage, evidence, kept))


def tagger_card(
    lineage: Lineage, evidence: Evidence, kept: pd.DataFrame, exported: ExportedTagger | None = None
) -> str:
    """Return the card of a lineage's taggers as Markdown, or of the exported one of them.

    ``kept`` is what each model kept of earlier stages, see `engram.studies.lineage.forgetting.levels`.
    """
    texts = evidence.settings.texts
    titles = {name: text.title for name, text in texts.items()}
    trained = sorted({name for stage in lineage.stages for name in stage.datasets})
    records, weights = trainings(lineage, evidence), card_weights(lineage, evidence, STUDY)
    tagger = load_tagger(weights[0]["path"])
    answers = list(_answers(lineage, evidence))
    return render_card(
        _TEMPLATE,
        package=metadata("engram"),
        name=str(lineage),
        exported=exported,
        record=exported.record if exported else records[0],
        parameters=sum(values.numel() for values in tagger.parameters()),
        label_sets=label_sets(tagger),
        uses=card_uses(lineage, evidence, titles),
        stages=card_stages(lineage, evidence, titles),
        weights=weights,
        texts=texts,
        seeds=evidence.seeds,
        confidence=100 * evidence.settings.evidence.confidence,
        results=evidence.settings.results,
        trained=[(name, texts[name], evidence.sizes[name]) for name in trained],
        drawn=[name for name in trained if texts[name].reader == "drawn"],
        scores=[_score(found, evidence, exported) for found in answers],
        types=[(titles[found.dataset], _by_type(found)) for found in answers if found.measure == "f1"],
        forgotten=_forgotten(lineage, kept),
    )


def label_sets(tagger: Tagger) -> dict[str, tuple[str, ...]]:
    """Return label set -> its types of entities, or classes of words."""
    return {
        name: tags.types if tags.kind == "entities" else tags.names for name, tags in tagger.tasks.items()
    }


def _answers(lineage: Lineage, evidence: Evidence) -> Iterator[SpanPredictions]:
    """Yield a lineage's predictions on each text that it answers for, by each measure."""
    for name in evidence.datasets:
        for found in evidence.answers[name].values():
            if str(lineage) in found.models:
                yield found.only(str(lineage))


def _score(found: SpanPredictions, evidence: Evidence, exported: ExportedTagger | None) -> dict[str, Any]:
    """Return the score of all seeds' models on a text, and of the exported one alone."""
    scores = found.scores(evidence.settings.evidence.confidence)
    row = {
        "text": evidence.settings.texts[found.dataset],
        "measure": _MEASURES[found.measure],
        "estimate": scores.of(found.models[0]),
        "sentences": len(found.rows),
    }
    if exported is None:
        return row
    seed = found.seeds.index(exported.record.seed or 0)
    right, truth, answered = (
        int(counts[0, seed].sum()) for counts in (found.right, found.truth, found.answered)
    )
    return row | {"own": 200 * right / (truth + answered) if truth + answered else 0.0}


def _by_type(found: SpanPredictions) -> list[dict[str, Any]]:
    """Return the test mentions of each type of a text, and F1 of them in percent, the mean over seeds."""
    seeds = range(len(found.seeds))
    by_seed = [counts_by_type(span_pairs(found, found.models[0], seed)) for seed in seeds]
    known = {name: counted.truth for counts in by_seed for name, counted in counts.items() if counted.truth}
    return [
        {"type": name, "mentions": truth, "f1": 100 * mean(f1(counts[name]) for counts in by_seed)}
        for name, truth in sorted(known.items())
    ]


def _forgotten(lineage: Lineage, kept: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what was forgotten of the text of each earlier stage that the model can be asked about."""
    mine = kept[(kept["lineage"] == str(lineage)) & (kept["level"] < kept["levels"]) & kept["final"].notna()]
    return mine.drop_duplicates(["level", "dataset"]).to_dict("records")
