"""The label sets: every task's classes, in the one order that models and tables use."""

from __future__ import annotations

from typing import Literal

from engram.core.errors import ManifestError

__all__ = [
    "ATTRIBUTE_PREFIX",
    "CLASSES",
    "EXPRESSIONS",
    "RANGES",
    "TARGET_TASKS",
    "TASKS",
    "Kind",
    "class_index",
    "kind_of",
]

#: The seven classes of Tannugi et al. (2019), section III: six basic expressions and neutral.
EXPRESSIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")

#: Classification tasks and their classes, in the order of a head's outputs.
CLASSES: dict[str, tuple[str, ...]] = {
    "expression": EXPRESSIONS,
    "age_group": ("child", "young", "middle", "senior"),
    "gender": ("female", "male"),
    "ethnicity": ("white", "black", "east_asian", "west_asian"),
    "glasses": ("none", "glasses", "sunglasses"),
    "pose": ("straight", "left", "right", "up"),
    "skin_tone": ("light", "medium", "dark"),
    "object": ("ball", "box", "bottle", "cup", "flower", "house", "star", "tree"),
}

#: Regression tasks and their smallest and largest value: years, and the pain score of Prkachin
#: and Solomon (2008).
RANGES: dict[str, tuple[float, float]] = {"age": (0.0, 116.0), "pain": (0.0, 16.0)}

#: Every task that a manifest may have a column for.
TASKS = (*CLASSES, *RANGES)

#: What the columns of attributes begin with: 1 where a face has it, 0 where not.
ATTRIBUTE_PREFIX = "attr_"

#: Everything that an encoder can know and a target can ask: ``identity`` reads the column
#: ``subject``, ``attributes`` all columns of attributes at once.
TARGET_TASKS = (*TASKS, "identity", "attributes")

Kind = Literal["classification", "regression", "identity", "attributes"]


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
