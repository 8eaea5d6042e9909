"""How many faces each data set has, as far as that is known before it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from engram.config import DatasetSettings, Settings
from engram.core.errors import ConfigurationError, ManifestError
from engram.core.paths import Layout
from engram.core.reading import read_table
from engram.data.images.readers.table import read_rows
from engram.data.jobs import data_folder
from engram.studies.general import printed as printed_general
from engram.studies.memory import printed as printed_memory

__all__ = ["DataSize", "find_sizes"]

#: Images and persons that the owners of a data set publish, by the name of its reader.
_READERS = {
    "fer2013": (35887, 35887),
    "jaffe": (213, 10),
    "mug": (7352, 52),
    "cmu": (640, 20),
    "london": (204, 102),
}
#: Sides in pixels of images as published; others have `plan.image_side`.
_SIDES = {"fer2013": 48, "jaffe": 256, "cmu": 128}
#: What is taken where nothing is known.
_IMAGES, _IMAGES_A_PERSON = 10_000, 10
#: Printed subsets are those of as many images as they sum up to, within this share: the printed total of
#: FER is one more than its parts.
_NEAR = 0.01


@dataclass(frozen=True)
class DataSize:
    """A data set's numbers of images."""

    images: int
    subjects: int
    train: int
    validation: int
    test: int
    side: int
    """Side in pixels of a raw image."""
    origin: str
    """How the number of images is known."""


def find_sizes(settings: Settings, layout: Layout, names: list[str]) -> dict[str, DataSize]:
    """Return the size of each named data set.

    The first of these that there is: what `plan.images` says, how it is drawn, the manifest that a run
    read or that lies in its folder, what the papers print, what its owners publish, or an assumption.

    Raises
    ------
    ConfigurationError
        If a split's sizes leave nothing to train on.
    ManifestError
        If a manifest at hand is damaged or has no subjects.
    """
    return {name: _find(name, settings, layout) for name in names}


def _find(name: str, settings: Settings, layout: Layout) -> DataSize:
    chosen = settings.datasets[name]
    images, subjects, origin = _count(name, chosen, settings, layout)
    subjects = settings.plan.subjects.get(name, subjects)
    side = chosen.drawn.size if chosen.drawn else _SIDES.get(chosen.reader, settings.plan.image_side)
    return DataSize(images, subjects, *_subsets(name, images, chosen, origin), side, origin)


def _count(name: str, chosen: DatasetSettings, settings: Settings, layout: Layout) -> tuple[int, int, str]:
    """Return images, persons, and where these are from."""
    if name in settings.plan.images:
        images = settings.plan.images[name]
        return images, _persons(images), "said by plan.images"
    if chosen.drawn is not None:
        return chosen.drawn.images, chosen.drawn.subjects, "drawn so"
    for path in (layout.manifest(name), data_folder(settings, name) / "manifest.csv"):
        if path.exists():
            subjects = _subjects(path, name)
            return len(subjects), int(subjects.nunique()), f"counted in {path}"
    if printed := _printed(name, chosen, settings):
        images, where = printed
        return images, _READERS.get(chosen.reader, (0, _persons(images)))[1], where
    if chosen.reader in _READERS:
        return *_READERS[chosen.reader], "as its owners publish it"
    return _IMAGES, _persons(_IMAGES), "assumed: say it with plan.images"


def _subjects(path: Path, name: str) -> pd.Series:
    """Return the person of each image of a manifest, read as a run reads it."""
    if path.suffix == ".parquet":
        return read_table(path, ManifestError, ["subject"])["subject"]
    way_out = f"Mend it as docs/your-data.md says, or give the number of images by plan.images.{name}."
    rows = read_rows(path, way_out, ["subject"])
    if "subject" not in rows:
        raise ManifestError(f"{path}: the column 'subject' is missing. {way_out}")
    if rows["subject"].isna().all():
        raise ManifestError(f"{path}: no image is listed with its subject. {way_out}")
    return rows["subject"]


def _persons(images: int) -> int:
    return max(3, images // _IMAGES_A_PERSON)


def _printed(name: str, chosen: DatasetSettings, settings: Settings) -> tuple[int, str] | None:
    """Return the images that a paper prints for a data set that says it is the published one."""
    printed = printed_memory.read_printed("datasets").set_index("dataset")["total"]
    if chosen.published in printed.index:
        return int(printed[chosen.published]), "printed by Tannugi et al. (2019)"
    if settings.general is None:
        return None
    sizes = printed_general.read_printed("knowledge").set_index("knowledge")["domain_size"]
    users = [*settings.general.targets.values(), *settings.general.encoders.values()]
    for user in users:
        if user.dataset == name and user.published in sizes.index:
            return int(sizes[user.published]), "printed by Vielzeuf et al. (2019)"
    return None


def _subsets(name: str, images: int, chosen: DatasetSettings, origin: str) -> tuple[int, int, int]:
    """Return the faces for training, validation and test."""
    split = chosen.split
    if split.sizes is not None:
        # As the job does: these are for validation and test, whatever remains is trained on.
        _, validation, test = split.sizes
        if images <= validation + test:
            raise ConfigurationError(
                f"datasets.{name}.split.sizes: {validation} + {test} images for validation and test leave "
                f"none of {images} ({origin}) to train on. Correct these sizes, or give the number of images "
                f"by plan.images.{name}."
            )
    elif split.scheme == "official" and (printed := _owners_subsets(chosen)):
        if abs(images - sum(printed)) <= _NEAR * sum(printed):
            return printed
        validation, test = (round(images * part / sum(printed)) for part in printed[1:])
    else:
        validation, test = round(images * split.validation), round(images * split.test)
    return images - validation - test, validation, test


def _owners_subsets(chosen: DatasetSettings) -> tuple[int, int, int] | None:
    """Return a data set's official subsets, where a paper prints their sizes."""
    printed = printed_memory.read_printed("datasets").set_index("dataset")
    if chosen.published not in printed.index:
        return None
    training, validation, test = printed.loc[chosen.published, ["training", "validation", "test"]]
    return int(training), int(validation), int(test)
