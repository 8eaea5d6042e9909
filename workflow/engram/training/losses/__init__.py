"""Losses, one a file: the paper, the shapes.

A loss that a student can learn by has a function ``build(sizes)``: from the teachers' sizes it returns what
compares outputs and targets, (B, D) each, and gives (B,) or (B, teachers). To add one, copy such a file and
name it as the ``loss`` of a kind of student in `engram.studies.general.methods.STUDENTS`.
"""

from __future__ import annotations

from engram.core.registry import find_modules

__all__ = ["LOSSES"]

#: Every loss by its name.
LOSSES = find_modules(__name__, __file__)
