"""Every subset of the source encoders on every target task: the score of a quick selector against the
validation score of a network. Rings mark what the selector would choose.
"""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.reporting.plots import PAGE
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.selection.selectors import BRUTE_FORCE, HEADINGS
from engram.studies.general.tables.general_selection import EVERYWHERE, rankings, selection_frame

__all__ = ["general_selection"]

_SHOWN = ("kernel", "logme", "h_score")


def general_selection(evidence: GeneralEvidence) -> Figure:
    """Draw a panel a selector: its scores against brute force's on validation, standardised by target."""
    ranked = {name: rankings(scores) for name, scores in evidence.selection.items()}
    methods = [name for name in _SHOWN if all(name in found for found in ranked.values())]
    figure = Figure(figsize=(PAGE, 3.3))
    panels = figure.subplots(1, max(1, len(methods)), sharey=True, squeeze=False)[0]
    table = selection_frame(evidence)
    together = table[table["task"] == EVERYWHERE].set_index("selector")
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    colours = {name: cycle[place % len(cycle)] for place, name in enumerate(ranked)}
    for panel, method in zip(panels, methods, strict=False):
        for name, found in ranked.items():
            _dots(panel, found[method], found[BRUTE_FORCE], colours[name])
        correlation = f"mean ρ = {together['spearman'][method]:.2f}".replace("-", "−")
        panel.set_title(f"{HEADINGS[method]}\n{correlation}, {_seconds(together, method)}", loc="left")
        panel.set_xlabel("its score, standardised")
    panels[0].set_ylabel(f"{HEADINGS[BRUTE_FORCE]}, standardised\n{_seconds(together, BRUTE_FORCE)}")
    figure.legend(handles=_legend(evidence, colours), loc="outside lower center", ncols=4)
    return figure


def _dots(panel: Axes, method: pd.DataFrame, networks: pd.DataFrame, colour: str) -> None:
    across = _standardised(method["validation"].reindex(networks.index))
    upwards = _standardised(networks["validation"])
    panel.plot(across, upwards, "o", color=colour, markersize=2.6, markeredgewidth=0, alpha=0.7)
    best = int(np.nanargmax(across))
    panel.plot(
        across[best],
        upwards[best],
        "o",
        color=colour,
        markerfacecolor="none",
        markersize=7,
        markeredgewidth=1.1,
    )


def _standardised(scores: pd.Series) -> np.ndarray:
    values = scores.to_numpy(np.float64)
    return (values - np.nanmean(values)) / (np.nanstd(values) or 1.0)


def _seconds(together: pd.DataFrame, method: str) -> str:
    return f"{together['seconds'][method]:.3g} s"


def _legend(evidence: GeneralEvidence, colours: dict[str, str]) -> list[Line2D]:
    plain: dict[str, Any] = {"linestyle": "", "marker": "o"}
    handles = [
        Line2D([], [], color=colours[item.name], markersize=4, label=item.title, **plain)
        for item in evidence.targets
        if item.name in colours
    ]
    ring = Line2D([], [], color="0.35", markerfacecolor="none", markersize=7, label="its choice", **plain)
    return [*handles, ring]
