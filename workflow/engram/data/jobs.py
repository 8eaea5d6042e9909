"""The jobs from a data set as published to stored faces, subsets and contact sheets: what each depends on.

Rules import this module to plan; it needs neither torch nor OpenCV.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field

from engram.config import (
    CropSettings,
    DrawnSettings,
    EncoderSettings,
    FacesSettings,
    Settings,
    SplitSettings,
)
from engram.config.base import JobParams, Strict
from engram.core.paths import GENERAL_CROP, MEMORY_CROP, Layout

__all__ = [
    "CropParams",
    "DrawParams",
    "DuplicateParams",
    "PrepareParams",
    "ReadParams",
    "SheetParams",
    "SplitCheckParams",
    "SplitParams",
    "SplitWithoutCopiesParams",
    "check_reader_options",
    "crop_settings",
    "data_folder",
    "drawn_files",
    "encoder_crops",
    "image_folder",
    "link_folders",
    "store_files",
]

#: The files of a folder of stored faces. `store.json` is the last to be written and names their hash.
_STORE = ("faces.npy", "index.parquet", "store.json")


class DrawParams(JobParams):
    """What drawing a data set of synthetic faces depends on."""

    drawn: DrawnSettings

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> DrawParams:
        """Pick them for a data set whose reader is ``drawn``."""
        return cls(results=settings.results, drawn=settings.datasets[dataset].drawn)


class ReadParams(JobParams):
    """What turning a published layout into a manifest depends on."""

    dataset: str
    reader: str
    folder: str
    """The data set's own folder."""
    options: dict[str, str | float] = Field(default={})
    links: list[str] = Field(default=[])

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> ReadParams:
        """Pick them for a data set."""
        chosen = settings.datasets[dataset]
        return cls(
            results=settings.results,
            dataset=dataset,
            reader=chosen.reader,
            folder=str(image_folder(settings, dataset)),
            options=chosen.options,
            links=link_folders(settings, dataset),
        )


class PrepareParams(JobParams):
    """What detecting, aligning and storing faces depends on."""

    dataset: str
    folder: str
    """The data set's own folder."""
    faces: FacesSettings
    detect: bool
    boxes: bool = False
    links: list[str] = Field(default=[])

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str, crop: str) -> PrepareParams:
        """Pick them for a data set and one of `engram.core.paths.CROPS`."""
        return cls(
            results=settings.results,
            dataset=dataset,
            folder=str(image_folder(settings, dataset)),
            faces=crop_settings(settings)[crop],
            detect=settings.datasets[dataset].detect,
            boxes=settings.datasets[dataset].boxes,
            links=link_folders(settings, dataset),
        )


class CropParams(JobParams):
    """What cutting detected faces out again for imported encoders depends on."""

    dataset: str
    folder: str
    """The data set's own folder."""
    size: int
    crop: CropSettings
    links: list[str] = Field(default=[])

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str, crop: str) -> CropParams:
        """Pick them for a data set and one of `encoder_crops`."""
        encoder = encoder_crops(settings)[crop]
        assert encoder.crop is not None
        return cls(
            results=settings.results,
            dataset=dataset,
            folder=str(image_folder(settings, dataset)),
            size=encoder.size,
            crop=encoder.crop,
            links=link_folders(settings, dataset),
        )

    @property
    def faces(self) -> FacesSettings:
        """Size, margin and colours of the faces."""
        return FacesSettings(size=self.size, margin=self.crop.margin, colour="rgb")


class SplitParams(JobParams):
    """What the subsets of a data set depend on."""

    dataset: str
    split: SplitSettings
    task: str | None

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> SplitParams:
        """Pick them for a data set."""
        chosen = settings.datasets[dataset]
        return cls(results=settings.results, dataset=dataset, split=chosen.split, task=chosen.task)


class SearchedDataset(Strict):
    """How a data set is split that is searched for copies."""

    split: SplitSettings
    task: str


