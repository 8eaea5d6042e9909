"""Test faces and their nearest others under the fused embedding and under the student. A green frame: the
same subject.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from engram.core.arrays import Faces
from engram.reporting.plots import PAGE
from engram.reporting.shown_faces import ShownFaces
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.methods import HEADINGS

__all__ = ["general_retrieval", "shown_rows"]

_SAME = "#009E73"
#: Side of a face and the room between representations; places are one apart.
_FACE, _GAP = 0.9, 0.35


def general_retrieval(evidence: GeneralEvidence) -> Figure:
    """Draw a line a face: itself, then its nearest under each representation.

    Only data sets whose licence allows it are drawn, whatever the file holds.
    """
    frame = _shown(evidence)
    shown = [*dict.fromkeys(frame["dataset"])]
    sheets = [_sheet(frame[frame["dataset"] == name]) for name in shown]
    width = max(sheet["x"].max() for sheet in sheets) + 1
    heights = [sheet["line"].max() + 1.7 for sheet in sheets]
    figure = Figure(figsize=(PAGE, PAGE * sum(heights) / width))
    panels = np.atleast_1d(figure.subplots(len(shown), 1, height_ratios=heights))
    for panel, name, sheet in zip(panels, shown, sheets, strict=True):
        panel.set_title(evidence.params.datasets[name].title, loc="left", fontweight="bold")
        _draw(panel, sheet, evidence.faces(name), evidence.index(name)["subject"].to_numpy(object))
        panel.set(xlim=(-0.05, width - 0.05), ylim=(sheet["line"].max() + 1.05, -0.45), aspect="equal")
        panel.set_axis_off()
    return figure


def shown_rows(evidence: GeneralEvidence) -> dict[str, set[int]]:
    """Return the faces that the figure shows: data set -> rows among its faces."""
    return {
        str(name): {*part["query"], *part["row"]}
        for name, part in _shown(evidence).groupby("dataset", sort=False)
    }


def _shown(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return the neighbours in those data sets whose faces may be shown."""
    frame = evidence.view("neighbours")
    allowed = [name for name, dataset in evidence.params.datasets.items() if dataset.show_faces]
    return frame[frame["dataset"].isin(allowed)]


def _sheet(part: pd.DataFrame) -> pd.DataFrame:
    """Return the faces of a data set's sheet: row, query, line, x, and the representation (none: itself)."""
    lines = {query: line for line, query in enumerate(dict.fromkeys(part["query"]))}
    ranks = int(part["rank"].max())
    first = {
        name: 1 + _GAP + place * (ranks + _GAP)
        for place, name in enumerate(dict.fromkeys(part["representation"]))
    }
    near = pd.DataFrame(
        {
            "row": part["row"],
            "query": part["query"],
            "x": part["representation"].map(first) + part["rank"] - 1,
            "representation": part["representation"],
        }
    )
    itself = pd.DataFrame({"row": [*lines], "query": [*lines], "x": 0.0, "representation": ""})
    sheet = pd.concat([itself, near], ignore_index=True)
    return sheet.assign(line=sheet["query"].map(lines))


def _draw(panel: Axes, sheet: pd.DataFrame, faces: Faces | ShownFaces, subjects: np.ndarray) -> None:
    # One picture of all faces: many small ones take seconds to lay out and to write.
    step = round(faces.shape[1] / _FACE)
    height, width = round((sheet["line"].max() + 1) * step), round((sheet["x"].max() + 1) * step)
    picture = np.full((height, width, 3), 255, np.uint8)
    for cell in sheet.itertuples(index=False):
        left, top = round(cell.x * step), cell.line * step
        picture[top : top + faces.shape[1], left : left + faces.shape[2]] = faces[cell.row]
        if cell.representation and subjects[cell.row] == subjects[cell.query]:
            corner, side = (cell.x, cell.line), faces.shape[1] / step
            panel.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=_SAME, linewidth=1.8))
    panel.imshow(picture, extent=(0, width / step, height / step, 0))
    panel.text(_FACE / 2, -0.08, "face", fontsize=6.5, ha="center")
    for name, cells in sheet[sheet["representation"] != ""].groupby("representation", sort=False):
        middle = (cells["x"].min() + cells["x"].max() + _FACE) / 2
        panel.text(middle, -0.08, f"nearest under {HEADINGS[name]}", fontsize=6.5, ha="center")
