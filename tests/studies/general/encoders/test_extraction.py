"""Extraction: each face once for all encoders of a group, in any shards, whole or not at all."""

import errno
import json

import numpy as np
import pytest
import torch

from engram.core.errors import CheckpointError, DiskError, EmbeddingError
from engram.core.files import file_hash
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import read_record
from engram.data.images.store import FaceStore
from engram.models.backbone_files import Backbone, load_backbone, save_backbone
from engram.models.inputs import FaceInputs
from engram.studies.general.encoders import extraction
from engram.studies.general.encoders.embeddings import Embeddings, ShardWriter
from engram.studies.general.encoders.extraction import extract_embeddings
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.pipeline import extraction_job
from tests.studies.compressed_world import compress
from tests.studies.general_world import general_settings, store_general_faces
from tests.studies.located import located

#: Those that share the input size of 48.
GROUP = ["expression", "age", "attributes"]


def build(settings, name):
    """Return an encoder of random weights."""
    chosen = settings.general.encoders[name]
    shape = {key: getattr(chosen, key) for key in ("architecture", "embedding", "width")}
    torch.manual_seed(0)
    return Backbone.build(
        {**shape, "head": None, "normalised": False}, FaceInputs(chosen.size, chosen.colour), {}
    )


@pytest.fixture
def world(tmp_path):
    """Return settings and the layout of a folder with encoders and one data set's faces."""
    settings, layout = general_settings(), Layout(tmp_path / "results")
    for name in settings.general.encoders:
        save_backbone(layout.encoder(name) / "model.safetensors", build(settings, name))
    store_general_faces(layout, settings, "crowd", images=75)
    return settings, layout


def sharded(settings, shards, dtype="float32"):
    """Return the settings with another number of shards and number format."""
    crowd = settings.datasets["crowd"].model_copy(update={"shards": shards})
    general = settings.general.model_copy(update={"dtype": dtype})
    return settings.model_copy(update={"datasets": {**settings.datasets, "crowd": crowd}, "general": general})


def extract(settings, layout, shard=0, encoders=GROUP):
    job = extraction_job(located(settings, layout), "group", list(encoders))
    extract_embeddings(*job.fill(dataset="crowd", shard=shard), threads=1, code="code")


def load(layout, settings):
    files = GeneralFiles(settings, layout).embeddings("crowd", GROUP)
    sizes = {name: settings.general.encoders[name].embedding for name in GROUP}
    return Embeddings.load(files, sizes, settings.general.dtype)


def files(layout):
    return {path: path.read_bytes() for path in sorted((layout.general / "embeddings").rglob("*.npy"))}


def test_embeddings_are_what_the_encoders_give(world):
    """In the order of the faces, one after another as a slow reference; zeros where no face was found."""
    settings, layout = world
    extract(settings, layout)
    store = FaceStore.load(layout.faces("crowd", GENERAL_CROP))
    embeddings = load(layout, settings)
    for name in GROUP:
        backbone = load_backbone(layout.encoder(name) / "model.safetensors")
        found = torch.from_numpy(embeddings.rows(np.arange(75), [name]))
        for row, detected in enumerate(store.index["detected"]):
            with torch.inference_mode():
                expected = backbone.network.embed(backbone.inputs(np.array(store.faces[row : row + 1])))[0]
            torch.testing.assert_close(found[row], expected if detected else torch.zeros_like(expected))


def test_encoders_together_are_encoders_alone(world):
    """Sharing the reading changes no byte."""
    settings, layout = world
    extract(settings, layout)
    together = files(layout)
    for path in together:
        path.unlink()
    for name in GROUP:
        extract(settings, layout, encoders=[name])
    assert files(layout) == together
    assert len(together) == 3


def test_each_face_is_read_once(world, monkeypatch):
    """However many encoders share an input size; a face that was not found is not read."""
    settings, layout = world
    seen = []
    real = extraction.resize
    monkeypatch.setattr(
        extraction, "resize", lambda faces, size: seen.append(len(faces)) or real(faces, size)
    )
    extract(settings, layout)
    assert sum(seen) == FaceStore.load(layout.faces("crowd", GENERAL_CROP)).index["detected"].sum() == 68


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_shards_join_to_the_whole(world, dtype):
    """Seven jobs give what one gives, in the number format asked for."""
    whole, layout = sharded(world[0], 1, dtype), world[1]
    extract(whole, layout)
    expected = load(layout, whole).rows(np.arange(75))
    parts = sharded(world[0], 7, dtype)
    for shard in range(7):
        extract(parts, layout, shard)
    found = load(layout, parts).rows(np.arange(75))
    np.testing.assert_allclose(found, expected, atol=1e-5 if dtype == "float32" else 2e-3)
    assert np.load(layout.embeddings("crowd", "age") / "shard-6.npy").dtype == dtype


