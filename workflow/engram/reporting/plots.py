"""What all figures share: the style, the colours and markers, and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from engram.core.files import atomic_path

__all__ = ["PAGE", "in_percent", "save", "styled", "two_a_row"]

#: Width of a page's text, in inches.
PAGE = 7.2

_STYLE = Path(__file__).with_name("engram.mplstyle")


def save(draw: Callable[[], Figure], stem: str | Path) -> None:
    """Draw a figure in the project's style and write ``stem.svg`` and ``stem.png``, atomically.

    The same input gives the same bytes: no date, no version, no random identifiers.
    """
    with styled():
        figure = draw()
        # Laid out once, for both files: the layout takes longer than the drawing.
        layout = figure.get_layout_engine()
        if layout is not None:
            layout.execute(figure)
            figure.set_layout_engine("none")
        _settle(figure)
        # By the canvases' own methods: `savefig` goes through the whole figure once more for each file.
        # They leave another resolution behind: it is set for each.
        for ending, write in (("svg", _write_svg), ("png", _write_png)):
            figure.set_dpi(mpl.rcParams["savefig.dpi"])
            with atomic_path(f"{stem}.{ending}") as temporary:
                write(figure, temporary)


def _write_svg(figure: Figure, path: Path) -> None:
    FigureCanvasSVG(figure).print_svg(path, metadata={"Date": None, "Creator": None})


def _write_png(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})


def _settle(figure: Figure) -> None:
    """Round every panel's place, far below a pixel: the layout's solver leaves the last bits to chance."""
    for panel in figure.axes:
        panel.set_position(np.round(panel.get_position(original=True).bounds, 10))


def styled() -> AbstractContextManager[None]:
    """Return a context in which matplotlib draws in the project's style, whatever the user's own is."""
    chosen: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if key != "backend"}
    chosen.update(mpl.rc_params_from_file(_STYLE, use_default_template=False).items())
    return mpl.rc_context(chosen)


def in_percent(low: float, high: float) -> list[float]:
    """Return the ends of an interval of a percentage as a figure shows them: none beyond 0 and 100."""
    return [max(low, 0.0), min(high, 100.0)]


def two_a_row(panels: np.ndarray, count: int) -> list[np.ndarray]:
    """Return the pairs of panels for ``count`` things, two a row; the others leave the figure.

    Of an odd number the first stands alone in its row, so that the last row is full and carries
    the labels of the axis.

    Parameters
    ----------
    panels
        (rows, 4) axes: two pairs a row.
    """
    pairs = list(panels.reshape(-1, 2))
    spare = pairs[1:2] if count % 2 else []
    for panel in (panel for pair in spare for panel in pair):
        panel.remove()
    return [pairs[0], *pairs[2:]] if spare else pairs
