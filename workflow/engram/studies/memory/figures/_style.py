"""Colours, markers and panels that are the same in every figure of the memory study."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.reporting.plots import PAGE
from engram.studies.memory.collect import Evidence

__all__ = ["colours", "legend", "markers", "panel_by_transfer"]

_MARKERS = "oDs^vP"
#: Panels beside each other.
_COLUMNS = 3


def colours(evidence: Evidence) -> dict[str, str]:
    """Return the colour of each strategy, by its place in the settings."""
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    return {
        name: cycle[number % len(cycle)] for number, name in enumerate(evidence.settings.memory.strategies)
    }


def markers(evidence: Evidence) -> dict[int, str]:
    """Return the marker of each fraction of the target's training subset, the baseline's 0 among them."""
    fractions = sorted({trial.fraction for trial in evidence.trials} - {0})
    return {0: "s"} | {
        fraction: _MARKERS[number % len(_MARKERS)] for number, fraction in enumerate(fractions)
    }


def legend(evidence: Evidence) -> list[Line2D]:
    """Return a sample of each strategy's colour and of each fraction's marker."""
    colour, marker = colours(evidence), markers(evidence)
    plain: dict[str, Any] = {"linestyle": "", "markersize": 6}
    strategies = [
        Line2D([], [], marker="s" if number == 0 else "o", color=colour[name], label=name, **plain)
        for number, name in enumerate(evidence.settings.memory.strategies)
    ]
    fractions = [
        Line2D(
            [],
            [],
            marker=shape,
            color="0.35",
            markerfacecolor="none",
            label=f"{fraction} % of target",
            **plain,
        )
        for fraction, shape in marker.items()
        if fraction
    ]
    return [*strategies, *fractions]


def panel_by_transfer(
    evidence: Evidence,
    frame: pd.DataFrame,
    draw: Callable[[Axes, pd.DataFrame, Evidence], None],
    across: str,
    upwards: str,
) -> tuple[Figure, np.ndarray]:
    """Return a figure with a panel a transfer, all on the same axes, and its panels.

    Parameters
    ----------
    frame
        Rows with ``source`` and ``target``; ``draw`` gets those of a panel's transfer.
    across, upwards
        What the axes show.
    """
    transfers = list(frame.groupby(["source", "target"], sort=False))
    columns = min(_COLUMNS, len(transfers))
    rows = -(-len(transfers) // columns)
    width = PAGE if columns > 1 else 4.2
    figure = Figure(figsize=(width, rows * min(width / columns, 3.2) + 0.75))
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    titles = evidence.settings.datasets
    for number, (panel, ((source, target), part)) in enumerate(zip(panels, transfers, strict=False)):
        draw(panel, part, evidence)
        panel.set_title(f"{titles[source].title} → {titles[target].title}")
        panel.tick_params(labelbottom=True)
        panel.set_xlabel(across)
        if number % columns == 0:
            panel.set_ylabel(upwards)
    for panel in panels[len(transfers) :]:
        panel.remove()
    spacing: dict[str, Any] = {"ncols": int(width / 0.65), "columnspacing": 0.9, "handletextpad": 0.1}
    figure.legend(handles=legend(evidence), loc="outside lower center", **spacing)
    return figure, panels[: len(transfers)]
