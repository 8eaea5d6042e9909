"""The jobs that make the memory study's tables, claims and figures: what each depends on and reads."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

from engram.config import (
    EvidenceSettings,
    LevelsSettings,
    Settings,
    StrategySettings,
    SweepSettings,
    TransferSettings,
)
from engram.config.base import JobParams, Strict
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.data.jobs import DuplicateParams, store_files
from engram.reporting.files import claim_files, figure_files, pages_apart, table_files
from engram.runtime.job_spec import JobSpec
from engram.studies.lineage.curves import adapting
from engram.studies.lineage.folds import folds_of, models, models_of
from engram.studies.lineage.picked import SplitScheme, picked
from engram.studies.lineage.trials import Trial, datasets_in_use, sweep_points, trials
from engram.studies.memory.figures import FIGURES
from engram.studies.memory.figures.by_transfer import FIGURES_BY_TRANSFER
from engram.studies.memory.tables import TABLES

__all__ = [
    "CLAIMS",
    "EvidenceParams",
    "claims_spec",
    "duplicates_spec",
    "evidence_inputs",
    "figure_names",
    "figure_spec",
    "memory_claim_files",
    "memory_figure_files",
    "memory_table_files",
    "shown_datasets",
    "table_inputs",
    "tables_spec",
]

#: Begins the names of the files of the checked claims.
CLAIMS = "claims"


class _DatasetParams(Strict):
    """What tables and figures say of a data set."""

    title: str
    reader: str
    task: str
    split: SplitScheme
    published: str | None
    show_faces: bool


class _StudyParams(Strict):
    """The study's trials; an `engram.studies.lineage.trials.StudySettings`."""

    transfers: list[TransferSettings]
    fractions: list[int]
    strategies: list[str]
    strategy: dict[str, StrategySettings]
    sweep: SweepSettings | None
    levels: LevelsSettings | None

    @property
    def further(self) -> list[Lineage]:
        """The models of chains of levels."""
        return list(self.levels.lineages.values()) if self.levels else []


class EvidenceParams(JobParams):
    """What tables, claims and figures depend on besides predictions and records.

    The fields have the names that they have in `Settings`.
    """

    seeds: list[int]
    datasets: dict[str, _DatasetParams]
    """The data sets that the study reads."""
    memory: _StudyParams
    evidence: EvidenceSettings

    @classmethod
    def from_settings(cls, settings: Settings) -> EvidenceParams:
        """Pick them from a configuration."""
        memory = settings.memory
        swept = memory.sweep.strategies if memory.sweep else []
        datasets = {name: settings.datasets[name] for name in datasets_in_use(settings)}
        return cls(
            results=settings.results,
            seeds=settings.seeds_of("memory"),
            datasets={name: picked(_DatasetParams, chosen) for name, chosen in datasets.items()},
            memory=_StudyParams(
                transfers=memory.transfers,
                fractions=memory.fractions,
                strategies=memory.strategies,
                strategy={name: memory.strategy[name] for name in [*memory.strategies, *swept]},
                sweep=memory.sweep,
                levels=memory.levels,
            ),
            evidence=settings.evidence,
        )


def evidence_inputs(settings: Settings, layout: Layout) -> dict[str, list[Path]]:
    """Return all that the jobs before leave for tables: in the order of data sets, of models and seeds."""
    names = datasets_in_use(settings)
    trained = product(models(settings.memory, folds_of(settings.datasets)), settings.seeds_of("memory"))
    return {
        "predictions": [layout.predictions(name) for name in names],
        "records": [layout.model_record(lineage, seed) for lineage, seed in trained],
        "faces": [layout.faces_record(name) for name in names],
        "splits": [layout.split(name) for name in names],
    }


def table_inputs(settings: Settings, layout: Layout) -> dict[str, list[Path]]:
    """Return what the tables read besides: labels, and which faces have copies."""
    indices = [layout.faces(name) / "index.parquet" for name in datasets_in_use(settings)]
    return {
        **evidence_inputs(settings, layout),
        "indices": indices,
        "duplicates": [layout.duplicates],
    }


def figure_names(settings: Settings | EvidenceParams) -> list[str]:
    """Return the names of all figures that a configuration makes, sorted.

    Some are of the whole study, such as ``integrity``, some of one transfer, such as
    ``confusion-wild-studio``. Sheets of mistakes are made where the licence of at least one of the two data
    sets allows its faces to be shown, curves of forgetting where a strategy adapts a model,
    the sweep where the settings have one.
    """
    possible = {
        "forgetting_curves": bool(adapting(trials(settings.memory))),
        "forgetting_sweep": settings.memory.sweep is not None,
    }
    names = [name for name in FIGURES if possible.get(name, True)]
    for transfer in settings.memory.transfers:
        for target in transfer.targets:
            shown = shown_datasets(settings, transfer.source, target)
            kinds = [kind for kind in FIGURES_BY_TRANSFER if shown or kind != "mistakes"]
            names += [f"{kind}-{transfer.source}-{target}" for kind in kinds]
    return sorted(names)


