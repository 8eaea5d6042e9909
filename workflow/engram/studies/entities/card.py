"""The model card of a tagger, after Mitchell et al. (2019), filled from records, sizes and predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from engram.core.lineage import Lineage
from engram.core.records import Record
from engram.reporting.cards import render_card
from engram.statistics.span_predictions import MEASURES
from engram.statistics.spans import counts_by_type, f1
from engram.studies.entities.collect import Evidence, span_pairs
from engram.studies.lineage.forgetting import levels

__all__ = ["CardModel", "tagger_card"]

_TEMPLATE = Path(__file__).with_name("tagger_card.md.j2")


@dataclass(frozen=True)
class CardModel:
    """The tagger that a card describes: one model of a lineage."""

    lineage: Lineage
    """Its lineage, without folds."""
    record: Record
    """Of its training."""
    hash: str
    """SHA-256 of its file."""
    parameters: int
    """Number of its weights."""
    label_sets: Mapping[str, tuple[str, ...]]
    """Label set -> its types of entities, or classes of words."""
    strategies: tuple[str, ...]
    """The strategies of the study that it is the model of."""
    target: str
    """The text that it was chosen for."""
    score: float
    """Its score on that text's validation subset, 0 to 1."""
    candidates: int
    """Among how many models it was chosen."""
    check: Mapping[str, Any]
    """As `check.json` holds it."""


def tagger_card(model: CardModel, evidence: Evidence) -> str:
    """Return the card as Markdown."""
    texts = evidence.settings.texts
    trained = sorted({name for stage in model.lineage.stages for name in stage.datasets})
    scores = list(_scores(model, evidence))
    return render_card(
        _TEMPLATE,
        package=metadata("engram"),
        model=model,
        name=str(model.lineage),
        record=model.record,
        texts=texts,
        seeds=evidence.seeds,
        confidence=100 * evidence.settings.evidence.confidence,
        results=evidence.settings.results,
        trained=[(name, texts[name], evidence.sizes[name]) for name in trained],
        drawn=[name for name in trained if texts[name].reader == "drawn"],
        scores=scores,
        types=_by_type(model, evidence),
        forgotten=[row for row in levels(evidence).to_dict("records") if _is_of(row, model)],
    )


def _scores(model: CardModel, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Yield the score of all seeds' models on each text that they answer for, and of this one alone."""
    for name in evidence.datasets:
        text, lineage = evidence.settings.texts[name], str(model.lineage)
        found = evidence.predictions(name)
        if found is None or text.kind == "language" or lineage not in found.models:
            continue
        place = found.models.index(lineage), found.seeds.index(model.record.seed)
        right, truth, answered = (
            int(counts[place].sum()) for counts in (found.right, found.truth, found.answered)
        )
        yield {
            "text": text,
            "measure": {"f1": "F1", "accuracy": "accuracy"}[MEASURES[text.kind]],
            "estimate": evidence.scores[name].of(lineage),
            "sentences": len(found.rows),
            "own": 200 * right / (truth + answered) if truth + answered else 0.0,
        }


def _by_type(model: CardModel, evidence: Evidence) -> list[dict[str, Any]]:
    """Return the test mentions of each type of the target, and this model's F1 of them in percent."""
    found = evidence.spans(model.target)
    pairs = span_pairs(found, str(model.lineage), found.seeds.index(model.record.seed or 0))
    return [
        {"type": name, "mentions": counted.truth, "f1": 100 * f1(counted)}
        for name, counted in counts_by_type(pairs).items()
    ]


def _is_of(row: Mapping[str, Any], model: CardModel) -> bool:
    """Whether a row of levels is of an earlier stage of the model, whose text it can be asked about."""
    mine = row["lineage"] == str(model.lineage) and row["strategy"] == model.strategies[0]
    return (
        mine
        and row["target"] == model.target
        and row["level"] < row["levels"]
        and row["final"] == row["final"]
    )
