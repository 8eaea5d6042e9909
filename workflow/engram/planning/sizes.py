"""How many faces each data set has, as far as that is known before it is read."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from engram.evidence.published import read_published
from engram.ground.layout import Layout
from engram.ground.plan import data_folder
from engram.ground.settings import DatasetSettings, Settings

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
    """
    return {name: _find(name, settings, layout) for name in names}


def _find(name: str, settings: Settings, layout: Layout) -> DataSize:
    chosen = settings.datasets[name]
    images, subjects, origin = _count(name, chosen, settings, layout)
    subjects = settings.plan.subjects.get(name, subjects)
    side = chosen.drawn.size if chosen.drawn else _SIDES.get(chosen.reader, settings.plan.image_side)
    return DataSize(images, subjects, *_subsets(images, chosen), side, origin)


def _count(name: str, chosen: DatasetSettings, settings: Settings, layout: Layout) -> tuple[int, int, str]:
    """Return images, persons, and where these are from."""
    if name in settings.plan.images:
        images = settings.plan.images[name]
        return images, _persons(images), "said by plan.images"
    if chosen.drawn is not None:
        return chosen.drawn.images, chosen.drawn.subjects, "drawn so"
    for path, read in (
        (layout.manifest(name), pd.read_parquet),
        (data_folder(settings, name) / "manifest.csv", pd.read_csv),
    ):
        if path.exists():
            subjects = read(path, columns=["subject"]) if path.suffix == ".parquet" else read(path)
            return len(subjects), int(subjects["subject"].nunique()), f"counted in {path}"
    if printed := _printed(name, chosen, settings):
        images, where = printed
        return images, _READERS.get(chosen.reader, (0, _persons(images)))[1], where
    if chosen.reader in _READERS:
        return *_READERS[chosen.reader], "as its owners publish it"
    return _IMAGES, _persons(_IMAGES), "assumed: say it with plan.images"


def _persons(images: int) -> int:
    return max(3, images // _IMAGES_A_PERSON)


def _printed(name: str, chosen: DatasetSettings, settings: Settings) -> tuple[int, str] | None:
    """Return the images that a paper prints for a data set that says it is the published one."""
    printed = read_published("memory_datasets").set_index("dataset")["total"]
    if chosen.published in printed.index:
        return int(printed[chosen.published]), "printed by Tannugi et al. (2019)"
    if settings.general is None:
        return None
    sizes = read_published("general_knowledge").set_index("knowledge")["domain_size"]
    users = [*settings.general.targets.values(), *settings.general.encoders.values()]
    for user in users:
        if user.dataset == name and user.published in sizes.index:
            return int(sizes[user.published]), "printed by Vielzeuf et al. (2019)"
    return None


def _subsets(images: int, chosen: DatasetSettings) -> tuple[int, int, int]:
    """Return the faces for training, validation and test."""
    split = chosen.split
    if split.sizes is not None:
        return split.sizes
    if split.scheme == "official" and chosen.published is not None:
        printed = read_published("memory_datasets").set_index("dataset")
        if chosen.published in printed.index:
            row = printed.loc[chosen.published]
            return int(row["training"]), int(row["validation"]), int(row["test"])
    validation, test = round(images * split.validation), round(images * split.test)
    return images - validation - test, validation, test
