"""The jobs from a text as published to stored sentences and subsets: what each depends on.

Rules import this module to plan; it needs no torch.
"""

from __future__ import annotations

import os
from pathlib import Path

from engram.config import DrawnTextSettings, Settings, SplitSettings
from engram.config.base import JobParams
from engram.core.paths import Layout

__all__ = [
    "TEXT_STORE",
    "DrawTextParams",
    "OverlapCheckParams",
    "OverlapParams",
    "PrepareTextParams",
    "ReadTextParams",
    "SplitTextParams",
    "drawn_text_files",
    "source_folder",
    "text_files",
    "text_folder",
]

#: The files of a folder of stored text. `store.json` is the last to be written and names their hash.
TEXT_STORE = ("forms.json", "form_ids.npy", "label_ids.npy", "offsets.npy", "index.parquet", "store.json")
#: The files of a drawn text.
_DRAWN = ("train.tsv", "devel.tsv", "test.tsv", "documents.tsv")


class DrawTextParams(JobParams):
    """What drawing a text depends on."""

    drawn: DrawnTextSettings

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> DrawTextParams:
        """Pick them for a text whose reader is ``drawn``."""
        return cls(results=settings.results, drawn=settings.texts[dataset].drawn)


class ReadTextParams(JobParams):
    """What turning a published layout into a manifest depends on."""

    dataset: str
    reader: str
    folder: str
    """The text's own folder."""
    kind: str
    scheme: str
    column: int
    token_column: int
    encoding: str
    types: list[str] | None
    repeated_documents: str | None
    """None where the owners' subsets are not used."""
    sentences: int | None

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> ReadTextParams:
        """Pick them for a text."""
        chosen = settings.texts[dataset]
        official = chosen.split.scheme != "subject"
        return cls(
            results=settings.results,
            dataset=dataset,
            folder=str(source_folder(settings, dataset)),
            repeated_documents=chosen.repeated_documents if official else None,
            **chosen.model_dump(
                include={
                    *("reader", "kind", "scheme", "column", "token_column", "encoding", "types", "sentences")
                }
            ),
        )


class PrepareTextParams(JobParams):
    """What storing the sentences of a text depends on."""

    dataset: str
    kind: str

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> PrepareTextParams:
        """Pick them for a text."""
        return cls(results=settings.results, dataset=dataset, kind=settings.texts[dataset].kind)


class SplitTextParams(JobParams):
    """What the subsets of a text depend on."""

    dataset: str
    split: SplitSettings

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> SplitTextParams:
        """Pick them for a text."""
        return cls(results=settings.results, dataset=dataset, split=settings.texts[dataset].split)


class OverlapParams(JobParams):
    """What looking for test sentences in other texts depends on."""

    texts: list[str]
    """The texts that are compared, sorted."""


class OverlapCheckParams(JobParams):
    """What refusing texts that overlap depends on."""

    pairs: list[tuple[str, str]]
    """A text that some model is trained on, and one that this model is tested on; sorted."""
    allowed: list[tuple[str, str]]
    """Pairs that may overlap, in the same order."""


def text_folder(settings: Settings, dataset: str) -> Path:
    """Return the folder of a text that is not drawn, environment variables expanded."""
    chosen = settings.texts[dataset]
    return Path(os.path.expandvars(settings.data_root)) / os.path.expandvars(chosen.root or "")


def source_folder(settings: Settings, dataset: str) -> Path:
    """Return the folder that a text's files are read from, drawn or published."""
    if settings.texts[dataset].drawn is None:
        return text_folder(settings, dataset)
    return Layout.from_settings(settings).drawn(dataset)


def drawn_text_files(settings: Settings, dataset: str) -> list[Path]:
    """Return the files of a drawn text; none for a published one, whose folder is no job's output."""
    if settings.texts[dataset].drawn is None:
        return []
    return [Layout.from_settings(settings).drawn(dataset) / name for name in _DRAWN]


def text_files(folder: Path) -> list[Path]:
    """Return the files of a folder of stored text."""
    return [folder / name for name in TEXT_STORE]
