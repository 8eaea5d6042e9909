"""The jobs that store faces in shards: what each depends on, and where their files lie.

Rules import this module to plan; it needs neither torch nor OpenCV.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from engram.config import GeneralFacesSettings, Settings, StoreSettings
from engram.config.base import JobParams
from engram.core.paths import MEMORY_CROP, Layout
from engram.data.jobs import CropParams, PrepareParams, encoder_crops, store_files

__all__ = [
    "CropShardParams",
    "JoinParams",
    "PrepareShardParams",
    "compressed_crops",
    "pixel_files",
    "shard_file",
    "shard_files",
    "stored_files",
]


class _ShardParams(JobParams):
    """What a job of one shard depends on besides what the same job of a whole data set does."""

    whole: ClassVar[type[PrepareParams] | type[CropParams]]

    shard: int
    shards: int
    store: StoreSettings

    @classmethod
    def of_shard(cls, settings: Settings, dataset: str, crop: str, shard: int) -> Self:
        """Pick them for a shard of a data set."""
        return cls(
            **dict(cls.whole.from_settings(settings, dataset, crop)),
            shard=shard,
            shards=settings.datasets[dataset].shards,
            store=_general_faces(settings).store,
        )


class PrepareShardParams(_ShardParams, PrepareParams):
    """What a shard of a data set's faces depends on."""

    whole = PrepareParams


class CropShardParams(_ShardParams, CropParams):
    """What a shard of the faces depends on that are cut out again for imported encoders."""

    whole = CropParams


class JoinParams(JobParams):
    """What the index of a data set's shards depends on."""

    dataset: str
    crop: str
    size: int
    shards: int

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str, crop: str) -> JoinParams:
        """Pick them for a data set and one of `compressed_crops`."""
        again = encoder_crops(settings).get(crop)
        return cls(
            results=settings.results,
            dataset=dataset,
            crop=crop,
            size=_general_faces(settings).size if again is None else again.size,
            shards=settings.datasets[dataset].shards,
        )


def _general_faces(settings: Settings) -> GeneralFacesSettings:
    assert settings.general is not None, "the study of memory stores arrays"
    return settings.general.faces


def compressed_crops(settings: Settings, crops: list[str]) -> list[str]:
    """Return those of ``crops`` whose faces are stored as JPEG: the general study's, if it asks for that."""
    if settings.general is None or settings.general.faces.store.format == "array":
        return []
    return [crop for crop in crops if crop != MEMORY_CROP]


def shard_file(folder: Path, shard: int | str, ending: str = "arrow") -> Path:
    """Return a shard's faces, or its record by the ending ``json``."""
    return folder / f"shard-{shard}.{ending}"


def shard_files(
    settings: Settings, layout: Layout, dataset: str, crop: str, ending: str = "arrow"
) -> list[Path]:
    """Return all shards of a data set's faces, or their records, in order."""
    folder = layout.faces(dataset, crop)
    return [shard_file(folder, shard, ending) for shard in range(settings.datasets[dataset].shards)]


def stored_files(settings: Settings, layout: Layout, dataset: str, crop: str) -> list[Path]:
    """Return the files of a data set's stored faces, all in one folder: pixels, index and summary."""
    files = store_files(layout.faces(dataset, crop))
    if not compressed_crops(settings, [crop]):
        return files
    return [*shard_files(settings, layout, dataset, crop), *files[1:]]


def pixel_files(settings: Settings, layout: Layout, dataset: str, crop: str) -> list[Path]:
    """Return what a figure reads that shows some stored faces: of an array the array alone."""
    files = stored_files(settings, layout, dataset, crop)
    return files if compressed_crops(settings, [crop]) else files[:1]
