"""What the jobs of publishing depend on. Torch-free: rules import it to plan."""

from __future__ import annotations

from typing import Any

from engram.config import (
    EstimateSettings,
    PublishingSettings,
    Settings,
)
from engram.config.base import JobParams, Strict
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.task_plan import GeneralTask, general_tasks
from engram.studies.lineage.trials import Trial, trials

__all__ = [
    "BundleParams",
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
    trials: dict[str, list[TrackedTrial]]
    """By the study of lineages."""
    tasks: dict[str, TrackedTask]
    """By name."""

    @classmethod
    def from_settings(cls, settings: Settings) -> TrackParams:
        """Describe every trial and task of a configuration."""
        lineages = {"memory": settings.memory, "entities": settings.entities}
        tasks = general_tasks(settings.general) if settings.general else []
        return cls(
            results=settings.results,
            **settings.publishing.model_dump(include={"mlflow_uri", "experiment"}),
            trials={
                name: [_describe_trial(trial) for trial in trials(study)]
                for name, study in lineages.items()
                if study
            },
            tasks={item.name: _describe_task(item) for item in tasks},
        )


def _describe_trial(trial: Trial) -> TrackedTrial:
    amount = f" {trial.fraction} %" if trial.fraction else ""
    words = f"{trial.source} to {trial.target}: {trial.strategy}{amount}"
    return TrackedTrial(lineage=str(trial.lineage), strategy=trial.strategy, words=words)


def _describe_task(item: GeneralTask) -> TrackedTask:
    metric = "test_" + metric_of(item).name.replace(" ", "_")
    return TrackedTask(task=item.task, role=item.role, metric=metric)
