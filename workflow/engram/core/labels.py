"""The label sets: every task's classes, in the one order that models and tables use.

A configuration may give others (`engram.config.labels`). They hold for a whole process: `use_label_sets` sets
them once, before a run is planned and before a job begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from engram.core.errors import ManifestError

__all__ = [
    "AGE_EDGES",
    "ATTRIBUTE_PREFIX",
    "CLASSES",
    "DEFAULT_CLASSES",
    "DEFAULT_RANGES",
    "EXPRESSIONS",
    "RANGES",
    "TARGET_TASKS",
    "TASKS",
    "Kind",
    "class_index",
    "kind_of",
    "use_label_sets",
]

#: The seven classes of Tannugi et al. (2019), section III: six basic expressions and neutral.
EXPRESSIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")

#: Classification tasks and their classes where a configuration says nothing else; drawn faces have these.
DEFAULT_CLASSES: dict[str, tuple[str, ...]] = {
    "expression": EXPRESSIONS,
    "age_group": ("child", "young", "middle", "senior"),
    "gender": ("female", "male"),
    "ethnicity": ("white", "black", "east_asian", "west_asian"),
    "glasses": ("none", "glasses", "sunglasses"),
    "pose": ("straight", "left", "right", "up"),
    "skin_tone": ("light", "medium", "dark"),
    "object": ("ball", "box", "bottle", "cup", "flower", "house", "star", "tree"),
}

#: Classification tasks and their classes, in the order of a head's outputs.
CLASSES = dict(DEFAULT_CLASSES)

#: Regression tasks and their smallest and largest value where a configuration says nothing else: years,
#: and the pain score of Prkachin and Solomon (2008).
DEFAULT_RANGES: dict[str, tuple[float, float]] = {"age": (0.0, 116.0), "pain": (0.0, 16.0)}

#: Regression tasks and their smallest and largest value.
RANGES = dict(DEFAULT_RANGES)

#: Ages at which the second and later age groups begin, for data sets that give ages alone; empty for none.
AGE_EDGES: list[float] = []

#: Every task that a manifest may have a column for.
TASKS = (*CLASSES, *RANGES)

#: What the columns of attributes begin with: 1 where a face has it, 0 where not.
ATTRIBUTE_PREFIX = "attr_"

#: Everything that an encoder can know and a target can ask: ``identity`` reads the column
#: ``subject``, ``attributes`` all columns of attributes at once.
TARGET_TASKS = (*TASKS, "identity", "attributes")

Kind = Literal["classification", "regression", "identity", "attributes"]


def use_label_sets(
    classes: Mapping[str, Sequence[str]],
    ranges: Mapping[str, tuple[float, float]],
    age_edges: Sequence[float],
) -> None:
    """Take these label sets for the rest of the process, and the defaults for tasks that are not named."""
    CLASSES.update({task: tuple(classes.get(task, default)) for task, default in DEFAULT_CLASSES.items()})
    RANGES.update({task: ranges.get(task, default) for task, default in DEFAULT_RANGES.items()})
    AGE_EDGES[:] = age_edges


def class_index(task: str, name: str) -> int:
    """Return the position of class ``name`` in ``task``.

    Raises
    ------
    ManifestError
        If the task has no such class; the message lists those it has.
    """
    try:
        return CLASSES[task].index(name)
    except ValueError:
        known = ", ".join(CLASSES[task])
        raise ManifestError(f"task '{task}' has no class '{name}'. Its classes are: {known}.") from None


def kind_of(task: str) -> Kind:
    """Return what sort of task one of `TARGET_TASKS` is: it decides head, loss and metric."""
    if task in CLASSES:
        return "classification"
    if task in RANGES:
        return "regression"
    return "identity" if task == "identity" else "attributes"
