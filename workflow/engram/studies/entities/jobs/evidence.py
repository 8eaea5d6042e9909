"""The jobs that make the study's tables, claims and figures: what each depends on and reads."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from engram.config import (
    EffectsSettings,
    EvidenceSettings,
    LevelsSettings,
    Settings,
    TextStrategySettings,
    TransferSettings,
)
from engram.config.base import JobParams, Strict
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.data.text.jobs import text_files
from engram.reporting.files import claim_files, figure_files, pages_apart, table_files
from engram.runtime.job_spec import JobSpec
from engram.studies.entities.figures import FIGURES
from engram.studies.entities.mentions import MentionParams
from engram.studies.entities.tables import TABLES
from engram.studies.lineage.folds import folds_of, models
from engram.studies.lineage.picked import SplitScheme, picked
from engram.studies.lineage.trials import lineages, trials

__all__ = [
    "CLAIMS",
    "STUDY",
    "EvidenceParams",
    "cards_spec",
    "claims_spec",
    "entities_cards",
    "entities_claim_files",
    "entities_evidence",
    "entities_figure_files",
    "entities_figure_names",
    "entities_models",
    "entities_table_files",
    "entities_texts",
    "figure_spec",
    "mentions_spec",
    "tables_spec",
    "trained_models",
]

#: Name of the study, and of its folder of results.
STUDY = "entities"
#: Begins the names of the files of the checked claims.
CLAIMS = "claims_entities"
#: The files that `engram.studies.entities.mentions` writes of a text.
FACTS = {"sizes": "sizes.csv", "mentions": "mentions.parquet", "shown": "shown.parquet"}


class _TextParams(Strict):
    """What tables and figures say of a text."""

    title: str
    reader: str
    kind: str
    split: SplitScheme
    published: str | None
    show_text: bool
    source: str


class _StudyParams(Strict):
    """The study's trials and pairs; an `engram.studies.lineage.trials.StudySettings`."""

    transfers: list[TransferSettings]
    fractions: list[int]
    strategies: list[str]
    strategy: dict[str, TextStrategySettings]
    effects: EffectsSettings | None
    levels: LevelsSettings | None
    kept_epochs: list[str]
    """The recipes whose scores on test subsets after each epoch are kept."""

    @property
    def further(self) -> list[Lineage]:
        """The models besides those of strategies: those of the matrix of pairs and of chains of levels."""
        pairs = [pair.lineage for pair in self.effects.pairs()] if self.effects else []
        return pairs + (list(self.levels.lineages.values()) if self.levels else [])

    @property
    def sweep(self) -> None:
        """No sweep: the study has none."""
        return None


class EvidenceParams(JobParams):
    """What tables, claims and figures depend on besides predictions and records.

    The fields have the names that they have in `Settings`.
    """

    seeds: list[int]
    texts: dict[str, _TextParams]
    """The texts that the study reads."""
    entities: _StudyParams
    evidence: EvidenceSettings

    @classmethod
    def from_settings(cls, settings: Settings) -> EvidenceParams:
        """Pick them from a configuration that has the study."""
        study = settings.entities
        assert study is not None, "the configuration leaves the study of named entities out"
        names = ("transfers", "fractions", "strategies", "effects", "levels")
        fields = {name: getattr(study, name) for name in names}
        return cls(
            results=settings.results,
            seeds=settings.seeds_of(STUDY),
            texts={name: picked(_TextParams, settings.texts[name]) for name in entities_texts(settings)},
            entities=_StudyParams(
                **fields,
                strategy={name: study.strategy[name] for name in study.strategies},
                kept_epochs=sorted(name for name, recipe in study.recipe.items() if recipe.keep_test_curve),
            ),
            evidence=settings.evidence,
        )


def entities_texts(settings: Settings | EvidenceParams) -> list[str]:
    """Return the names of the texts that the study reads, sorted; none without the study."""
    study = settings.entities
    if study is None:
        return []
    names = {name for model in lineages(study) for name in model.stage.datasets}
    for transfer in study.transfers:
        names.update((transfer.source, *transfer.targets))
    return sorted(names)


def trained_models(params: EvidenceParams) -> list[Lineage]:
    """Return every model of the study, one a fold where there are folds, sorted."""
    return models(params.entities, folds_of(params.texts))


def entities_models(settings: Settings) -> list[Path]:
    """Return the files of the study's models; none without the study."""
    if settings.entities is None:
        return []
    params, mine = EvidenceParams.from_settings(settings), study_layout(Layout.from_settings(settings))
    return [mine.model(*one) for one in product(trained_models(params), params.seeds)]


def study_layout(layout: Layout) -> Layout:
    """Return where the study's models and evaluations lie."""
    return layout.of_study(STUDY)


