"""Students: each kind learns its teachers, leaves its files, and resumes to the same bytes."""

import multiprocessing
import os
import signal
import time

import numpy as np
import pandas as pd
import pytest
import torch

from engram.config import TrainingSettings
from engram.core.errors import CheckpointError, EmbeddingError, TrainingError
from engram.core.paths import GENERAL_CROP
from engram.core.records import read_record
from engram.data.images.store import FaceStore
from engram.data.splitting import read_split
from engram.models.autoencoders import Autoencoder
from engram.models.backbone_files import build_student, count_parameters, load_backbone
from engram.models.fusion_operators import load_operator
from engram.models.inputs import FaceInputs
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.pipeline import student_job
from engram.studies.general.methods import STUDENTS
from engram.studies.general.operators import fused_sizes
from engram.studies.general.students.distillation import train_student
from engram.studies.general.students.student_decoder import student_errors
from engram.studies.general.students.student_job import StudentJob
from engram.training.device import choose_device
from tests.studies.compressed_world import compress
from tests.studies.located import located
from tests.studies.taught_world import SIDE, SIZES, make_world

KINDS = list(STUDENTS)


@pytest.fixture
def world(tmp_path):
    """Return settings and layout of the tiny world."""
    return make_world(tmp_path)


def train(world, kind, seed=1):
    settings, layout = world
    job = student_job(located(settings, layout))
    train_student(*job.fill(kind=kind, seed=seed), threads=1, code="code")
    folder = layout.student(kind, seed)
    return (
        load_backbone(folder / "model.safetensors"),
        read_record(folder / "record.json"),
        pd.read_parquet(folder / "reconstruction.parquet"),
    )


def _faces(world, subset):
    """Return the detected rows of a subset, their faces, and their standardised embeddings."""
    settings, layout = world
    store = FaceStore.load(layout.faces("crowd", GENERAL_CROP))
    rows = read_split(layout.split("crowd")).rows(subset)
    rows = rows[store.index["detected"].to_numpy(bool)[rows]]
    operator = load_operator(layout.fusion("ae", 1) / "model.safetensors")
    raw = Embeddings.load(GeneralFiles(settings, layout).embeddings("crowd"), SIZES, "float32").rows(rows)
    return rows, store.faces[rows], operator, raw


@pytest.mark.parametrize(("width", "parameters", "times"), [(27, 2_216_023, 59), (24, 1_773_784, 74)])
def test_the_published_student_has_its_printed_parameters(width, parameters, times):
    """Width 27 has the printed 2.2 M, 59 times fewer than the teacher; width 24 comes near the printed 75."""
    student = count_parameters(build_student(1024, width=width, size=48).network)
    fusing = Autoencoder([5488, 3136, 1792, 1024])
    assert student == parameters
    assert fusing.encoding_parameters == 24_671_040
    assert round((106_000_000 + fusing.encoding_parameters) / student) == times


@pytest.mark.parametrize("kind", KINDS)
def test_every_student_learns_and_leaves_its_files(world, kind):
    """Validation gets better, test errors beat the mean's, the record tells it, scratch is gone."""
    settings, layout = world
    backbone, record, errors = train(world, kind)
    losses = [entry["validation_loss"] for entry in record.history]
    assert min(losses) < 0.8 * losses[0]
    assert record.metrics["best_validation_loss"] == min(losses)
    assert record.metrics["rmse/average"] < 0.9
    assert backbone.settings["embedding"] == fused_sizes(settings.general)[-1]
    assert backbone.settings["normalised"]
    assert record.kind == "student"
    assert set(record.timings) == {"prepare", "train", "reconstruct"}
    assert not list((layout.root / "scratch").rglob("*.safetensors"))
    rows, *_ = _faces(world, "test")
    assert errors["row"].tolist() == rows.tolist()
    assert set(errors["operator"]) == {f"E_{kind}"}
    assert list(errors.columns) == ["row", "subject", "operator", "seed", *SIZES]
    rmse = {name: float(np.sqrt(errors[name].mean())) for name in SIZES}
    for name, value in rmse.items():
        assert record.metrics[f"rmse/{name}"] == pytest.approx(value)
    assert record.metrics["rmse/average"] == pytest.approx(np.mean(list(rmse.values())))


def test_the_student_follows_the_direction_of_the_teacher(world):
    """On test faces `unique`'s embedding points where h_G does."""
    backbone, *_ = train(world, "unique")
    _, faces, operator, raw = _faces(world, "test")
    with torch.inference_mode():
        seen = backbone.network.embed(backbone.inputs(faces)).numpy()
    taught = operator.encode(raw)
    unit = seen / np.linalg.norm(seen, axis=1, keepdims=True)
    cosine = (unit * taught).sum(1) / np.linalg.norm(taught, axis=1)
    assert cosine.mean() > 0.6


def test_a_decoder_learns_from_the_embeddings_as_they_are(world):
    """On the frozen embeddings of a student of known content: what is in them is found, norms too."""
    job = StudentJob.load(*_loaded(world, "unique"))
    codes = np.zeros((len(job.data.faces), job.operator.size), np.float32)
    for rows in job.data.rows.values():
        codes[rows, :2] = job.operator.encode(job.data.embeddings.rows(rows))[:, :2]
    known = _Known(job.data.faces[np.arange(len(job.data.faces))], codes)
    whole = student_errors(job, known, "whole")
    known.embeddings = codes / np.linalg.norm(codes, axis=1, keepdims=True).clip(1e-6)
    directions = student_errors(job, known, "directions")
    assert directions[list(SIZES)].to_numpy().mean() > whole[list(SIZES)].to_numpy().mean() + 0.04
    assert not list((world[1].root / "scratch").rglob("*.npy"))