def test_a_shard_without_a_detected_face_is_zeros(world):
    """As many jobs as faces: that of a face which was not found has nothing to run."""
    settings = sharded(world[0], 75)
    extract(settings, world[1], shard=9)
    assert not np.load(world[1].embeddings("crowd", "age") / "shard-9.npy").any()


def test_records_say_what_was_read(world):
    """Encoder and faces by their hashes, and how many faces there were."""
    settings, layout = world
    extract(settings, layout)
    record = read_record(layout.embeddings("crowd", "age") / "shard-0.json")
    model = layout.encoder("age") / "model.safetensors"
    assert (record.kind, record.name) == ("embeddings", "crowd/age")
    assert record.inputs == {"general/encoders/age/model.safetensors": file_hash(model)}
    assert record.data == {"crowd": FaceStore.load(layout.faces("crowd", GENERAL_CROP)).hash}
    assert record.metrics == {"faces": 75, "undetected": 7}
    assert set(record.timings) == {"read", "extract"}


def poison(settings, layout, name, value):
    """Give an encoder's projection a bias of ``value``."""
    backbone = build(settings, name)
    backbone.network.backbone.projection.bias.data[1] = value
    save_backbone(layout.encoder(name) / "model.safetensors", backbone)


@pytest.mark.parametrize(
    ("value", "dtype", "advice"),
    [(float("nan"), "float32", r"normalisation\."), (1e5, "float16", "general.dtype to 'float32'")],
)
def test_an_embedding_that_is_not_finite_stops(world, value, dtype, advice):
    """Encoder and first image are named, also where a number is too large for float16; nothing is written."""
    settings, layout = sharded(world[0], 1, dtype), world[1]
    poison(settings, layout, "age", value)
    with pytest.raises(EmbeddingError, match=rf"encoder 'age': .* image 'crowd\.npy#0' .*{dtype}.*{advice}"):
        extract(settings, layout)
    assert files(layout) == {}


def test_a_full_disk_leaves_nothing(world, monkeypatch):
    """One error with the way out, and no shard that looks whole."""
    settings, layout = world

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ShardWriter, "write", full)
    with pytest.raises(DiskError, match=r"shard-0\.npy: cannot be written .*No space left.*Make room"):
        extract(settings, layout)
    assert files(layout) == {}
    assert not list(layout.general.rglob("*.partial*"))


def test_encoders_of_several_input_sizes_are_refused(world):
    """A job resizes each face once, so its encoders share one size."""
    with pytest.raises(EmbeddingError, match=r"not \{'age': 48, 'identity': 32\}"):
        extract(*world, encoders=["age", "identity"])


def test_a_model_of_another_size_is_refused(world):
    """An encoder trained under other settings does not fill arrays of these."""
    other = general_settings(lambda config: config["general"]["encoders"]["age"].update(embedding=5))
    with pytest.raises(CheckpointError, match=r"age/model\.safetensors: .* has 4 values, .* says 5"):
        extract(other, world[1])


def test_the_same_faces_give_the_same_bytes(world):
    """Extracted twice, a shard is the same file, and its record but for its times."""
    settings, layout = world
    extract(settings, layout)
    first = files(layout)
    record = json.loads((layout.embeddings("crowd", "age") / "shard-0.json").read_text())
    extract(settings, layout)
    again = json.loads((layout.embeddings("crowd", "age") / "shard-0.json").read_text())
    assert files(layout) == first
    assert {**record, "timings": 0} == {**again, "timings": 0}


def test_faces_in_shards_are_embedded_as_they_are_decoded(world):
    """Each shard of embeddings is what an encoder gives for the JPEG's pixels; zeros for no face."""
    settings, layout = world
    settings = compress(sharded(settings, 3), layout, "crowd", quality=90)
    for shard in range(3):
        extract(settings, layout, shard)
    store, found = FaceStore.load(layout.faces("crowd", GENERAL_CROP)), load(layout, settings)
    for name in GROUP:
        backbone = load_backbone(layout.encoder(name) / "model.safetensors")
        with torch.inference_mode():
            expected = backbone.network.eval().embed(backbone.inputs(store.faces[np.arange(75)])).numpy()
        expected[~store.detected] = 0
        np.testing.assert_allclose(found.rows(np.arange(75), [name]), expected, atol=1e-5)
