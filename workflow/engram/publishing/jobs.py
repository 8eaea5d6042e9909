"""What the jobs of publishing depend on. Torch-free: rules import it to plan."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engram.config import (
    DrawnSettings,
    EstimateSettings,
    EvidenceSettings,
    FacesSettings,
    PublishingSettings,
    Settings,
)
from engram.config.base import JobParams, Strict
from engram.core.lineage import Lineage
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.methods import STUDENTS
from engram.studies.general.plan import general_tasks
from engram.studies.lineage.folds import folds_of, models
from engram.studies.lineage.trials import Trial, datasets_in_use, trials

__all__ = ["BundleParams", "CardData", "CardParams", "CardUse", "PublishParams", "RunNote", "TrackParams"]


class BundleParams(JobParams):
    """What is published besides files: the configuration, as far as results depend on it."""

    configuration: Settings

    @classmethod
    def from_settings(cls, settings: Settings) -> BundleParams:
        """Leave out `publishing` and `estimate`, which no result depends on: addresses may hold passwords."""
        public = settings.model_copy(
            update={"publishing": PublishingSettings(), "estimate": EstimateSettings()}
        )
        return cls(results=settings.results, configuration=public)

    def published(self) -> dict[str, Any]:
        """Return the configuration as it is published, its keys in the order of the settings."""
        return self.configuration.model_dump(mode="json", exclude={"publishing", "estimate"})


class PublishParams(BundleParams):
    """The same, and where it goes."""

    remote: str
    """Where to push if the repository has no default remote."""

    @classmethod
    def from_settings(cls, settings: Settings) -> PublishParams:
        """Add the folder or URL to what a bundle depends on."""
        public = BundleParams.from_settings(settings).configuration
        return cls(results=settings.results, configuration=public, remote=settings.publishing.dvc_remote)


class CardUse(Strict):
    """What a model is in the study."""

    strategy: str
    title: str
    """What the settings say of the strategy."""
    fraction: int
    source: str
    target: str


class CardData(Strict):
    """What a card says of a data set besides its records."""

    title: str
    task: str
    scheme: str
    folds: int
    """0 for none."""
    source: str
    drawn: DrawnSettings | None


class CardParams(JobParams):
    """What model cards say besides records and results."""

    seeds: list[int]
    uses: dict[str, list[CardUse]]
    """By lineage: every model that has a card."""
    datasets: dict[str, CardData]
    faces: FacesSettings
    evidence: EvidenceSettings

    @classmethod
    def from_settings(cls, settings: Settings) -> CardParams:
        """Describe the finished model of every strategy, and every data set of the memory study."""
        uses: dict[str, list[CardUse]] = {}
        for trial in sorted(trials(settings.memory), key=lambda trial: trial.lineage):
            uses.setdefault(str(trial.lineage), []).append(_describe_use(settings, trial))
        datasets = {name: _describe_dataset(settings, name) for name in datasets_in_use(settings)}
        return cls(
            results=settings.results,
            seeds=settings.seeds_of("memory"),
            uses=uses,
            datasets=datasets,
            faces=settings.faces,
            evidence=settings.evidence,
        )


def _describe_use(settings: Settings, trial: Trial) -> CardUse:
    title = settings.memory.strategy[trial.strategy].title
    source, target = settings.datasets[trial.source].title, settings.datasets[trial.target].title
    return CardUse(
        strategy=trial.strategy, title=title, fraction=trial.fraction, source=source, target=target
    )


def _describe_dataset(settings: Settings, name: str) -> CardData:
    chosen = settings.datasets[name]
    about = chosen.model_dump(include={"title", "task", "source", "drawn"})
    return CardData(scheme=chosen.split.scheme, folds=chosen.split.folds or 0, **about)


class RunNote(Strict):
    """What tracking says of a job besides its record."""

    tags: dict[str, str] = Field(default={})
    params: dict[str, str] = Field(default={})
    parent: str | None = None
    """Kind and name of the run that it hangs below, which has the same seed."""
    metric: str | None = None
    """Metric of its predictions, for a task of the general study."""


class TrackParams(JobParams):
    """Where runs are tracked, and what is said of them."""

    mlflow_uri: str
    experiment: str
    notes: dict[str, RunNote]
    """By the kind and name of a record, such as ``training/wild.base``."""

    @classmethod
    def from_settings(cls, settings: Settings) -> TrackParams:
        """Describe every lineage, student and task of a configuration."""
        chosen = settings.publishing.model_dump(include={"mlflow_uri", "experiment"})
        notes = _memory_notes(settings) | _general_notes(settings)
        return cls(results=settings.results, notes=notes, **chosen)


def _memory_notes(settings: Settings) -> dict[str, RunNote]:
    known = trials(settings.memory)
    trained = models(settings.memory, folds_of(settings.datasets))
    return {f"training/{model}": _model_note(model, known) for model in trained}


def _model_note(model: Lineage, known: list[Trial]) -> RunNote:
    lineage, depth = model.pooled, len(model.stages)
    strategies = {trial.strategy for trial in known if trial.lineage.stages[:depth] == lineage.stages}
    tags = {
        "lineage": str(lineage),
        "dataset": "+".join(lineage.stage.datasets),
        "strategies": ", ".join(sorted(strategies)),
        "trials": "; ".join(_describe_trial(trial) for trial in known if trial.lineage == lineage),
    }
    if model.fold:
        tags["fold"] = str(model.fold)
    parent = f"training/{model.parent}" if model.parent else None
    return RunNote(tags=tags, params={"recipe": lineage.stage.recipe}, parent=parent)


def _describe_trial(trial: Trial) -> str:
    amount = f" {trial.fraction} %" if trial.fraction else ""
    return f"{trial.source} to {trial.target}: {trial.strategy}{amount}"


def _general_notes(settings: Settings) -> dict[str, RunNote]:
    """Describe students, which hang below the operator that teaches them, the export, and the tasks."""
    general = settings.general
    if general is None:
        return {}
    notes = {
        f"student/{kind}": RunNote(parent=f"fusion/{STUDENTS[kind].operator}") for kind in general.students
    }
    notes |= {f"export/{kind}": RunNote(parent=f"student/{kind}") for kind in general.students}
    for item in general_tasks(general):
        tags = {"knowledge": item.name, "task": item.task, "role": item.role}
        metric = "test_" + metric_of(item).name.replace(" ", "_")
        notes[f"task/{item.name}"] = RunNote(tags=tags, metric=metric, parent=f"transfer/{item.name}/frozen")
    return notes
