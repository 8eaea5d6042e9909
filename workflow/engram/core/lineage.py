"""Lineage: a model is named by the stages that made it, and its folder lies in its parent's.

Spelling, once and for all::

    wild.base                              trained on all of wild's training subset by recipe `base`
    wild.base/studio-50.head               ... then on half of studio's by recipe `head`
    wild+studio-50.base                    trained on both, merged
    wild.base/studio-50-fold2.head         as above, by the second fold of studio's subjects

A stage is ``<data>.<recipe>``. Its data are names of data sets, joined by ``+``; a name is followed by
``-<percent>`` unless all of the training subset is used, and by ``-fold<number>`` where the data set's
subjects are tested in folds. A lineage without its folds names all of its models together: tables and
predictions know no other name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from engram.core.errors import ConfigurationError

__all__ = ["NAME", "Lineage", "Stage", "StageData"]

#: What the name of a data set or recipe looks like.
NAME = r"[a-z][a-z0-9_]*"
_DATA = re.compile(rf"(?P<dataset>{NAME})(?:-(?P<percent>[1-9][0-9]?))?(?:-fold(?P<fold>[1-9][0-9]{{0,3}}))?")


@dataclass(frozen=True, order=True)
class StageData:
    """A data set that a stage trains on: all of its training subset, or a fraction of it."""

    dataset: str
    percent: int = 100
    fold: int = 0
    """Which fold's training subset it is, from 1; 0 where there are no folds, or all of them are meant."""

    def __str__(self) -> str:
        percent = "" if self.percent == 100 else f"-{self.percent}"
        return f"{self.dataset}{percent}-fold{self.fold}" if self.fold else f"{self.dataset}{percent}"

    @classmethod
    def parse(cls, text: str) -> StageData:
        """Read ``studio``, ``studio-50`` or ``studio-50-fold2``."""
        match = _DATA.fullmatch(text)
        if match is None:
            raise ConfigurationError(
                f"'{text}' names no data. Write a data set's name, or name-percent: 'studio-50'."
            )
        return cls(match["dataset"], int(match["percent"] or 100), int(match["fold"] or 0))


@dataclass(frozen=True, order=True)
class Stage:
    """One training of some layers (the recipe says which) on some data."""

    data: tuple[StageData, ...]
    recipe: str

    def __str__(self) -> str:
        return f"{'+'.join(map(str, self.data))}.{self.recipe}"

    @classmethod
    def parse(cls, text: str) -> Stage:
        """Read ``wild+studio-50.base``."""
        data, dot, recipe = text.partition(".")
        if not dot or not re.fullmatch(NAME, recipe):
            raise ConfigurationError(f"'{text}' is not a stage. Write data.recipe, such as 'wild.base'.")
        return cls(tuple(StageData.parse(part) for part in data.split("+")), recipe)

    @property
    def datasets(self) -> list[str]:
        """The data sets it trains on, sorted."""
        return sorted({part.dataset for part in self.data})


@dataclass(frozen=True, order=True)
class Lineage:
    """A trained model's stages, oldest first. ``str`` of it is its path below ``models/seed*/``."""

    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        return "/".join(map(str, self.stages))

    @classmethod
    def parse(cls, text: str) -> Lineage:
        """Read a path such as ``wild.base/studio-50.head``."""
        return cls(tuple(Stage.parse(part) for part in text.split("/")))

    @property
    def stage(self) -> Stage:
        """The last stage: the one that this model's job runs."""
        return self.stages[-1]

    @property
    def parent(self) -> Lineage | None:
        """The model that this one starts from; None for a model trained from random weights."""
        return Lineage(self.stages[:-1]) if len(self.stages) > 1 else None

    @property
    def earlier_datasets(self) -> list[str]:
        """The data sets that its ancestors trained on, sorted."""
        return sorted({name for stage in self.stages[:-1] for name in stage.datasets})

    @property
    def fold(self) -> int:
        """The fold of all its data sets that have folds; 0 where it trained on none of them."""
        return max(part.fold for part in self._parts)

    @property
    def pooled(self) -> Lineage:
        """The name that its models of all folds share."""
        return self._with_folds(lambda dataset: 0)

    def fold_of(self, dataset: str) -> int:
        """Return the fold in which it trained on a data set; 0 if that has none."""
        return max((part.fold for part in self._parts if part.dataset == dataset), default=0)

    def in_fold(self, fold: int, folded: Collection[str]) -> Lineage:
        """Return the model of one fold of the data sets ``folded``, which are those with folds."""
        return self._with_folds(lambda dataset: fold if dataset in folded else 0)

    @property
    def _parts(self) -> list[StageData]:
        return [part for stage in self.stages for part in stage.data]

    def _with_folds(self, fold: Callable[[str], int]) -> Lineage:
        return Lineage(
            tuple(
                replace(
                    stage,
                    data=tuple(replace(part, fold=fold(part.dataset)) for part in stage.data),
                )
                for stage in self.stages
            )
        )
