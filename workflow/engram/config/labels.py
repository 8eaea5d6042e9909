"""Settings of label sets: classes, ranges and age groups other than the defaults of `engram.core.labels`."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engram.config.strict import Strict
from engram.core import labels

__all__ = ["LabelSettings"]

_Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_+-]*$")]


class LabelSettings(Strict):
    """The label sets of a run. A change makes everything again."""

    classes: dict[Literal[(*labels.DEFAULT_CLASSES,)], Annotated[list[_Word], Field(min_length=2)]] = Field(  # type: ignore[valid-type]
        default={}
    )
    """The classes of a task, in the order of a head's outputs, in place of those of
    `workflow/engram/core/labels.py`: expression with contempt, ethnicity with indian, object with the
    classes of a data set of yours. Drawn faces have the default classes, and no label for others."""
    ranges: dict[Literal[(*labels.DEFAULT_RANGES,)], tuple[float, float]] = Field(default={})  # type: ignore[valid-type]
    """The smallest and largest value of a regression task; a label outside is refused."""
    age_edges: list[float] = Field(default=[])
    """Ages at which the second and later classes of `age_group` begin. Data sets that give ages and no age
    groups get these."""

    @model_validator(mode="after")
    def _sets_are_whole(self) -> LabelSettings:
        for task, words in self.classes.items():
            if len(set(words)) != len(words):
                raise ValueError(f"classes.{task}: a class stands there twice")
        for task, (low, high) in self.ranges.items():
            if low >= high:
                raise ValueError(f"ranges.{task}: the smallest value, {low:g}, is not below {high:g}")
        if any(first >= other for first, other in pairwise(self.age_edges)):
            raise ValueError("age_edges: ages must ascend")
        groups = self.classes.get("age_group", labels.DEFAULT_CLASSES["age_group"])
        if self.age_edges and len(self.age_edges) != len(groups) - 1:
            raise ValueError(
                f"age_edges: {len(self.age_edges)} edges part ages into {len(self.age_edges) + 1} groups, "
                f"but 'age_group' has {len(groups)} classes: {', '.join(groups)}. Give as many in "
                "'classes.age_group'"
            )
        return self

    def use(self) -> None:
        """Take these label sets for the rest of the process."""
        labels.use_label_sets(self.classes, self.ranges, self.age_edges)

    @classmethod
    def in_use(cls) -> LabelSettings:
        """Return what the process uses, as far as it differs from the defaults."""
        return cls(
            classes={task: words for task, words in labels.CLASSES.items() if words != _default(task)},
            ranges={task: span for task, span in labels.RANGES.items() if span != _default(task)},
            age_edges=list(labels.AGE_EDGES),
        )


def _default(task: str) -> object:
    return {**labels.DEFAULT_CLASSES, **labels.DEFAULT_RANGES}[task]
