"""The general study's figures, one a file: the file's name is the figure's name.

A figure's module has a function of its own name, which draws the figure from the study's evidence.
"""

from __future__ import annotations

from engram.core.registry import find_modules

__all__ = ["FIGURES"]

#: Every figure by its name.
FIGURES = find_modules(__name__, __file__)
