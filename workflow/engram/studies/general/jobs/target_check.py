"""The plan of the check that all trainings of the study wait for; torch-free."""

from __future__ import annotations

from typing import Literal

from engram.config import Settings
from engram.config.base import JobParams, Strict
from engram.core.paths import GENERAL_CROP
from engram.runtime.job_spec import JobSpec
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.operators import fused_sizes
from engram.studies.general.plan import general_datasets
from engram.studies.general.settings import general_settings
from engram.studies.general.task_plan import Task, general_tasks

__all__ = ["Learner", "TargetCheckParams", "target_check_job"]


class Learner(Strict):
    """What is trained on a data set before any target."""

    name: str
    datasets: list[str]
    """Of several, one that has a subset is enough."""
    task: str = ""
    """The label that it learns; none for fusion and students."""
    subsets: list[Literal["train", "validation", "test"]]
    """The subsets that must have faces."""
    least: int = 0
    """More faces than this its training subset must have."""


class TargetCheckParams(JobParams):
    """What the check depends on."""

    datasets: list[str]
    tasks: list[Task]
    learners: list[Learner]
    unsolvable: Literal["leave_out", "stop"]

    @classmethod
    def from_settings(cls, settings: Settings) -> TargetCheckParams:
        """Pick the tasks, and the encoders that are trained here."""
        general = general_settings(settings)
        learners = [
            Learner(
                name=f"encoder '{name}'",
                datasets=[encoder.dataset],
                task=encoder.tasks[0],
                subsets=["train", *(["validation"] if "identity" not in encoder.tasks else [])],
            )
            for name, encoder in general.encoders.items()
            if encoder.imported is None and encoder.dataset is not None
        ]
        fused = Learner(
            name="the unlabelled faces",
            datasets=general.unsupervised,
            subsets=["train", "validation", "test"],
            # PCA finds as many components as h_G has values.
            least=fused_sizes(general)[-1],
        )
        return cls(
            results=settings.results,
            datasets=general_datasets(settings),
            tasks=[task.solved() for task in general_tasks(general)],
            learners=[*learners, fused],
            unsolvable=general.unsolvable,
        )


def target_check_job(settings: Settings) -> JobSpec:
    """Return the check of all tasks, encoders and D_unsup against data and splits."""
    files, names = GeneralFiles.from_settings(settings), general_datasets(settings)
    return JobSpec(
        name="check_targets",
        inputs={
            "indices": [files.layout.faces(name, GENERAL_CROP) / "index.parquet" for name in names],
            "splits": [files.split(name) for name in names],
        },
        outputs={"report": files.layout.general / "targets.json"},
        log=files.layout.logs / "check_targets.log",
        params=TargetCheckParams.from_settings(settings),
        priority=30,
    )
