"""What a study makes, by name; known from the settings alone, so that rules can ask for it."""

from __future__ import annotations

from engram.config import Settings

__all__ = [
    "CLAIMS",
    "FIGURES_BY_TRANSFER",
    "FIGURES_OF_STUDY",
    "TABLES",
    "TABLE_FORMS",
    "figure_names",
]

#: Tables of the memory study.
TABLES = (
    "memory_integrity",
    "memory_forgetting",
    "memory_levels",
    "memory_matrix",
    "datasets",
    "detection",
)
#: The files that each table comes in.
TABLE_FORMS = ("csv", "md", "html", "tex")
#: The files of the checked claims.
CLAIMS = ("claims.csv", "claims_comparisons.csv", "claims.md", "claims.html")
#: Figures of the whole study, such as ``integrity``.
FIGURES_OF_STUDY = ("forgetting_gain", "integrity")
#: Figures of one transfer, such as ``confusion-wild-studio``.
FIGURES_BY_TRANSFER = ("confusion", "learning_curves", "mistakes")


def figure_names(settings: Settings) -> list[str]:
    """Return the names of all figures that a configuration makes, sorted.

    Sheets of mistakes are made where a licence allows at least one of the two data sets' faces.
    """
    names = [*FIGURES_OF_STUDY]
    for transfer in settings.memory.transfers:
        for target in transfer.targets:
            shown = any(settings.datasets[name].show_faces for name in (transfer.source, target))
            kinds = [kind for kind in FIGURES_BY_TRANSFER if shown or kind != "mistakes"]
            names += [f"{kind}-{transfer.source}-{target}" for kind in kinds]
    return sorted(names)
