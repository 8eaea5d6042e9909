"""The memory study's figures, one file each, written as SVG and PNG."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from engram.evidence.collect import Evidence
from engram.evidence.figures.canvas import save
from engram.evidence.figures.confusion import confusion
from engram.evidence.figures.forgetting_gain import forgetting_gain
from engram.evidence.figures.integrity import integrity
from engram.evidence.figures.learning_curves import learning_curves
from engram.evidence.figures.mistakes import mistakes
from engram.ground.settings import Settings

__all__ = ["figure_names", "write_figure"]

_WHOLE = {"forgetting_gain": forgetting_gain, "integrity": integrity}
_BY_TRANSFER = {"confusion": confusion, "learning_curves": learning_curves, "mistakes": mistakes}


def figure_names(settings: Settings) -> list[str]:
    """Return the names of all figures that a configuration makes, sorted.

    Some are of the whole study (``integrity``), others of one transfer (``confusion-wild-studio``).
    Sheets of mistakes are made where a licence allows at least one of the two data sets' faces.
    """
    names = [*_WHOLE]
    for transfer in settings.memory.transfers:
        for target in transfer.targets:
            shown = any(settings.datasets[name].show_faces for name in (transfer.source, target))
            kinds = [kind for kind in _BY_TRANSFER if shown or kind != "mistakes"]
            names += [f"{kind}-{transfer.source}-{target}" for kind in kinds]
    return sorted(names)


def write_figure(name: str, evidence: Evidence, stem: str | Path) -> None:
    """Write one of `figure_names` to ``stem.svg`` and ``stem.png``, atomically."""

    def draw() -> Figure:
        kind, *transfer = name.split("-")
        return _BY_TRANSFER[kind](evidence, *transfer) if transfer else _WHOLE[kind](evidence)

    save(draw, stem)
