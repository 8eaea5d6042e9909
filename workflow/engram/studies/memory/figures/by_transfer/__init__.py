"""The memory study's figures of one transfer, one file each, such as ``confusion-wild-studio``.

To add one, copy a file beside this: its function takes the names of source and target as well.
"""

from engram.core.registry import find_modules

__all__ = ["FIGURES_BY_TRANSFER"]

#: Every figure of one transfer by its kind.
FIGURES_BY_TRANSFER = find_modules(__name__, __file__)