def memory_table_files(layout: Layout) -> list[Path]:
    """Return the files of the study's tables."""
    return table_files(layout, TABLES)


def memory_claim_files(layout: Layout) -> list[Path]:
    """Return the files of the study's checked claims."""
    return claim_files(layout, CLAIMS)


def memory_figure_files(settings: Settings) -> list[Path]:
    """Return the files of the figures that a configuration makes."""
    return figure_files(Layout.from_settings(settings), figure_names(settings))


def shown_datasets(settings: Settings | EvidenceParams, source: str, target: str) -> list[str]:
    """Return those of a transfer's two data sets whose faces may be shown."""
    return [name for name in (source, target) if settings.datasets[name].show_faces]


def tables_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that writes all tables; the pages among its outputs go into the report."""
    return JobSpec(
        name="memory_tables",
        inputs=table_inputs(settings, layout),
        outputs=pages_apart("pages", memory_table_files(layout)),
        log=layout.logs / "memory_tables.log",
        params=EvidenceParams.from_settings(settings),
    )


def duplicates_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that looks for copies of faces in all data sets of the study at once."""
    names = datasets_in_use(settings)
    return JobSpec(
        name="find_duplicates",
        inputs={
            "stores": [file for name in names for file in store_files(layout.faces(name))],
            "splits": [layout.split(name) for name in names],
        },
        outputs={"duplicates": [layout.duplicates]},
        log=layout.logs / "find_duplicates.log",
        params=DuplicateParams.from_settings(settings, names),
    )


def claims_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that checks the claims; the page among its outputs goes into the report."""
    return JobSpec(
        name="memory_claims",
        inputs={"predictions": evidence_inputs(settings, layout)["predictions"]},
        outputs=pages_apart("page", memory_claim_files(layout)),
        log=layout.logs / "memory_claims.log",
        params=EvidenceParams.from_settings(settings),
    )


def figure_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that draws a figure, the wildcard ``figure``.

    Curves also read the records of their stages, sheets of mistakes the stored faces.
    """

    def records(wildcards: Any) -> list[Path]:
        stages = _stages_shown(settings, wildcards.figure)
        return [
            layout.model_record(lineage, seed)
            for lineage, seed in product(stages, settings.seeds_of("memory"))
        ]

    def stores(wildcards: Any) -> list[Path]:
        kind, *transfer = wildcards.figure.split("-")
        names = shown_datasets(settings, *transfer) if kind == "mistakes" else []
        return [file for name in names for file in store_files(layout.faces(name))]

    return JobSpec(
        name="memory_figure",
        inputs={
            "predictions": evidence_inputs(settings, layout)["predictions"],
            "records": records,
            "stores": stores,
        },
        outputs={name: [layout.figures / f"{{figure}}.{name}"] for name in ("svg", "png")},
        log=layout.logs / "memory_figure" / "{figure}.log",
        params=EvidenceParams.from_settings(settings),
        wildcards={"figure": "|".join(figure_names(settings))},
    )


def _stages_shown(settings: Settings, figure: str) -> Iterable[Lineage]:
    """Return the models whose records a figure reads, sorted."""
    kind, *transfer = figure.split("-")
    shown = {
        "forgetting_sweep": _swept(settings),
        "forgetting_curves": adapting(trials(settings.memory)),
    }
    if kind in shown:
        folds = folds_of(settings.datasets)
        return sorted({model for trial in shown[kind] for model in models_of(trial.lineage, folds)})
    return _stages(settings, *transfer) if kind == "learning_curves" else []


def _swept(settings: Settings) -> list[Trial]:
    """Return the trials of the sweep, and the baseline of their transfer."""
    swept = [point.trial for point in sweep_points(settings.memory)]
    sides, first = {(trial.source, trial.target) for trial in swept}, settings.memory.strategies[0]
    known = [trial for trial in trials(settings.memory) if trial.strategy == first]
    return swept + [trial for trial in known if (trial.source, trial.target) in sides]


def _stages(settings: Settings, source: str, target: str) -> Iterable[Lineage]:
    """Return a transfer's models of all folds and their ancestors, sorted."""
    mine = [trial for trial in trials(settings.memory) if (trial.source, trial.target) == (source, target)]
    folds = folds_of(settings.datasets)
    return sorted(
        {
            model
            for trial in mine
            for depth in range(len(trial.lineage.stages))
            for model in models_of(Lineage(trial.lineage.stages[: depth + 1]), folds)
        }
    )
