"""The job that writes the model cards of the memory study: what it depends on and reads."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from engram.config import DrawnSettings, FacesSettings, Settings
from engram.config.base import Strict
from engram.core.paths import Layout
from engram.runtime.job_spec import JobSpec
from engram.studies.lineage.folds import folds_of, models
from engram.studies.lineage.trials import trials
from engram.studies.memory.jobs.evidence import EvidenceParams, evidence_inputs

__all__ = ["CardParams", "cards_spec", "memory_cards"]


class DataOrigin(Strict):
    """Where a data set comes from, and its owner's terms."""

    source: str
    drawn: DrawnSettings | None


class CardParams(EvidenceParams):
    """What model cards say besides records and results."""

    origins: dict[str, DataOrigin]
    """By data set."""
    faces: FacesSettings

    @classmethod
    def from_settings(cls, settings: Settings) -> CardParams:
        """Add origins and preparation of the data sets to what tables depend on."""
        evidence = EvidenceParams.from_settings(settings)
        chosen = {name: settings.datasets[name] for name in evidence.datasets}
        return cls(
            **{name: getattr(evidence, name) for name in EvidenceParams.model_fields},
            origins={name: DataOrigin(source=one.source, drawn=one.drawn) for name, one in chosen.items()},
            faces=settings.faces,
        )


def memory_cards(settings: Settings) -> list[Path]:
    """Return the cards of the finished models of all strategies, sorted by lineage."""
    layout = Layout.from_settings(settings)
    return [layout.card(lineage) for lineage in sorted({trial.lineage for trial in trials(settings.memory)})]


def cards_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that writes all cards."""
    trained = product(models(settings.memory, folds_of(settings.datasets)), settings.seeds_of("memory"))
    return JobSpec(
        name="model_cards",
        inputs={
            **evidence_inputs(settings, layout),
            "models": [layout.model(*one) for one in trained],
            "matrix": [layout.tables / "memory_matrix.csv"],
        },
        outputs={"cards": memory_cards(settings)},
        log=layout.logs / "model_cards.log",
        params=CardParams.from_settings(settings),
    )
