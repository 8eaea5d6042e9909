"""Faces as JPEG in shards: what comes back, in which size, and what a damaged file says."""

import hashlib
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from engram.core import files
from engram.core.arrays import JoinedRows, shard_rows, sized
from engram.core.errors import StoreError
from engram.data.images.align import Face
from engram.data.images.compressed import CompressedFaces, read_found, write_shard
from engram.data.images.store import FaceStore, join_shards, write_faces
from engram.data.shard_jobs import shard_file
from engram.models.inputs import resize

SIDE, COUNT = 48, 23
NOWHERE = (float("nan"),) * 4


def made(count=COUNT):
    """Return smooth faces, each its own; every seventh was not detected."""
    rng, across = np.random.default_rng(2), np.linspace(0, np.pi, SIDE)
    faces = []
    for number in range(count):
        waves = [np.outer(np.sin(across * a), np.cos(across * b)) for a, b in rng.uniform(0.5, 3, (3, 2))]
        pixels = (127 + 100 * np.stack(waves, axis=2)).astype(np.uint8)
        found = number % 7 != 5
        box = (float(number), 2.0, 30.0, 40.0) if found else NOWHERE
        faces.append(Face(pixels if found else np.zeros_like(pixels), found, number % 2 == 0 and found, box))
    return faces


def index_of(count=COUNT):
    return pd.DataFrame(
        {"image": [f"{n}.png" for n in range(count)], "subject": [f"s{n % 4}" for n in range(count)]}
    )


def store(folder, shards=3, quality=95):
    """Store the faces in shards; return the store."""
    faces, hashes = made(), []
    for shard in range(shards):
        rows = shard_rows(COUNT, shard, shards)
        part = faces[rows.start : rows.stop]
        hashes.append(write_shard(shard_file(folder, shard), part, len(rows), SIDE, 3, quality))
    return join_shards(folder, index_of(), hashes, SIDE, 3)


def test_what_is_stored_comes_back(tmp_path):
    """Close to the pixels, as an array has them; undetected faces are zero; the index is the array's."""
    compressed, exact = store(tmp_path / "jpeg"), write_faces(tmp_path / "array", index_of(), made(), SIDE, 3)
    assert compressed.faces.shape == exact.faces.shape == (COUNT, SIDE, SIDE, 3)
    pixels = compressed.faces[np.arange(COUNT)]
    assert np.abs(pixels.astype(int) - exact.faces).mean() < 1.5
    assert not pixels[~compressed.detected].any()
    pd.testing.assert_frame_equal(compressed.index, exact.index)
    assert len(compressed) == len(exact)
    compressed.verify()


def test_pixels_are_those_of_the_jpeg(tmp_path):
    """What is decoded is what Pillow's own encoder and decoder make of a face."""
    faces, found = made(), store(tmp_path).faces
    for row in (0, 9, 22):
        buffer = io.BytesIO()
        Image.fromarray(faces[row].pixels).save(buffer, "JPEG", quality=95)
        assert found.content(row) == buffer.getvalue()
        np.testing.assert_array_equal(found[row], np.asarray(Image.open(buffer)))


def test_rows_in_any_order_and_one_alone(tmp_path):
    """As an array: positions, a slice, a number; of shards read as one, and joined with an array."""
    found = store(tmp_path / "jpeg", shards=4).faces
    everything = found[np.arange(COUNT)]
    rows = np.array([22, 0, 7, 7, 13])
    np.testing.assert_array_equal(found[rows], everything[rows])
    np.testing.assert_array_equal(found[3:9], everything[3:9])
    np.testing.assert_array_equal(found[6], everything[6])
    array = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)
    joined = JoinedRows([found, array])
    np.testing.assert_array_equal(joined[np.array([24, 2])], np.stack([array[1], everything[2]]))
    assert joined.streams
    assert joined.shape == (COUNT + 5, SIDE, SIDE, 3)


@pytest.mark.parametrize("size", [8, 20, 24, 40])
def test_smaller_faces_are_those_of_the_whole_made_small(tmp_path, size):
    """Decoded small, a face is what resizing the whole face gives, within what JPEG's own scaling costs."""
    found = store(tmp_path).faces
    small, rows = sized(found, size), np.arange(5)
    assert small.shape == (COUNT, size, size, 3)
    assert small.scale == size / SIDE
    expected = resize(found[rows], size).permute(0, 2, 3, 1).numpy() * 255
    assert np.abs(small[rows] - expected).mean() < 2


