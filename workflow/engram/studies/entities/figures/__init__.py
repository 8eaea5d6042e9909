"""The study's figures, one file each.

To add one, copy a file beside this. Its name is the figure's, its docstring the caption in the report, and a
function of the same name draws it.
"""

from engram.core.registry import find_modules

__all__ = ["FIGURES"]

#: Every figure by its name.
FIGURES = find_modules(__name__, __file__)
