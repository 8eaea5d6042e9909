"""Where cards and published results lie, and which files these are. Rules import it to plan."""

from __future__ import annotations

from pathlib import Path

from engram.core.errors import PublishingError

__all__ = [
    "CONFIGURATION",
    "CONTENTS",
    "POINTER",
    "find_published",
    "is_evidence",
    "is_model",
    "is_reevaluated",
    "published_folder",
    "way_back",
]

#: The configuration of published results, as far as they depend on it.
CONFIGURATION = "configuration.json"
#: Every published file with its SHA-256.
CONTENTS = "contents.json"
#: What Git keeps of the published results.
POINTER = Path("results.dvc")

_MODELS = (".safetensors", ".pt", ".onnx")
#: Folders and files of what is made from the evidence, or for others to use.
_MADE = ("cards", "export", "figures", "tables", "index.html", "numbers.tex")


def published_folder(results: str | Path) -> Path:
    """Return where a configuration's results are published: `published/<name of its results folder>`."""
    return Path("published") / Path(results).name


def find_published(results: str | Path) -> list[Path]:
    """Return what says which results are published, as inputs of rules: `POINTER`, or a copied folder's list.

    Raises
    ------
    PublishingError
        If there is neither.
    """
    found = POINTER if POINTER.is_file() else published_folder(results) / CONTENTS
    if not found.is_file():
        raise PublishingError(
            f"{found.parent}: no published results are there, and {POINTER}, which says where to pull them "
            f"from, is missing. Run 'snakemake publish' where the run is, commit {POINTER} and .dvc/config, "
            "and pull these commits here; or copy the folder 'results' of a bundle there."
        )
    return [found]


def way_back(place: Path) -> str:
    """Return how to bring published results, or a file of them, to ``place``."""
    return (
        f"If {POINTER} names these results, run 'dvc pull {place}'; else copy them there from where they "
        "were published, or from the folder 'results' of a bundle."
    )


def is_model(name: str) -> bool:
    """Return whether a published file is a model's weights."""
    return name.endswith(_MODELS)


def is_evidence(name: str) -> bool:
    """Return whether a published file is needed to make tables, claims and figures."""
    return not is_model(name) and name.partition("/")[0] not in _MADE


def is_reevaluated(name: str) -> bool:
    """Return whether a published file is needed to evaluate models anew: evidence and their weights."""
    return name.partition("/")[0] not in _MADE
