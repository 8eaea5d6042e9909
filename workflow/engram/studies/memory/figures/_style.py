"""Colours and markers that stand for the same thing in every figure of the memory study."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.lines import Line2D

from engram.studies.memory.collect import Evidence

__all__ = ["colours", "legend", "markers"]

_MARKERS = "oDs^vP"


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
