"""The jobs of shards: together they store what one job does, and one that dies costs its own shard."""

import numpy as np
import pandas as pd
import pytest

from engram.config import CropSettings, FacesSettings, StoreSettings
from engram.core.errors import ImageError
from engram.core.records import read_record
from engram.data.images.prepare import prepare_faces
from engram.data.images.shards import crop_shard, join_faces, prepare_shard
from engram.data.images.store import FaceStore
from engram.data.jobs import CropParams, PrepareParams
from engram.data.manifest import write_manifest
from engram.data.shard_jobs import CropShardParams, JoinParams, PrepareShardParams, shard_file
from engram.runtime.job_spec import JobFiles

SHARDS, SIDE = 5, 32
FACES = FacesSettings(size=SIDE, colour="rgb")


def prepare(folder, root, shard):
    params = PrepareShardParams(
        results=str(folder),
        dataset="lab",
        folder=str(root),
        faces=FACES,
        detect=False,
        shard=shard,
        shards=SHARDS,
        store=StoreSettings(format="jpeg"),
    )
    outputs = JobFiles(faces=shard_file(folder, shard), record=shard_file(folder, shard, "json"))
    prepare_shard(JobFiles(manifest=folder / "manifest.parquet"), outputs, params, code="code")


def join(folder, size=SIDE, manifest=None):
    inputs = JobFiles(
        manifest=manifest or folder / "manifest.parquet",
        shards=[shard_file(folder, shard) for shard in range(SHARDS)],
        records=[shard_file(folder, shard, "json") for shard in range(SHARDS)],
    )
    names = {"index": "index.parquet", "summary": "store.json", "record": "record.json"}
    outputs = JobFiles(**{name: folder / file for name, file in names.items()})
    params = JoinParams(results=str(folder), dataset="lab", crop="faces_general", size=size, shards=SHARDS)
    join_faces(inputs, outputs, params, code="code")
    return FaceStore.load(folder)


@pytest.fixture
def folder(tmp_path, manifest):
    """Return a folder with the manifest of twelve images."""
    write_manifest(tmp_path / "faces/manifest.parquet", manifest)
    return tmp_path / "faces"


def test_shards_together_are_what_one_job_stores(folder, listed, manifest, tmp_path):
    """The same index, faces that differ by their compression alone, and the same counts."""
    for shard in range(SHARDS):
        prepare(folder, listed, shard)
    store = join(folder)
    counts = prepare_faces(manifest, listed, FACES, False, tmp_path / "array", progress=False)
    exact = FaceStore.load(tmp_path / "array")
    pd.testing.assert_frame_equal(store.index, exact.index)
    assert np.abs(store.faces[np.arange(12)].astype(int) - exact.faces).max() <= 3
    record = read_record(folder / "record.json")
    assert {name: record.metrics[name] for name in counts} == counts
    assert record.metrics["bytes"] == store.faces.nbytes
    assert record.data == {"lab": store.hash}
    assert record.settings["faces"]["store"] == {"format": "jpeg", "quality": 95}


def test_a_shard_that_dies_is_made_again_alone(folder, listed, manifest):
    """Nothing of it stays; made again, all files have the bytes of a run that did not die."""
    whole = folder.parent / "whole"
    write_manifest(whole / "manifest.parquet", manifest)
    for shard in range(SHARDS):
        prepare(whole, listed, shard)
    join(whole)
    image = listed / manifest["image"][5]
    kept = image.read_bytes()
    image.write_bytes(b"damaged")
    for shard in range(SHARDS):
        if shard == 2:
            with pytest.raises(ImageError, match="bo_1"):
                prepare(folder, listed, shard)
        else:
            prepare(folder, listed, shard)
    assert not list(folder.glob("*shard-2*"))
    image.write_bytes(kept)
    prepare(folder, listed, 2)
    join(folder)
    for path in folder.iterdir():
        if path.suffix != ".json" or path.name == "store.json":
            assert path.read_bytes() == (whole / path.name).read_bytes(), path.name


def test_faces_are_cut_out_again_shard_by_shard(folder, listed, tmp_path):
    """By the detection of the same shard; the index is that of the stored faces, at another size."""
    for shard in range(SHARDS):
        prepare(folder, listed, shard)
    again = tmp_path / "faces_24px_box_0"
    crop = CropParams(
        results=str(tmp_path), dataset="lab", folder=str(listed), size=24, crop=CropSettings(align="box")
    )
    for shard in range(SHARDS):
        params = CropShardParams(**dict(crop), shard=shard, shards=SHARDS, store=StoreSettings(format="jpeg"))
        inputs = JobFiles(manifest=folder / "manifest.parquet", detected=shard_file(folder, shard))
        outputs = JobFiles(faces=shard_file(again, shard), record=shard_file(again, shard, "json"))
        crop_shard(inputs, outputs, params, code="code")
    store = join(again, size=24, manifest=folder / "manifest.parquet")
    assert store.faces.shape == (12, 24, 24, 3)
    pd.testing.assert_frame_equal(store.index, join(folder).index)
    assert read_record(again / "record.json").settings["size"] == 24


def test_the_parameters_are_those_of_one_job_and_the_shard(smoke_settings):
    """What preparing depends on stands in one place."""
    shard = PrepareShardParams.of_shard(smoke_settings, "crowd", "faces_general", 0)
    whole = PrepareParams.from_settings(smoke_settings, "crowd", "faces_general")
    dumped = shard.model_dump(mode="json")
    assert {name: dumped[name] for name in whole.model_dump()} == whole.model_dump(mode="json")
    assert dumped["store"] == {"format": "array", "quality": 95}
    assert "store" not in dumped["faces"]