class SplitWithoutCopiesParams(JobParams):
    """What the subsets of some data sets depend on where copies among them are dropped."""

    searched: dict[str, SearchedDataset]
    """The data sets that are searched together, sorted."""

    @classmethod
    def from_settings(cls, settings: Settings, searched: Iterable[str]) -> SplitWithoutCopiesParams:
        """Pick them for the data sets that are searched."""
        chosen = {name: settings.datasets[name] for name in sorted(searched)}
        return cls(
            results=settings.results,
            searched={name: SearchedDataset(split=one.split, task=one.task) for name, one in chosen.items()},
        )


class DuplicateParams(JobParams):
    """What looking for copies of faces depends on."""

    tasks: dict[str, str]
    """The data sets that are searched together, sorted -> the task whose labels are compared."""

    @classmethod
    def from_settings(cls, settings: Settings, datasets: list[str]) -> DuplicateParams:
        """Pick them for some data sets."""
        return cls(
            results=settings.results, tasks={name: settings.datasets[name].task for name in sorted(datasets)}
        )


class SplitCheckParams(JobParams):
    """What the check of all splits depends on."""

    folds: dict[str, int]
    """The data sets, each with its number of folds; 0 for none."""

    @classmethod
    def from_settings(cls, settings: Settings, names: Iterable[str]) -> SplitCheckParams:
        """Pick them for some data sets."""
        return cls(
            results=settings.results, folds={name: settings.datasets[name].split.folds or 0 for name in names}
        )


class SheetParams(JobParams):
    """What a contact sheet depends on."""

    title: str
    task: str | None
    folder: str
    """The data set's own folder."""
    links: list[str] = Field(default=[])

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> SheetParams:
        """Pick them for a data set."""
        chosen = settings.datasets[dataset]
        return cls(
            results=settings.results,
            title=chosen.title,
            task=chosen.task,
            folder=str(image_folder(settings, dataset)),
            links=link_folders(settings, dataset),
        )


def crop_settings(settings: Settings) -> dict[str, FacesSettings]:
    """Return how each study's faces are cropped, by one of `engram.core.paths.CROPS`."""
    crops = {MEMORY_CROP: settings.faces}
    return crops if settings.general is None else crops | {GENERAL_CROP: settings.general.faces}


def encoder_crops(settings: Settings) -> dict[str, EncoderSettings]:
    """Return an encoder for each folder of faces that are cut out again, by that folder; none by default."""
    if settings.general is None:
        return {}
    return {chosen.stored: chosen for chosen in settings.general.encoders.values() if chosen.crop is not None}


def check_reader_options(settings: Settings) -> None:
    """Refuse options that a data set's reader does not have; readers without options are not imported.

    Raises
    ------
    ConfigurationError
        Naming the setting, and what is allowed.
    """
    for name, dataset in settings.datasets.items():
        if dataset.options:
            from engram.data.images.readers import check_options

            check_options(name, dataset.reader, dataset.options)


def data_folder(settings: Settings, dataset: str) -> Path:
    """Return the folder of a data set that is not drawn, environment variables expanded."""
    chosen = settings.datasets[dataset]
    return Path(os.path.expandvars(settings.data_root)) / (chosen.root or "")


def image_folder(settings: Settings, dataset: str) -> Path:
    """Return the folder that a data set's images are read from, drawn or published."""
    if settings.datasets[dataset].drawn is None:
        return data_folder(settings, dataset)
    return Layout.from_settings(settings).drawn(dataset)


def link_folders(settings: Settings, dataset: str) -> list[str]:
    """Return the folders that links in a data set may lead into, environment variables expanded."""
    return [os.path.expandvars(link) for link in settings.datasets[dataset].links]


def drawn_files(settings: Settings, dataset: str) -> list[Path]:
    """Return the files of a drawn data set; none for a published one, whose folder is no job's output."""
    if settings.datasets[dataset].drawn is None:
        return []
    return [Layout.from_settings(settings).drawn(dataset) / name for name in ("images.npy", "manifest.csv")]


def store_files(folder: Path) -> list[Path]:
    """Return the files of a folder of stored faces: pixels, index and summary."""
    return [folder / name for name in _STORE]
