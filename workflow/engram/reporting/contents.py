"""What a study makes, by name; known from the settings alone, so that rules can ask for it."""

from __future__ import annotations

from engram.config import Settings
from engram.studies.general.operators import sizes_swept

__all__ = [
    "CLAIMS",
    "FIGURES_BY_TRANSFER",
    "FIGURES_OF_STUDY",
    "GENERAL_CLAIMS",
    "GENERAL_FIGURES",
    "GENERAL_TABLES",
    "TABLES",
    "TABLE_FORMS",
    "figure_names",
    "general_figure_names",
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

#: Tables of the general study.
GENERAL_TABLES = (
    "general_transfer",
    "general_source",
    "general_reconstruction",
    "general_operators",
    "general_selection",
    "general_groups",
    "general_knowledge",
    "general_detection",
)
#: The files of its checked claims.
GENERAL_CLAIMS = tuple(name.replace("claims", "claims_general") for name in CLAIMS)
#: All figures that it may have.
GENERAL_FIGURES = (
    "general_groups",
    "general_map",
    "general_retrieval",
    "general_selection",
    "general_size",
    "general_time",
    "general_transfer",
)


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


def general_figure_names(settings: Settings) -> list[str]:
    """Return the names of the general study's figures that a configuration makes, sorted; none without it.

    Sheets of the nearest faces are made where a licence allows some target's faces; curves of the size of
    h_G where sizes are swept.
    """
    if settings.general is None:
        return []
    shown = any(settings.datasets[target.dataset].show_faces for target in settings.general.targets.values())
    made = {"general_retrieval": shown, "general_size": bool(sizes_swept(settings.general))}
    return [name for name in GENERAL_FIGURES if made.get(name, True)]
