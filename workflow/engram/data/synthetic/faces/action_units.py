"""Facial action units, and the combinations of them that show an emotion.

Numbers and names follow the Facial Action Coding System (Ekman & Friesen 1978,
*Facial Action Coding System*, Consulting Psychologists Press). The combinations
follow EMFACS (Friesen & Ekman 1983, *EMFACS-7: Emotional Facial Action Coding
System*, University of California), which lists several for each emotion.
"""

from __future__ import annotations

__all__ = ["ACTION_UNITS", "COMBINATIONS", "action_unit_columns"]

#: The action units that the renderer draws, by their number.
ACTION_UNITS: dict[int, str] = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    12: "lip corner puller",
    14: "dimpler",
    15: "lip corner depressor",
    16: "lower lip depressor",
    17: "chin raiser",
    20: "lip stretcher",
    22: "lip funneler",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
    27: "mouth stretch",
    43: "eyes closed",
}

#: For each expression, the combinations that show it. A look picks some of them.
COMBINATIONS: dict[str, tuple[tuple[int, ...], ...]] = {
    "anger": ((4, 5, 7, 23), (4, 7, 17, 24), (4, 5, 7, 10, 22, 25), (4, 7, 10, 16, 25), (4, 5, 24)),
    "disgust": ((9, 10, 17), (9, 10, 16, 25), (4, 7, 9), (10, 15, 17), (10, 16, 25)),
    "fear": ((1, 2, 4, 5, 20, 25), (1, 2, 4, 5, 7, 20, 26), (1, 2, 4, 5), (1, 4, 5, 20, 25), (1, 2, 5, 25)),
    "happiness": ((6, 12), (6, 12, 25), (12,), (6, 12, 25, 26), (12, 25)),
    "sadness": ((1, 4, 15), (1, 4, 15, 17), (1, 4), (1, 15, 17), (1, 4, 15, 43)),
    "surprise": ((1, 2, 5, 25, 26), (1, 2, 5, 25, 27), (1, 2, 25, 26), (1, 2, 5), (1, 2, 25, 27)),
    "neutral": ((),),
}


def action_unit_columns() -> tuple[str, ...]:
    """Return the manifest's columns of action units, ``("au1", "au2", ...)``, in the table's order."""
    return tuple(f"au{number}" for number in ACTION_UNITS)
