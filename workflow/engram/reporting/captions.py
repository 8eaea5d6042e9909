"""Captions of Snakemake's report, made from the docstrings of the modules that make tables and figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from engram.core.files import write_text
from engram.core.registry import Entry

__all__ = ["write_caption", "write_captions"]


def write_caption(folder: Path, entry: Entry) -> str:
    """Write the caption of one table to ``folder`` and return its path, for ``report(caption=...)``."""
    return _write(folder / f"{entry.name}.rst", f"{entry.summary}\n")


def write_captions(folder: Path, rule: str, entries: Mapping[str, Entry]) -> str:
    """Write a template that picks a figure's caption by the wildcard ``figure``, and return its path.

    What follows a hyphen, such as ``wild-studio`` in ``confusion-wild-studio``, does not change the caption.
    """
    captions = json.dumps({name: entry.summary for name, entry in entries.items()}, ensure_ascii=False)
    chosen = '{{ captions[snakemake.wildcards.figure.split("-")[0]] }}'
    return _write(folder / f"{rule}.rst", f"{{% set captions = {captions} %}}\n{chosen}\n")


def _write(path: Path, text: str) -> str:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
    return str(path.resolve())
