"""F1 on the target against the fraction of its training subset, a panel a transfer and a line a strategy."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from engram.reporting.plots import PAGE
from engram.studies.entities.collect import Evidence
from engram.studies.entities.figures._style import colours, draw_legend
from engram.studies.entities.tables._cells import arrow
from engram.studies.entities.tables.entities_fractions import fractions_table

__all__ = ["entities_fractions"]

_COLUMNS = 3


def entities_fractions(evidence: Evidence) -> Figure:
    """Draw the mean over seeds; a band shows the interval of the target alone."""
    frame, chosen = fractions_table(evidence), colours(evidence)
    transfers = list(frame.groupby(["source", "target"], sort=False))
    columns = min(_COLUMNS, len(transfers))
    rows = -(-len(transfers) // columns)
    width = PAGE if columns > 1 else 4.2
    figure = Figure(figsize=(width, 2.3 * rows + 0.6))
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for panel, ((source, target), part) in zip(panels, transfers, strict=False):
        for strategy, line in part.groupby("strategy", sort=False):
            colour, dashes = chosen[strategy]
            panel.plot(line["fraction"], line["score"], color=colour, linestyle=dashes, marker="o", ms=3)
            if line["gain"].isna().all():
                panel.fill_between(
                    line["fraction"], line["low"], line["high"], color=colour, alpha=0.12, lw=0
                )
        panel.set_title(arrow(source, target, evidence), fontsize=7)
        panel.set_xscale("log")
        panel.xaxis.set_major_locator(FixedLocator(sorted(frame["fraction"].unique())))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.xaxis.set_major_formatter("{x:.0f} %")
        panel.set_xlabel("of the target's training subset")
    for panel in panels[len(transfers) :]:
        panel.remove()
    for panel in panels[::columns]:
        panel.set_ylabel("F1 on the target, %")
    shown = dict.fromkeys(frame["strategy"])
    draw_legend(figure, evidence, shown)
    return figure