class _Known:
    """Gives stored embeddings for stored faces, whatever the network."""

    def __init__(self, faces, embeddings):
        inputs = FaceInputs(SIDE)(np.array(faces))
        self.places = {image.numpy().tobytes(): row for row, image in enumerate(inputs)}
        self.embeddings = embeddings

    def eval(self):
        return self

    def embed(self, images):
        return torch.from_numpy(self.embeddings[[self.places[image.numpy().tobytes()] for image in images]])


def _loaded(world, kind):
    inputs, _, params = student_job(located(*world)).fill(kind=kind, seed=1)
    params = params.model_copy(
        update={"decoding": TrainingSettings(epochs=40, batch_size=16, learning_rate=0.01)}
    )
    return inputs, params, choose_device(params.compute, 1)


def test_training_reads_training_faces_and_chooses_by_validation_ones(world):
    """Counts are those of the detected faces of each subset; test faces take no part."""
    _, record, _ = train(world, "mt")
    assert record.metrics["training_faces"] == len(_faces(world, "train")[0])
    assert record.metrics["validation_faces"] == len(_faces(world, "validation")[0])


@pytest.mark.parametrize("kind", ["unique", "unic"])
def test_the_same_seed_gives_the_same_bytes(tmp_path, kind):
    """Trained twice, model and errors are the same files; another seed gives another model."""
    training = {"epochs": 3, "batch_size": 16, "learning_rate": 0.01}
    _, layout = world = make_world(tmp_path, training=training)
    files = [layout.student(kind, 1) / name for name in ("model.safetensors", "reconstruction.parquet")]
    train(world, kind)
    first = [file.read_bytes() for file in files]
    train(world, kind)
    assert [file.read_bytes() for file in files] == first
    train(world, kind, seed=2)
    assert (layout.student(kind, 2) / "model.safetensors").read_bytes() != first[0]


def _train_long(world, kind):
    torch.set_num_threads(1)
    train(world, kind)


@pytest.mark.parametrize("kind", ["unique", pytest.param("unic", marks=pytest.mark.long)])
def test_a_killed_job_resumes_to_the_same_bytes(tmp_path, kind):
    """SIGKILL in the middle of training; the next run goes on and ends with the whole run's bytes."""
    training = {"epochs": 12, "patience": 12, "batch_size": 16, "learning_rate": 0.01}
    _, layout = world = make_world(tmp_path, training=training)
    _, record, _ = train(world, kind)
    model = layout.student(kind, 1) / "model.safetensors"
    expected, history = model.read_bytes(), record.history
    model.unlink()
    # Spawned: a fork would inherit torch's threads.
    process = multiprocessing.get_context("spawn").Process(target=_train_long, args=(world, kind))
    process.start()
    checkpoint = layout.scratch(f"student/{kind}", 1) / "checkpoint.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert checkpoint.exists()
    assert not model.exists()
    _, record, _ = train(world, kind)
    assert model.read_bytes() == expected
    assert record.history == history


def test_a_missing_operator_stops_before_training(world):
    """Without its teacher's file the job ends at once, and nothing is written."""
    _, layout = world
    (layout.fusion("ae", 1) / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"fusion/ae/seed1/model\.safetensors"):
        train(world, "unique")
    assert not layout.student("unique", 1).exists()


def test_embeddings_of_other_faces_are_refused(world):
    """Embeddings of fewer faces than are stored are named."""
    files = GeneralFiles(*world)
    for name, size in SIZES.items():
        for path in files.shards("crowd", name):
            np.save(path, np.ones((30, size), np.float32))
    with pytest.raises(EmbeddingError, match="embeddings of 60 faces, but 150 are stored"):
        train(world, "unique")


def test_a_loss_that_is_not_finite_is_named(tmp_path):
    """A wild learning rate ends with the student's name."""
    training = {"epochs": 4, "batch_size": 16, "learning_rate": 1e30}
    with pytest.raises(TrainingError, match=r"student mt \(seed 1\): the loss is"):
        train(make_world(tmp_path, training=training), "mt")


def test_a_student_learns_from_faces_in_shards(tmp_path):
    """Of the same faces as JPEG it learns as much, and again to the same bytes."""
    exact, world = make_world(tmp_path / "array"), make_world(tmp_path / "jpeg")
    world = compress(world[0], world[1], "crowd"), world[1]
    _, expected, _ = train(exact, "unique")
    _, record, errors = train(world, "unique")
    assert (world[1].faces("crowd", GENERAL_CROP) / "shard-1.arrow").exists()
    assert record.metrics["best_validation_loss"] < 1.2 * expected.metrics["best_validation_loss"] + 0.01
    assert record.metrics["training_faces"] == expected.metrics["training_faces"]
    kept = (world[1].student("unique", 1) / "model.safetensors").read_bytes()
    _, _, again = train(world, "unique")
    pd.testing.assert_frame_equal(errors, again)
    assert (world[1].student("unique", 1) / "model.safetensors").read_bytes() == kept
