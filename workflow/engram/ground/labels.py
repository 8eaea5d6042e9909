"""The label sets: every task's classes, in the one order that models and tables use."""

from __future__ import annotations

from engram.ground.errors import ManifestError

__all__ = ["CLASSES", "EXPRESSIONS", "RANGES", "TASKS", "class_index"]

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
}

#: Regression tasks and their smallest and largest value, in years for ``age``.
RANGES: dict[str, tuple[float, float]] = {"age": (0.0, 116.0)}

#: Every task that a manifest may have a column for.
TASKS = (*CLASSES, *RANGES)


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
