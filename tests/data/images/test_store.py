import errno
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from engram.config import FacesSettings
from engram.core.errors import DiskError, ImageError, StoreError
from engram.data.images import store as module
from engram.data.images.prepare import prepare_faces
from engram.data.images.readers import read_dataset
from engram.data.images.store import FaceStore, write_faces


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def stored(tmp_path, manifest, faces):
    """Return the folder of 12 stored faces."""
    write_faces(tmp_path / "store", manifest, faces, 24, 1)
    return tmp_path / "store"


def test_what_is_stored_comes_back(stored, manifest, faces):
    """Pixels are mapped, not loaded; the index has the manifest's columns and what was found."""
    store = FaceStore.load(stored)
    assert isinstance(store.faces, np.memmap)
    np.testing.assert_array_equal(store.faces, np.stack([face.pixels for face in faces]))
    pd.testing.assert_frame_equal(store.index[list(manifest)], manifest)
    assert store.index["detected"].tolist() == [True] * 11 + [False]
    assert store.index["box_width"].isna().sum() == 1
    store.verify()


def test_the_hash_is_the_content_s(tmp_path, manifest, faces, stored):
    """The same faces give the same hash elsewhere; another pixel or another label gives another."""
    first = FaceStore.load(stored).hash
    assert write_faces(tmp_path / "again", manifest, faces, 24, 1).hash == first
    assert write_faces(tmp_path / "label", manifest.assign(expression="fear"), faces, 24, 1).hash != first
    assert write_faces(tmp_path / "pixel", manifest, [faces[1], *faces[1:]], 24, 1).hash != first


def test_no_partial_files_stay(stored):
    """Nothing but the three files is left behind."""
    assert sorted(contents(stored)) == ["faces.npy", "index.parquet", "store.json"]


class _FullDisk:
    """A file that takes some bytes and then finds the disk full."""

    def __init__(self, stream, room):
        self._stream, self._room = stream, room

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()

    def write(self, data):
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._stream.write(data)


def _open_on_a_full_disk(path, mode):
    return _FullDisk(path.open(mode), room=3000)


def test_full_disk(stored, manifest, faces, monkeypatch):
    """A disk that fills up gives one error with the way out, and what was stored before stays whole."""
    before = contents(stored)
    monkeypatch.setattr(module, "open", _open_on_a_full_disk, raising=False)
    with pytest.raises(DiskError, match=r"index\.parquet: cannot be written .*No space left.*Make room"):
        write_faces(stored, manifest.assign(expression="fear"), faces, 24, 1)
    assert contents(stored) == before


def test_a_broken_image_leaves_the_old_store(stored, manifest, faces):
    """When decoding stops in the middle, its own error comes through and nothing changes."""
    before = contents(stored)

    def broken():
        yield from faces[:5]
        raise ImageError("a.png: damaged")

    with pytest.raises(ImageError, match="damaged"):
        write_faces(stored, manifest, broken(), 24, 1)
    assert contents(stored) == before


@pytest.mark.parametrize("number", [11, 13])
def test_as_many_faces_as_rows(stored, manifest, faces, number):
    """A face too few or too many is refused."""
    with pytest.raises(StoreError, match=f"{number} faces were given for 12 rows"):
        write_faces(stored, manifest, [*faces, faces[0]][:number], 24, 1)


def test_faces_of_one_shape(stored, manifest, faces):
    """A face of another size is refused."""
    with pytest.raises(StoreError, match=r"face 0 is \(24, 24, 1\), not \(48, 48, 1\)"):
        write_faces(stored, manifest, faces, 48, 1)


@pytest.mark.parametrize("name", ["faces.npy", "index.parquet", "store.json"])
def test_truncated_files(stored, name):
    """A file that breaks off is named, with the way out."""
    path = stored / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StoreError, match=rf"{name}: .*Delete the folder and run snakemake again"):
        FaceStore.load(stored)


@pytest.mark.parametrize("name", ["faces.npy", "index.parquet", "store.json"])
def test_missing_files(stored, name):
    """Without one of its files a store is unfinished."""
    (stored / name).unlink()
    with pytest.raises(StoreError, match=rf"{name}: this file is missing"):
        FaceStore.load(stored)


