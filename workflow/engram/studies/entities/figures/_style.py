"""Colours that stand for the same strategy in every figure of the study."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.studies.entities.collect import Evidence

__all__ = ["colours", "dot", "draw_legend", "transfers_of"]

#: Lines of strategies beyond the number of colours.
_DASHES = ("-", "--", ":", "-.")
#: Names of strategies in a row of a legend.
_COLUMNS = 6


def colours(evidence: Evidence) -> dict[str, tuple[str, str]]:
    """Return the colour and the line of each strategy, by its place in the settings."""
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    return {
        name: (cycle[number % len(cycle)], _DASHES[number // len(cycle) % len(_DASHES)])
        for number, name in enumerate(evidence.study.strategies)
    }


def draw_legend(figure: Figure, evidence: Evidence, strategies: Iterable[str], *, dots: bool = False) -> None:
    """Name the strategies below the panels, as many beside one another as the page holds."""
    handles = _samples(evidence, strategies, dots=dots)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(max(len(handles), 1), _COLUMNS))


def _samples(evidence: Evidence, strategies: Iterable[str], *, dots: bool) -> list[Line2D]:
    """Return a sample of each strategy's line, or of its dots; hollow ones stand for dashed lines."""
    chosen = colours(evidence)
    if not dots:
        return [
            Line2D([], [], color=chosen[name][0], linestyle=chosen[name][1], label=name)
            for name in strategies
        ]
    return [Line2D([], [], linestyle="", label=name, **dot(evidence, name)) for name in strategies]


def dot(evidence: Evidence, strategy: str) -> dict[str, Any]:
    """Return how a strategy's dots look; hollow ones belong to its colour's second strategy."""
    colour, dashes = colours(evidence)[strategy]
    hollow = {} if dashes == "-" else {"markerfacecolor": "white"}
    return {"marker": "o", "color": colour, "markersize": 4, **hollow}


def transfers_of(evidence: Evidence) -> list[tuple[str, str]]:
    """Return the transfers (source, target) in the order of the settings."""
    return list(dict.fromkeys((trial.source, trial.target) for trial in evidence.trials))
