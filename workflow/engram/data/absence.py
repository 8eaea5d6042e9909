"""What is said of a data set or text that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from engram.config import DatasetSettings, TextSettings

__all__ = ["absence"]

_WORDS = {"datasets": ("Data set", "data"), "texts": ("Text", "text")}


def absence(
    section: Literal["datasets", "texts"],
    name: str,
    root: Path,
    layout: str,
    settings: DatasetSettings | TextSettings | None = None,
) -> str:
    """Return the message: which folder was searched, what is expected there, and the way out.

    Parameters
    ----------
    section
        Where its settings stand.
    layout
        What its reader expects.
    settings
        Where they are at hand: for its title and its source.
    """
    noun, content = _WORDS[section]
    title = f" ({settings.title})" if settings else ""
    source = f" It is requested or published here: {settings.source}." if settings and settings.source else ""
    what = f"holds no such {content}" if root.is_dir() else "does not exist"
    return (
        f"{noun} '{name}'{title} is missing: the folder {root} {what}. "
        f"Expected there: {layout}{source} "
        f"Put it there, or correct 'data_root' or '{section}.{name}.root' in the configuration."
    )
