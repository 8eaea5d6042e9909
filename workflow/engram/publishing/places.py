"""Where cards and published results lie. Light: rules import it to plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engram.config import Settings
from engram.core.errors import SharingError
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.studies.lineage.trials import trials

__all__ = [
    "CONFIGURATION",
    "CONTENTS",
    "POINTER",
    "card_path",
    "described_models",
    "find_published",
    "is_bundled",
    "is_evidence",
    "is_model",
    "is_reevaluated",
    "published_configuration",
    "published_contents",
    "published_folder",
    "way_back",
]

#: The resolved configuration of published results, as far as they depend on it.
CONFIGURATION = "configuration.json"
#: Every published file with its SHA-256.
CONTENTS = "contents.json"
#: What Git keeps of the published results.
POINTER = Path("results.dvc")

_MODELS = (".safetensors", ".pt", ".onnx")
#: Settings of where and on what one runs, no result's business. Addresses may hold passwords.
_PRIVATE = {"share", "plan"}
#: Folders of what is made from the evidence, or for others to use.
_MADE = ("cards", "export", "figures", "tables")


def described_models(settings: Settings) -> list[Lineage]:
    """Return the models that get a card: the finished one of every strategy, sorted."""
    return sorted({trial.lineage for trial in trials(settings.memory)})


def card_path(layout: Layout, lineage: Lineage) -> Path:
    """Return where a model's card lies."""
    return layout.root / "cards" / f"{str(lineage).replace('/', '__')}.md"


def published_folder(layout: Layout) -> Path:
    """Return where a configuration's results are published: `published/<name of its results folder>`."""
    return Path("published") / layout.root.name


def published_configuration(settings: Settings) -> dict[str, Any]:
    """Return the settings that are published: all but `_PRIVATE`, whose defaults stand in for them."""
    return settings.model_dump(mode="json", exclude=_PRIVATE)


def published_contents(layout: Layout) -> list[Path]:
    """Return the two files that say what was published: the hashes and the configuration.

    Raises
    ------
    SharingError
        If they are not there.
    """
    folder = published_folder(layout)
    found = [folder / CONTENTS, folder / CONFIGURATION]
    if not all(path.is_file() for path in found):
        raise SharingError(f"{folder}: no published results are there. {way_back(folder)}")
    return found


def way_back(place: Path) -> str:
    """Return how published results, or a file of them, come to be at ``place``."""
    return (
        f"Where {POINTER} names these results, run 'dvc pull {place}'; else copy them there from where they "
        "were published, or from the folder 'results' of a bundle."
    )


def is_bundled(folder: Path) -> bool:
    """Return whether a published folder is what a bundle calls ``results``, which somebody put there.

    The list of a bundle names no model; that of a publication always does.
    """
    try:
        contents = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Whoever needs the list says what is wrong with it.
        return False
    known = isinstance(contents, dict) and CONFIGURATION in contents
    return known and (folder / CONFIGURATION).is_file() and not any(map(is_model, contents))


def find_published(layout: Layout) -> list[Path]:
    """Return the files that say which results are published, for rules to depend on.

    In a repository with DVC that is `POINTER`, and the rest is pulled by whoever needs it. Where the
    published folder came some other way, such as in a bundle, its own two files say it.

    Raises
    ------
    SharingError
        If there is neither.
    """
    if POINTER.is_file() and not is_bundled(published_folder(layout)):
        return [POINTER]
    try:
        return published_contents(layout)
    except SharingError:
        raise SharingError(
            f"{published_folder(layout)}: no published results are there, and {POINTER}, which says where "
            "they can be had, is missing. Run 'snakemake publish' where the run is, commit "
            f"{POINTER} and .dvc/config, and pull these commits here; or copy the folder 'results' of a "
            "bundle there."
        ) from None


def is_model(name: str) -> bool:
    """Return whether a published file is a model's weights."""
    return name.endswith(_MODELS)


def is_evidence(name: str) -> bool:
    """Return whether a published file is needed to make tables, claims and figures."""
    return not is_model(name) and name.partition("/")[0] not in _MADE


def is_reevaluated(name: str) -> bool:
    """Return whether a published file is needed to evaluate models anew: evidence and their weights."""
    return is_evidence(name) or (is_model(name) and name.partition("/")[0] not in _MADE)
