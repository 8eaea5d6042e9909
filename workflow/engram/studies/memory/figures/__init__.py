"""The memory study's figures of the whole study, one file each.

To add one, copy a file beside this. Its name is the figure's, its docstring the caption in the report, and a
function of the same name draws it. Figures of one transfer lie in ``by_transfer``.
"""

from engram.core.registry import find_modules

__all__ = ["FIGURES"]

#: Every figure of the whole study by its name.
FIGURES = find_modules(__name__, __file__)
