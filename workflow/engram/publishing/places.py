"""Where cards and published results lie. Rules import it to plan."""

from __future__ import annotations

import json
from pathlib import Path

from engram.core.errors import PublishingError
from engram.core.lineage import Lineage
from engram.core.paths import Layout

__all__ = [
    "CONFIGURATION",
    "CONTENTS",
    "POINTER",
    "card_path",
    "find_published",
    "is_bundled",
    "is_evidence",
    "is_model",
    "is_reevaluated",
    "published_contents",
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


def card_path(layout: Layout, lineage: Lineage) -> Path:
    """Return where a model's card lies."""
    return layout.root / "cards" / f"{str(lineage).replace('/', '__')}.md"


def published_folder(results: str | Path) -> Path:
    """Return where a configuration's results are published: `published/<name of its results folder>`."""
    return Path("published") / Path(results).name


def published_contents(folder: Path) -> list[Path]:
    """Return the two files that say what was published: the hashes and the configuration.

    Raises
    ------
    PublishingError
        If they are not there.
    """
    found = [folder / CONTENTS, folder / CONFIGURATION]
    if not all(path.is_file() for path in found):
        raise PublishingError(f"{folder}: no published results are there. {way_back(folder)}")
    return found


def way_back(place: Path) -> str:
    """Return how to bring published results, or a file of them, to ``place``."""
    return (
        f"If {POINTER} names these results, run 'dvc pull {place}'; else copy them there from where they "
        "were published, or from the folder 'results' of a bundle."
    )


def is_bundled(folder: Path) -> bool:
    """Return whether a published folder is the folder ``results`` of a bundle, copied there.

    The list of a bundle names no model; that of a publication always does.
    """
    try:
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # A missing or damaged list is reported where it is read.
        return False
    known = isinstance(contents, dict) and CONFIGURATION in contents
    return known and (folder / CONFIGURATION).is_file() and not any(map(is_model, contents))


def find_published(results: str | Path) -> list[Path]:
    """Return the files that say which results are published, as inputs of rules.

    In a repository with DVC that is `POINTER`, and the job pulls the rest. Where the published folder
    came some other way, such as in a bundle, its own two files say it.

    Raises
    ------
    PublishingError
        If there is neither.
    """
    folder = published_folder(results)
    if POINTER.is_file() and not is_bundled(folder):
        return [POINTER]
    try:
        return published_contents(folder)
    except PublishingError:
        raise PublishingError(
            f"{folder}: no published results are there, and {POINTER}, which says where to pull them from, "
            f"is missing. Run 'snakemake publish' where the run is, commit {POINTER} and .dvc/config, and "
            "pull these commits here; or copy the folder 'results' of a bundle there."
        ) from None


def is_model(name: str) -> bool:
    """Return whether a published file is a model's weights."""
    return name.endswith(_MODELS)


def is_evidence(name: str) -> bool:
    """Return whether a published file is needed to make tables, claims and figures."""
    return not is_model(name) and name.partition("/")[0] not in _MADE


def is_reevaluated(name: str) -> bool:
    """Return whether a published file is needed to evaluate models anew: evidence and their weights."""
    return name.partition("/")[0] not in _MADE
