"""The tasks of the general study: targets and sources, each with its data set and protocol.

A task, with its data set, is what Vielzeuf et al. (2019, section 3.1) call a piece of knowledge.
"""

from __future__ import annotations

from typing import Literal

from engram.config import GeneralSettings
from engram.config.base import Strict
from engram.core.labels import kind_of
from engram.studies.general.methods import Role

__all__ = ["GeneralTask", "Task", "general_tasks"]

#: Pairs of view 2 of LFW: ten folds of 300 of the same subject and 300 of different ones.
_LFW_PAIRS = 6000
#: Fields that a task has from the settings of its target.
_OF_TARGETS = {
    "dataset",
    "task",
    "protocol",
    "folds",
    "pairs",
    "trained_on",
    "trained_faces",
    "published",
    "stands_for",
    "note",
}


class Task(Strict):
    """A task on a data set: all that training may know of it."""

    name: str
    """Its key: a target's own, or ``source_`` and the encoder's, of its further tasks with the task."""
    role: Role
    dataset: str
    task: str
    """The label that is predicted: one of `engram.core.labels.TARGET_TASKS`."""
    protocol: Literal["split", "leave_one_out", "pairs"]
    folds: int | None = None
    """For ``leave_one_out``: folds of several subjects; None for one a subject."""
    pairs: int | Literal["official"] = 600
    """Pairs of faces, for protocol ``pairs``, or those of the data set's owners."""
    trained_on: str | None = None
    """For ``pairs``, another data set that everything but the test is done on."""
    trained_faces: int | None = None
    """For ``pairs``, how many training faces are learnt from at most."""
    encoder: str | None = None
    """For a source, the encoder that was trained on it."""

    @property
    def kind(self) -> str:
        """What sort of label it is; see `engram.core.labels.kind_of`."""
        return kind_of(self.task)

    @property
    def learnt_on(self) -> str:
        """The data set of its training and validation faces."""
        return self.trained_on or self.dataset

    @property
    def pair_count(self) -> int:
        """How many pairs there are, all folds together; of official ones as many as LFW's view 2 has."""
        return _LFW_PAIRS if self.pairs == "official" else self.pairs


class GeneralTask(Task):
    """One row of the study's tables: a task with its headings."""

    title: str
    published: str | None = None
    """Its name in the published tables, if it is that very task."""
    stands_for: str | None = None
    """The published task that it stands in for."""
    note: str = ""
    """What tables say of it."""

    def solved(self) -> Task:
        """Return the task without its words, so that a new title trains nothing again."""
        return Task(**self.model_dump(include=set(Task.model_fields)))


def general_tasks(general: GeneralSettings) -> list[GeneralTask]:
    """Return all tasks: the targets, then the sources, each in the order of the settings."""
    targets = [
        GeneralTask(
            name=name,
            title=chosen.title or name,
            role="target",
            **chosen.model_dump(include=_OF_TARGETS),
        )
        for name, chosen in general.targets.items()
    ]
    sources = [
        GeneralTask(
            name=f"source_{name}" if number == 0 else f"source_{name}_{task}",
            title=name if len(encoder.tasks) == 1 else f"{name} ({task.replace('_', ' ')})",
            role="source",
            dataset=encoder.dataset,
            task=task,
            protocol="pairs" if task == "identity" else encoder.protocol,
            folds=None if task == "identity" else encoder.folds,
            pairs=encoder.pairs,
            trained_faces=encoder.trained_faces if task == "identity" else None,
            published=encoder.published,
            encoder=name,
        )
        for name, encoder in general.encoders.items()
        for number, task in enumerate(encoder.tasks)
        if encoder.dataset is not None
    ]
    return targets + sources