def test_files_that_do_not_fit(stored, manifest):
    """Another shape, a shorter index or a foreign summary is refused by the file's name."""
    (stored / "store.json").write_text(json.dumps({"shape": [12, 48, 48, 1], "hash": "0"}))
    with pytest.raises(StoreError, match=r"faces\.npy: holds uint8 \[12, 24, 24, 1\]"):
        FaceStore.load(stored)
    (stored / "store.json").write_text("[]")
    with pytest.raises(StoreError, match=r"store\.json: this is no summary"):
        FaceStore.load(stored)


def test_a_shorter_index(stored):
    """An index with fewer rows than faces is refused."""
    pd.read_parquet(stored / "index.parquet").iloc[:5].to_parquet(stored / "index.parquet")
    with pytest.raises(StoreError, match=r"index\.parquet: has 5 rows for 12 faces"):
        FaceStore.load(stored)


@pytest.mark.parametrize("name", ["faces.npy", "index.parquet"])
def test_a_changed_byte_is_noticed(stored, name, monkeypatch):
    """A small store is compared with its hash when it is opened; of a large one `verify` reads all again."""
    data = bytearray((stored / name).read_bytes())
    data[len(data) // 2 if name == "faces.npy" else 20] ^= 1
    (stored / name).write_bytes(data)
    with pytest.raises(StoreError, match=r"store: the faces are not|index\.parquet: this file is damaged"):
        FaceStore.load(stored)
    if name == "faces.npy":
        monkeypatch.setattr(module, "HASHED", 0)
        with pytest.raises(StoreError, match="not those that were stored"):
            FaceStore.load(stored).verify()


def test_a_foreign_index_is_refused(stored, manifest):
    """A table of as many rows without what detection found is not the store's."""
    manifest.to_parquet(stored / "index.parquet")
    with pytest.raises(StoreError, match=r"index\.parquet: there is no column 'detected'"):
        FaceStore.load(stored)


@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_a_data_set_is_prepared(tmp_path, listed, colour):
    """A listed data set of plain pictures has no face; published as crops, every picture is one."""
    frame = read_dataset("lab", "manifest", listed)
    settings = FacesSettings(size=24, colour=colour)
    counts = prepare_faces(frame, listed, settings, True, tmp_path / "searched", progress=False)
    assert counts == {"images": 12, "subjects": 3, "detected": 0, "undetected": 12, "eyes": 0}
    counts = prepare_faces(frame, listed, settings, False, tmp_path / "crops", progress=True)
    assert counts["detected"] == 12
    store = FaceStore.load(tmp_path / "crops")
    assert store.faces.shape == (12, 24, 24, 1 if colour == "grey" else 3)
    if colour == "rgb":
        assert store.faces[3, 5, 5].tolist() == [60, 100, 50]


def test_a_damaged_image_stops_preparation(tmp_path, listed):
    """One damaged file stops the job with its name, and no store appears."""
    frame = read_dataset("lab", "manifest", listed)
    (listed / "bo_2.png").write_bytes(b"damaged")
    with pytest.raises(ImageError, match=r"bo_2\.png.*take its row out of manifest\.csv"):
        prepare_faces(frame, listed, FacesSettings(), True, tmp_path / "out", progress=False)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_portrait_is_prepared(tmp_path, portrait):
    """Detection, alignment and storing work together on a real face, and again give the same bytes."""
    for name in ("a", "b"):
        Image.fromarray(portrait).save(tmp_path / f"{name}.png")
    frame = pd.DataFrame(
        {"image": ["a.png", "b.png"], "subject": ["a", "b"], "expression": ["neutral", "neutral"]}
    )
    counts = prepare_faces(frame, tmp_path, FacesSettings(), True, tmp_path / "one", progress=False)
    assert counts == {"images": 2, "subjects": 2, "detected": 2, "undetected": 0, "eyes": 0}
    prepare_faces(frame, tmp_path, FacesSettings(), True, tmp_path / "two", progress=False)
    assert FaceStore.load(tmp_path / "one").hash == FaceStore.load(tmp_path / "two").hash
