"""The size of the fused embedding against reconstruction of the source embeddings and against transfer to
the targets. The ring marks the best size.

Figure 2 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from engram.reporting.plots import PAGE
from engram.statistics.crossed import combine, mean_effect
from engram.statistics.intervals import Estimate, Scores
from engram.studies.general.collect import AVERAGE, GeneralEvidence
from engram.studies.general.metrics import metric_of
from engram.studies.general.operators import fused_sizes, sizes_swept

__all__ = ["general_size", "relative_scores"]

_LINE, _BEST = "#0072B2", "#D55E00"


def general_size(evidence: GeneralEvidence) -> Figure:
    """Draw two panels over the size: normalised RMSE, and the score on targets relative to h_G's."""
    figure = Figure(figsize=(PAGE, 2.9))
    left, right = figure.subplots(1, 2)
    own = fused_sizes(evidence.general)[-1]
    sizes = {"ae": own, **sizes_swept(evidence.general)}
    sizes = dict(sorted(sizes.items(), key=lambda pair: pair[1]))
    errors = evidence.reconstruction
    for encoder in evidence.general.encoders:
        _thin(left, sizes, [errors[encoder].of(name).value for name in sizes])
    _curve(left, sizes, [errors[AVERAGE].of(name) for name in sizes], -1)
    left.set_ylabel("normalised RMSE ↓")
    left.set_title("reconstruction of the source embeddings", loc="left")
    left.set_ylim(bottom=0)

    methods = ["h_g" if name == "ae" else name for name in sizes]
    every = [relative_scores(evidence, item.name, methods) for item in evidence.targets]
    for scores in every:
        _thin(right, sizes, [scores.of(name).value for name in methods])
    mean = _mean(every)
    _curve(right, sizes, [mean.of(name) for name in methods], 1)
    right.set_ylabel("score relative to h_G's, % ↑")
    right.set_title(f"transfer to {len(every)} targets", loc="left")
    for panel in (left, right):
        _size_axis(panel, list(sizes.values()), own)
    _legend(figure, left, evidence)
    return figure


def relative_scores(evidence: GeneralEvidence, task: str, methods: list[str]) -> Scores:
    """Return the scores of methods on a target task in percent of h_G's, more being better; paired.

    An error's score is its inverse: half of h_G's error is 200 %.
    """
    scores = evidence.scores[task]
    better = metric_of(evidence.outcomes[task].task).better
    own = scores.effect("h_g")

    def relate(value: float, reference: float) -> float:
        return 100 * (value / reference if better > 0 else reference / value)

    effects = {name: combine(relate, scores.effect(name), own) for name in methods}
    return Scores(effects, scores.confidence)


def _mean(every: list[Scores]) -> Scores:
    """Return the mean over targets."""
    effects = {name: mean_effect([scores.effect(name) for scores in every]) for name in every[0].models}
    return Scores(effects, every[0].confidence)


def _thin(panel: Axes, sizes: dict[str, int], values: list[float]) -> None:
    panel.plot(list(sizes.values()), values, color="0.8", linewidth=0.7, zorder=1)


def _curve(panel: Axes, sizes: dict[str, int], estimates: list[Estimate], better: int) -> None:
    """Draw the mean with its intervals, and mark the best size."""
    places = list(sizes.values())
    frame = pd.DataFrame(
        [(one.value, one.low, one.high) for one in estimates], columns=["value", "low", "high"]
    )
    panel.fill_between(places, frame["low"], frame["high"], color=_LINE, alpha=0.15, linewidth=0, zorder=2)
    panel.plot(places, frame["value"], "o-", color=_LINE, markersize=4, zorder=3)
    best = int((better * frame["value"]).argmax())
    panel.plot(
        places[best],
        frame["value"][best],
        "o",
        color=_BEST,
        markersize=9,
        markerfacecolor="none",
        markeredgewidth=1.4,
        zorder=4,
    )


def _size_axis(panel: Axes, sizes: list[int], own: int) -> None:
    panel.set_xscale("log", base=2)
    panel.axvline(own, color="0.5", linewidth=0.7, linestyle="--", zorder=0)
    panel.set_xticks(sizes, [str(number) for number in sizes], rotation=45 if len(sizes) > 6 else 0)
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.set_xlabel("values of the fused embedding")


def _legend(figure: Figure, panel: Axes, evidence: GeneralEvidence) -> None:
    confidence = f"{100 * evidence.params.evidence.confidence:g} % interval"
    handles = [
        *panel.plot([], [], "o-", color=_LINE, markersize=4, label=f"mean, {confidence}"),
        *panel.plot([], [], color="0.8", linewidth=0.7, label="one encoder, one target"),
        *panel.plot([], [], "o", color=_BEST, markersize=8, markerfacecolor="none", label="best size"),
        *panel.plot([], [], "--", color="0.5", linewidth=0.7, label="size of h_G"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