def test_faces_are_never_enlarged(tmp_path):
    """Who asks for more gets what is stored; an array is given as it is."""
    found = store(tmp_path).faces
    assert sized(found, 96).shape == found.shape
    array = np.zeros((2, 8, 8, 3), np.uint8)
    assert sized(array, 4).shape == array.shape


def test_the_same_faces_give_the_same_bytes(tmp_path):
    """Another number of shards stores the same faces; another quality does not."""
    one, two, other = store(tmp_path / "1"), store(tmp_path / "2"), store(tmp_path / "3", quality=80)
    assert one.hash == two.hash != other.hash
    for name in ("shard-0.arrow", "shard-2.arrow", "index.parquet", "store.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    assert other.faces.nbytes < one.faces.nbytes
    whole = store(tmp_path / "4", shards=1)
    np.testing.assert_array_equal(whole.faces[np.arange(COUNT)], one.faces[np.arange(COUNT)])


def test_a_shard_is_hashed_while_it_is_written(tmp_path, monkeypatch):
    """Its hash is the file's, and is known without reading the file; after a change the file is read."""
    path = tmp_path / "shard-0.arrow"
    digest = write_shard(path, made(), COUNT, SIDE, 3, 95)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(files, "file_hash", lambda path: "read")
    assert files.written_hash(path) == digest
    path.write_bytes(b"other")
    assert files.written_hash(path) == "read"


def test_what_was_found_is_read_without_faces(tmp_path):
    """A row a face, as it was stored."""
    store(tmp_path, shards=1)
    found = read_found(tmp_path / "shard-0.arrow")
    assert found["detected"].tolist() == [face.detected for face in made()]
    assert found["box_left"].dropna().tolist() == [face.box[0] for face in made() if face.detected]
    assert "jpeg" not in found


@pytest.mark.parametrize("number", [COUNT - 1, COUNT + 1])
def test_as_many_faces_as_rows(tmp_path, number):
    """A face too few or too many is refused, and no shard appears."""
    with pytest.raises(StoreError, match=f"{number} faces were given for {COUNT} rows"):
        write_shard(tmp_path / "shard-0.arrow", made(number), COUNT, SIDE, 3, 95)
    assert list(tmp_path.iterdir()) == []


def test_shards_that_do_not_fit(tmp_path):
    """A face of another size, and fewer faces than the manifest has rows."""
    with pytest.raises(StoreError, match=r"a face is \(48, 48, 3\), not \(32, 32, 3\)"):
        write_shard(tmp_path / "shard-0.arrow", made(), COUNT, 32, 3, 95)
    digest = write_shard(tmp_path / "shard-0.arrow", made(9), 9, SIDE, 3, 95)
    with pytest.raises(StoreError, match="hold 9 faces for 23 rows"):
        join_shards(tmp_path, index_of(), [digest], SIDE, 3)


@pytest.mark.parametrize("damage", ["cut", "gone", "foreign", "byte"])
def test_damaged_shards_are_named(tmp_path, damage):
    """Cut off, missing, of another layout, or with one other byte: the file is named with the way out."""
    store(tmp_path)
    path = tmp_path / "shard-1.arrow"
    data = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(data[:-50])
    elif damage == "foreign":
        index_of().to_feather(path)
    else:
        data[data.index(b"\xff\xda") + 40] ^= 1
        path.write_bytes(data)
    message = "not those that were stored" if damage == "byte" else r"shard-1\.arrow: .*run snakemake again"
    with pytest.raises(StoreError, match=f"(?i){message}"):
        FaceStore.load(tmp_path)


def test_a_damaged_face_is_named(tmp_path):
    """Bytes that are no JPEG any more stop the reader with file and row."""
    store(tmp_path)
    path = tmp_path / "shard-1.arrow"
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xd8\xff")
    data[at : at + 200] = bytes(200)
    path.write_bytes(data)
    faces = CompressedFaces([shard_file(tmp_path, shard) for shard in range(3)], SIDE, 3)
    with pytest.raises(
        StoreError, match=r"shard-1\.arrow: the face of row 7 is damaged .*run snakemake again"
    ):
        faces[np.arange(COUNT)]


def test_contents_tell_equal_faces(tmp_path):
    """Faces of equal pixels have equal contents, of an array as of shards."""
    face = made()[0]
    both = [face, made()[1], face]
    exact = write_faces(tmp_path / "array", index_of(3), both, SIDE, 3)
    digest = write_shard(tmp_path / "jpeg/shard-0.arrow", both, 3, SIDE, 3, 95)
    for stored in (exact, join_shards(tmp_path / "jpeg", index_of(3), [digest], SIDE, 3)):
        first, second, third = stored.contents(np.arange(3))
        assert first == third != second
