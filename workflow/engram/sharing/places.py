"""Where cards and published results lie. Light: rules import it to plan."""

from __future__ import annotations

from pathlib import Path

from engram.ground.errors import SharingError
from engram.ground.layout import Layout
from engram.ground.lineage import Lineage
from engram.ground.plan import trials
from engram.ground.settings import Settings

__all__ = [
    "CONFIGURATION",
    "CONTENTS",
    "PULL",
    "card_path",
    "described_models",
    "published_contents",
    "published_folder",
]

#: The resolved configuration of published results.
CONFIGURATION = "configuration.json"
#: Every published file with its SHA-256.
CONTENTS = "contents.json"
#: What to do where published results are missing.
PULL = "Pull the published results first: dvc pull results.dvc"


def described_models(settings: Settings) -> list[Lineage]:
    """Return the models that get a card: the finished one of every strategy, sorted."""
    return sorted({trial.lineage for trial in trials(settings.memory)})


def card_path(layout: Layout, lineage: Lineage) -> Path:
    """Return where a model's card lies."""
    return layout.root / "cards" / f"{str(lineage).replace('/', '__')}.md"


def published_folder(layout: Layout) -> Path:
    """Return where a configuration's results are published: `published/<name of its results folder>`."""
    return Path("published") / layout.root.name


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
        raise SharingError(f"{folder}: no published results are there. {PULL}")
    return found
