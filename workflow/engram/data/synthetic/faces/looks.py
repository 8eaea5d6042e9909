"""The drawn data sets.

Each look stands for a data set that cannot be shipped, and has that set's plan:
who was photographed, how, and how strongly they showed what they felt.
"""

from __future__ import annotations

from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.looks_crowd import OBJECTS
from engram.data.synthetic.faces.looks_general import GENERAL_LOOKS
from engram.data.synthetic.faces.looks_memory import MEMORY_LOOKS

__all__ = ["LOOKS", "LOOK_TABLE", "OBJECTS"]

LOOK_TABLE: dict[str, Look] = MEMORY_LOOKS | GENERAL_LOOKS | {"objects": OBJECTS}

#: The names of the drawn data sets.
LOOKS: tuple[str, ...] = tuple(LOOK_TABLE)