def entities_evidence(settings: Settings, layout: Layout) -> dict[str, list[Path]]:
    """Return all that the jobs before leave for tables, in the order of texts, of models and seeds.

    Empty lists without the study.
    """
    texts, mine = entities_texts(settings), study_layout(layout)
    params = EvidenceParams.from_settings(settings) if texts else None
    trained = [*product(trained_models(params), params.seeds)] if params else []
    kept = [one for one in trained if params and one[0].stage.recipe in params.entities.kept_epochs]
    return {
        "predictions": [mine.predictions(name) for name in texts],
        "records": [mine.model_record(*one) for one in trained],
        "epochs": [mine.epochs(*one) for one in kept],
        "texts": [layout.text_record(name) for name in texts],
        "overlap": [layout.text_overlap] if texts else [],
        **{kind: [fact_file(layout, name, kind) for name in texts] for kind in FACTS},
    }


def fact_file(layout: Layout, text: str, kind: str) -> Path:
    """Return one of the files of facts of a text: ``sizes``, ``mentions`` or ``shown``."""
    return layout.root / STUDY / "facts" / text / FACTS[kind]


def entities_figure_names(settings: Settings | EvidenceParams) -> list[str]:
    """Return the names of the figures that a configuration makes, sorted; none without the study."""
    study = settings.entities
    if study is None:
        return []
    possible = {
        "entities_effects": study.effects is not None,
        "entities_fractions": len(study.fractions) > 1,
        "entities_tagged": any(settings.texts[name].show_text for name in entities_texts(settings)),
    }
    return sorted(name for name in FIGURES if possible.get(name, True))


def entities_table_files(layout: Layout) -> list[Path]:
    """Return the files of the study's tables."""
    return table_files(layout, TABLES)


def entities_claim_files(layout: Layout) -> list[Path]:
    """Return the files of the study's checked claims."""
    return claim_files(layout, CLAIMS)


def entities_figure_files(settings: Settings) -> list[Path]:
    """Return the files of the figures that a configuration makes."""
    return figure_files(Layout.from_settings(settings), entities_figure_names(settings))


def mentions_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that counts a text's mentions, the wildcard ``dataset``."""
    return JobSpec(
        name="count_mentions",
        inputs={"store": text_files(layout.text("{dataset}")), "split": layout.split("{dataset}")},
        outputs={kind: fact_file(layout, "{dataset}", kind) for kind in FACTS},
        log=layout.logs / "count_mentions" / "{dataset}.log",
        params=lambda wildcards: MentionParams.from_settings(settings, wildcards.dataset),
        wildcards={"dataset": "|".join(entities_texts(settings))},
    )


def tables_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that writes all tables; the pages among its outputs go into the report."""
    return JobSpec(
        name="entities_tables",
        inputs=entities_evidence(settings, layout),
        outputs=pages_apart("pages", entities_table_files(layout)),
        log=layout.logs / "entities_tables.log",
        params=EvidenceParams.from_settings(settings),
    )


def claims_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that checks the claims; the page among its outputs goes into the report."""
    files = entities_evidence(settings, layout)
    return JobSpec(
        name="entities_claims",
        inputs={name: files[name] for name in ("predictions", "records", "epochs", "sizes", "mentions")},
        outputs=pages_apart("page", entities_claim_files(layout)),
        log=layout.logs / "entities_claims.log",
        params=EvidenceParams.from_settings(settings),
    )


def entities_cards(settings: Settings) -> list[Path]:
    """Return the cards of all strategies' finished taggers, sorted by lineage; none without the study."""
    if settings.entities is None:
        return []
    mine = study_layout(Layout.from_settings(settings))
    return [mine.card(lineage) for lineage in sorted({trial.lineage for trial in trials(settings.entities)})]


def cards_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that writes the model cards of all taggers."""
    files = entities_evidence(settings, layout)
    return JobSpec(
        name="tagger_cards",
        inputs={
            **{name: files[name] for name in ("predictions", "records", "sizes")},
            "models": entities_models(settings),
        },
        outputs={"cards": entities_cards(settings)},
        log=layout.logs / "tagger_cards.log",
        params=EvidenceParams.from_settings(settings),
    )


def figure_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that draws a figure, the wildcard ``figure``."""
    files = entities_evidence(settings, layout)
    return JobSpec(
        name="entities_figure",
        inputs={name: files[name] for name in ("predictions", "records", "shown", "sizes")},
        outputs={name: [layout.figures / f"{{figure}}.{name}"] for name in ("svg", "png")},
        log=layout.logs / "entities_figure" / "{figure}.log",
        params=EvidenceParams.from_settings(settings),
        wildcards={"figure": "|".join(entities_figure_names(settings))},
    )
