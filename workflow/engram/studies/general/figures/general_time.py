"""Time of every method on a log scale: once on the unlabelled faces, on all targets, both, and both for
twice as many targets. It counts training, choosing encoders, and embedding faces by the source encoders where
a method needs that. Training of the source encoders is left out.

Figure 3 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from engram.reporting.plots import PAGE
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import UNLABELLED
from engram.studies.general.evidence.times import times_table
from engram.studies.general.methods import HEADINGS

__all__ = ["general_time"]

_ONCE, _TARGETS, _TOTAL = "#E69F00", "#56B4E9", "#000000"
_PLAIN: dict[str, Any] = {"linestyle": "", "markersize": 5}
_SUM: dict[str, Any] = {"marker": "o", "color": _TOTAL, "linestyle": "", "markersize": 7}


def general_time(evidence: GeneralEvidence) -> Figure:
    """Draw a line a method, the slowest on top: its two parts, their sum, and twice the targets."""
    frame = times_table(evidence).sort_values("total", ascending=True, ignore_index=True)
    figure = Figure(figsize=(PAGE, 0.27 * len(frame) + 1.0))
    panel = figure.subplots()
    panel.set_xscale("log")
    panel.grid(axis="y", visible=False)
    for place, row in frame.iterrows():
        panel.axhline(place, color="0.93", linewidth=0.6, zorder=0)
        panel.plot([row["total"], row["total_twice"]], [place, place], color="0.5", linewidth=1.0, zorder=1)
        panel.plot(row["total_twice"], place, markerfacecolor="white", **_SUM, zorder=2)
        panel.plot(row["total"], place, **_SUM, zorder=3)
        # A part that takes no time has no place on a log scale; one that is the whole lies on the sum.
        for name, colour, marker in (("unsupervised", _ONCE, "s"), ("target", _TARGETS, "D")):
            if row[name] > 0:
                panel.plot(row[name], place, marker, color=colour, markersize=4.2, zorder=4)
        panel.annotate(
            _duration(row["total"]),
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=7,
            annotation_clip=False,
        )
    panel.set_yticks(range(len(frame)), [HEADINGS[name] for name in frame["method"]])
    panel.set_ylim(-0.6, len(frame) - 0.4)
    panel.set_xlabel("time of one seed, seconds: embedding by the source encoders, choosing, training")
    figure.legend(handles=_legend(int(frame["targets"].iloc[0])), loc="outside lower center", ncols=4)
    return figure


def _duration(seconds: float) -> str:
    """Return a time in a unit that suits it, with two digits."""
    for limit, size, unit in (
        (90, 1, "s"),
        (90 * 60, 60, "min"),
        (48 * 3600, 3600, "h"),
        (np.inf, 86400, "d"),
    ):
        if seconds < limit:
            number = seconds / size
            return f"{number:.0f} {unit}" if number >= 10 else f"{number:.2g} {unit}"
    raise ValueError(f"{seconds} is not a time")


def _legend(targets: int) -> list[Line2D]:
    return [
        Line2D([], [], marker="s", color=_ONCE, label=f"on {UNLABELLED}, once", **_PLAIN),
        Line2D([], [], marker="D", color=_TARGETS, label=f"on {targets} targets", **_PLAIN),
        Line2D([], [], label="both", **_SUM),
        Line2D([], [], markerfacecolor="white", label=f"both, {2 * targets} targets", **_SUM),
    ]
