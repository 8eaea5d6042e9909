"""Stored faces of a world put into shards, as `general.faces.store` asks for."""

import numpy as np

from engram.config import StoreSettings
from engram.core.arrays import shard_rows
from engram.core.paths import GENERAL_CROP
from engram.data.images.align import Face
from engram.data.images.compressed import BOX, write_shard
from engram.data.images.store import FaceStore, join_shards
from engram.data.shard_jobs import shard_file


def compress(settings, layout, dataset, quality=100):
    """Put a data set's array into its shards; return the settings that say so."""
    folder, shards = layout.faces(dataset, GENERAL_CROP), settings.datasets[dataset].shards
    store = FaceStore.load(folder)
    boxes, pixels, hashes = store.index[list(BOX)].to_numpy(), np.array(store.faces), []
    faces = [
        Face(face, bool(found), False, tuple(box))
        for face, found, box in zip(pixels, store.detected, boxes, strict=True)
    ]
    for shard in range(shards):
        rows = shard_rows(len(faces), shard, shards)
        part = faces[rows.start : rows.stop]
        hashes.append(write_shard(shard_file(folder, shard), part, len(part), pixels.shape[1], 3, quality))
    (folder / "faces.npy").unlink()
    join_shards(folder, store.index, hashes, pixels.shape[1], 3)
    chosen = StoreSettings(format="jpeg", quality=quality)
    general = settings.general
    faces_settings = general.faces.model_copy(update={"store": chosen})
    return settings.model_copy(update={"general": general.model_copy(update={"faces": faces_settings})})
