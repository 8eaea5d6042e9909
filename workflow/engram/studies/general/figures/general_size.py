"""The size of the fused embedding against reconstruction of the source embeddings and against transfer to
the targets. A cross marks the size that is best for a target by its validation faces.

Figure 2 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, NullLocator

from engram.reporting.plots import PAGE
from engram.statistics.crossed import Estimate
from engram.studies.general.evidence.collect import AVERAGE, GeneralEvidence
from engram.studies.general.evidence.sizes import (
    best_sizes,
    mean_relative_scores,
    method_of,
    operators_by_size,
    relative_scores,
)

__all__ = ["general_size"]

_LINE = "#000000"
#: One for each target; from the palette that readers with any colour vision tell apart, and its lighter half.
_COLOURS = (
    *("#E69F00", "#56B4E9", "#009E73", "#D55E00", "#0072B2", "#CC79A7", "#B8A800", "#8C564B"),
    *("#7F7F7F", "#17BECF"),
)


def general_size(evidence: GeneralEvidence) -> Figure:
    """Draw two panels over the size: normalised RMSE, and the score on targets relative to h_G's.

    On the right every target has its curve, and a cross at the size that its validation faces choose.
    """
    figure = Figure(figsize=(PAGE, 3.4))
    left, right = figure.subplots(1, 2)
    sizes = operators_by_size(evidence.general)
    errors = evidence.reconstruction
    for encoder in evidence.general.encoders:
        _thin(left, sizes, [errors[encoder].of(name).value for name in sizes], "0.8")
    _curve(left, sizes, [errors[AVERAGE].of(name) for name in sizes])
    left.set_ylabel("normalised RMSE ↓")
    left.set_title("reconstruction of the source embeddings", loc="left")
    left.set_ylim(bottom=0)

    methods, best = [method_of(name) for name in sizes], best_sizes(evidence)
    handles = []
    for place, item in enumerate(evidence.targets):
        scores = relative_scores(evidence, item.name, methods)
        colour = _COLOURS[place % len(_COLOURS)]
        values = {name: scores.of(method_of(name)).value for name in sizes}
        _thin(right, sizes, list(values.values()), colour)
        chosen = best[item.name]
        right.plot(
            sizes[chosen], values[chosen], "x", color=colour, markersize=7, markeredgewidth=1.8, zorder=5
        )
        handles.append(Line2D([], [], marker="x", color=colour, linewidth=0.9, label=item.title))
    mean = mean_relative_scores(evidence, methods)
    _curve(right, sizes, [mean.of(name) for name in methods])
    right.set_ylabel("score relative to h_G's, % ↑")
    right.set_title(f"transfer to {len(handles)} targets", loc="left")
    for panel in (left, right):
        _size_axis(panel, list(sizes.values()), sizes["ae"])
    figure.legend(handles=[*_legend(evidence), *handles], loc="outside lower center", ncols=4, fontsize=6.5)
    return figure


def _thin(panel: Axes, sizes: dict[str, int], values: list[float], colour: str) -> None:
    panel.plot(list(sizes.values()), values, color=colour, linewidth=0.8, alpha=0.8, zorder=1)


def _curve(panel: Axes, sizes: dict[str, int], estimates: list[Estimate]) -> None:
    """Draw the mean with its intervals."""
    places = list(sizes.values())
    frame = pd.DataFrame(
        [(one.value, one.low, one.high) for one in estimates], columns=["value", "low", "high"]
    )
    panel.fill_between(places, frame["low"], frame["high"], color=_LINE, alpha=0.15, linewidth=0, zorder=2)
    panel.plot(places, frame["value"], "o-", color=_LINE, markersize=4, zorder=3)


def _size_axis(panel: Axes, sizes: list[int], own: int) -> None:
    panel.set_xscale("log", base=2)
    panel.axvline(own, color="0.5", linewidth=0.7, linestyle="--", zorder=0)
    panel.set_xticks(sizes, [str(number) for number in sizes], rotation=45 if len(sizes) > 6 else 0)
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.set_xlabel("values of the fused embedding")


def _legend(evidence: GeneralEvidence) -> list[Line2D]:
    confidence = f"{100 * evidence.params.evidence.confidence:g} % interval"
    return [
        Line2D([], [], marker="o", color=_LINE, markersize=4, label=f"mean, {confidence}"),
        Line2D([], [], color="0.8", linewidth=0.8, label="one encoder"),
        Line2D([], [], linestyle="--", color="0.5", linewidth=0.7, label="size of h_G"),
        Line2D([], [], linestyle="", marker="x", color="0.35", label="best by validation"),
    ]
