"""What the jobs of publishing depend on. Torch-free: rules import it to plan."""

from __future__ import annotations

from typing import Any

from engram.config import (
    DrawnSettings,
    EstimateSettings,
    EvidenceSettings,
    FacesSettings,
    PublishingSettings,
    Settings,
)
from engram.config.base import JobParams, Strict
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.plan import GeneralTask, general_tasks
from engram.studies.lineage.trials import Trial, datasets_in_use, trials

__all__ = [
    "BundleParams",
    "CardData",
    "CardParams",
    "CardUse",
    "PublishParams",
    "TrackParams",
    "TrackedTask",
    "TrackedTrial",
]


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


class TrackedTrial(Strict):
    """A strategy on a source and a target, and the lineage that it leads to."""

    lineage: str
    strategy: str
    words: str


class TrackedTask(Strict):
    """A task of the general study."""

    task: str
    role: str
    metric: str
    """Name of its metric in MLflow."""


class TrackParams(JobParams):
    """Where runs are tracked, and what records do not say of themselves."""

    mlflow_uri: str
    experiment: str
    trials: list[TrackedTrial]
    tasks: dict[str, TrackedTask]
    """By name."""

    @classmethod
    def from_settings(cls, settings: Settings) -> TrackParams:
        """Describe every trial and task of a configuration."""
        tasks = general_tasks(settings.general) if settings.general else []
        return cls(
            results=settings.results,
            **settings.publishing.model_dump(include={"mlflow_uri", "experiment"}),
            trials=[_describe_trial(trial) for trial in trials(settings.memory)],
            tasks={item.name: _describe_task(item) for item in tasks},
        )


def _describe_trial(trial: Trial) -> TrackedTrial:
    amount = f" {trial.fraction} %" if trial.fraction else ""
    words = f"{trial.source} to {trial.target}: {trial.strategy}{amount}"
    return TrackedTrial(lineage=str(trial.lineage), strategy=trial.strategy, words=words)


def _describe_task(item: GeneralTask) -> TrackedTask:
    metric = "test_" + metric_of(item).name.replace(" ", "_")
    return TrackedTask(task=item.task, role=item.role, metric=metric)
