"""Representations: every row is what its operator or student gives, and bad files are named."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engram.core.errors import DiskError, EmbeddingError
from engram.core.paths import GENERAL_CROP
from engram.core.records import read_record
from engram.data.images.store import FaceStore
from engram.models.backbone_files import build_student, load_backbone, save_backbone
from engram.models.fusion_operators import load_operator
from engram.models.inputs import FaceInputs
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.pipeline import represent_job
from engram.studies.general.plan import representations, represented
from engram.studies.general.representations.represent import represent_faces
from engram.studies.general.representations.representation_store import (
    ArrayWriter,
    load_representation,
    write_array,
)
from tests.studies.located import located
from tests.studies.taught_world import FACES, SIZES, make_world


@pytest.fixture
def world(tmp_path):
    """Return the tiny world with students of random weights."""
    settings, layout = make_world(tmp_path)
    for number, kind in enumerate(settings.general.students):
        for seed in settings.seeds:
            torch.manual_seed(10 * number + seed)
            backbone = build_student(8, width=4, size=24)
            save_backbone(layout.student(kind, seed) / "model.safetensors", backbone)
    return settings, layout


def represent(world):
    settings, layout = world
    job = represent_job(located(settings, layout))
    represent_faces(*job.fill(dataset="city"), threads=1, code="code")


def path_of(world, name):
    return GeneralFiles(*world).representation("city", name)


def read(world, name):
    return load_representation(path_of(world, name), len(world[0].seeds), FACES["city"])


def model_of(world, name, seed):
    settings, layout = world
    found = {each.name: each for each in represented(settings.general)}
    return found[name].model(layout, seed)


def _store(layout):
    store = FaceStore.load(layout.faces("city", GENERAL_CROP))
    return store, store.index["detected"].to_numpy(bool)


def test_every_representation_has_every_face_of_every_seed(world):
    """Each file is (seeds, N, d) float32, zero where no face was found and only there."""
    settings, layout = world
    represent(world)
    _, detected = _store(layout)
    names = representations(settings.general)
    sizes = {"size_4": 4}
    for name in names:
        array = read(world, name)
        assert array.shape == (2, FACES["city"], sizes.get(name, 8))
        assert array.dtype == np.float32
        assert ((array != 0).any(axis=2) == detected).all()
    record = read_record(layout.representations("city") / "record.json")
    assert record.metrics == {"faces": float(FACES["city"]), "detected": float(detected.sum())}
    assert set(record.inputs) == {
        model_of(world, name, seed).relative_to(layout.root).as_posix()
        for name in names
        for seed in settings.seeds
    }


def test_operators_and_students_are_applied_face_by_face(world):
    """A row is what the operator makes of its embeddings, or the student of its pixels."""
    settings, layout = world
    represent(world)
    store, detected = _store(layout)
    rows = np.flatnonzero(detected)
    embeddings = Embeddings.load(GeneralFiles(*world).embeddings("city"), SIZES, "float32")
    for name in ("h_g", "pca", "size_4"):
        operator = load_operator(model_of(world, name, 2))
        expected = operator.encode(embeddings.rows(rows))
        assert np.allclose(read(world, name)[1, rows], expected, atol=1e-5)
    for kind in settings.general.students:
        for number, seed in enumerate(settings.seeds):
            backbone = load_backbone(layout.student(kind, seed) / "model.safetensors")
            for row in rows[:5]:
                with torch.inference_mode():
                    expected = backbone.network.embed(backbone.inputs(np.array(store.faces[[row]]))).numpy()
                assert np.allclose(read(world, f"h_{kind}")[number, row], expected, atol=1e-4)
            lengths = np.linalg.norm(read(world, f"h_{kind}")[number, rows], axis=1)
            assert np.allclose(lengths, np.sqrt(8), rtol=1e-4)


def test_a_rerun_gives_the_same_bytes(world):
    """Made twice, every array is the same file."""
    represent(world)
    files = [path_of(world, name) for name in representations(world[0].general)]
    first = [file.read_bytes() for file in files]
    represent(world)
    assert [file.read_bytes() for file in files] == first


def test_each_face_is_read_once_for_all_students(world, monkeypatch):
    """Inputs are made once a face, whatever the number of students and seeds."""
    made = []
    plain = FaceInputs.__call__
    monkeypatch.setattr(
        FaceInputs, "__call__", lambda self, faces: made.append(len(faces)) or plain(self, faces)
    )
    represent(world)
    _, detected = _store(world[1])
    assert sum(made) == detected.sum()


def test_a_value_that_is_not_finite_is_named(world):
    """A student with a broken weight ends with representation, seed and image, and no file of it."""
    _, layout = world
    path = layout.student("mt", 2) / "model.safetensors"
    backbone = load_backbone(path)
    with torch.no_grad():
        backbone.network.backbone.projection.bias[0] = float("nan")
    save_backbone(path, backbone)
    with pytest.raises(EmbeddingError, match=r"city: representation 'h_mt' \(seed 2\) of image '0\.png'"):
        represent(world)
    assert not path_of(world, "h_mt").exists()


def test_the_reader_refuses_missing_damaged_and_foreign_files(world):
    """Each message names the file and what is wrong."""
    with pytest.raises(EmbeddingError, match=r"h_g\.npy: this file is missing"):
        read(world, "h_g")
    path = path_of(world, "h_g")
    for content in (b"", b"no array"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        with pytest.raises(EmbeddingError, match=r"h_g\.npy: this file is damaged"):
            read(world, "h_g")
    for wrong in (np.zeros((1, FACES["city"], 8), np.float32), np.zeros((2, FACES["city"], 8))):
        np.save(path, wrong)
        with pytest.raises(EmbeddingError, match=r"not float32 values of 2 seeds and 45 faces"):
            read(world, "h_g")


def test_blocks_may_be_written_in_any_order(tmp_path):
    """What is written lands at its place; what is not stays zero."""
    expected = np.random.default_rng(1).normal(size=(2, 5, 3)).astype(np.float32)
    expected[0, 3:] = 0
    with write_array(tmp_path / "array.npy", (2, 5, 3)) as writer:
        writer.write(expected[1, 2:], 1, 2)
        writer.write(expected[0, :3], 0, 0)
        writer.write(expected[1, :2], 1)
    assert np.array_equal(np.load(tmp_path / "array.npy"), expected)


def test_a_full_disk_is_named(monkeypatch):
    """A device without room ends with the file's name."""

    class Full(ArrayWriter):
        def __init__(self, path, shape):
            self._stream, self._shape, self._start = open("/dev/full", "wb"), shape, 0  # noqa: SIM115

    monkeypatch.setattr("engram.studies.general.representations.representation_store.ArrayWriter", Full)
    with (
        pytest.raises(DiskError, match=r"array\.npy: cannot be written \(No space left"),
        write_array(Path("array.npy"), (100, 100)) as writer,
    ):
        writer.write(np.zeros((100, 100), np.float32), 0)
