"""The effect of each partner (across, from small to large) on each target, in points of F1: on the left at
equal steps, on the right at equal passes over the target. In bold: the interval holds no zero.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engram.reporting.cells import points
from engram.reporting.plots import PAGE
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import titles
from engram.studies.entities.pairs import BUDGETS
from engram.studies.entities.tables._cells import targets_of
from engram.studies.entities.tables.entities_effects import effects_table

__all__ = ["entities_effects"]


def entities_effects(evidence: Evidence) -> Figure:
    """Draw a matrix for steps and one for passes, targets down and partners across."""
    frame = effects_table(evidence)
    targets, names = targets_of(frame), titles(evidence)
    partners = list(dict.fromkeys(frame.sort_values("partner_tokens", kind="stable")["partner"]))
    limit = 1.2 * max(2.5, float(frame["effect"].abs().max()))
    figure = Figure(figsize=(PAGE, 0.42 * len(targets) + 1.5))
    panels = figure.subplots(1, len(BUDGETS), sharey=True, squeeze=False)[0]
    for panel, (budget, words) in zip(panels, BUDGETS.items(), strict=True):
        lines = frame[frame["budget"] == budget].set_index(["target", "partner"])
        image = _matrix(panel, lines, targets, partners, limit)
        panel.set_title(words)
        panel.set_xticks(range(len(partners)), [names[one] for one in partners], rotation=30, ha="right")
        panel.set_yticks(range(len(targets)), [names[one] for one in targets])
        panel.set_xlabel("partner")
    panels[0].set_ylabel("target")
    bar = figure.colorbar(image, ax=list(panels), shrink=0.8, pad=0.02)
    bar.set_label("effect, points of F1")
    return figure


def _matrix(
    panel: Axes, lines: pd.DataFrame, targets: list[str], partners: list[str], limit: float
) -> object:
    """Draw the effects and write each, bold where its interval holds no zero."""
    values = lines["effect"].unstack().reindex(index=targets, columns=partners)
    image = panel.imshow(values, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
    panel.grid(visible=False)
    for down, across in np.ndindex(*values.shape):
        key = (targets[down], partners[across])
        if key not in lines.index:
            continue
        line = lines.loc[key]
        sure = line["effect_low"] > 0 or line["effect_high"] < 0
        style = {
            "color": "white" if abs(line["effect"]) > 0.6 * limit else "black",
            "weight": "bold" if sure else "normal",
        }
        panel.text(across, down, points(line["effect"]), ha="center", va="center", fontsize=7, **style)
    return image
