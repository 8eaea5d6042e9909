"""Source encoders: each kind of task trains, resumes to the same bytes, and imported ones are checked."""

import hashlib

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from engram.core.errors import EncoderError, TrainingError
from engram.core.paths import Layout
from engram.core.records import read_record
from engram.data.splitting import read_split
from engram.models.backbone_files import load_backbone
from engram.studies.general.encoders.sources import check_encoder, train_encoder
from engram.studies.general.jobs.pipeline import check_job, encoder_job
from engram.studies.general.jobs.task_steps import finetune_step
from engram.studies.general.targets.initialization import Origin, initialize
from engram.studies.general.task_plan import general_tasks
from engram.training import loop
from engram.training.tasks import LabelSet
from tests.studies.general_world import TASKS, general_settings, store_general_faces
from tests.studies.located import located


@pytest.fixture
def world(tmp_path):
    """Return settings and a layout with the stored faces of every encoder's data set."""
    settings, layout = general_settings(), Layout(tmp_path / "results")
    return settings, layout


def train(world, name, settings=None):
    settings, layout = settings or world[0], world[1]
    job = encoder_job(located(settings, layout))
    train_encoder(*job.fill(encoder=name), threads=1, code="code")
    return load_backbone(layout.encoder(name) / "model.safetensors"), read_record(
        layout.encoder(name) / "record.json"
    )


def expected_faces(store, split, task):
    """Count by hand the detected, labelled faces of training and validation."""
    index = store.index
    labelled = {
        "expression": index["expression"].notna(),
        "age": index["age"].notna(),
        "attributes": index[["attr_hat", "attr_beard"]].notna().any(axis=1),
    }[task]
    usable = (index["detected"] & labelled).to_numpy()
    return tuple(int(usable[split.rows(subset)].sum()) for subset in ("train", "validation"))


@pytest.mark.parametrize("name", ["expression", "age", "attributes"])
def test_an_encoder_learns_its_task(world, name):
    """Its file tells how to use it; its record has the curve, and only labelled, detected faces taught it."""
    settings, layout = world
    chosen = TASKS[name]
    store = store_general_faces(layout, settings, chosen["dataset"])
    split = read_split(layout.split(chosen["dataset"]))
    backbone, record = train(world, name)
    training = store.index.iloc[split.rows("train")].query("detected")
    assert LabelSet.from_header(backbone.labels) == LabelSet.from_rows(chosen["task"], training)
    assert (backbone.inputs.size, backbone.inputs.colour) == (48, chosen.get("colour", "rgb"))
    assert backbone.network.embed(backbone.inputs(np.array(store.faces[:2]))).shape == (
        2,
        chosen["embedding"],
    )
    assert (record.kind, record.name, record.seed) == ("encoder", name, settings.seeds[0])
    assert record.data == {chosen["dataset"]: store.hash}
    assert record.splits == {chosen["dataset"]: split.hash}
    assert set(record.timings) == {"prepare", "train"}
    assert len(record.history) <= 3
    best = record.history[int(record.metrics["best_epoch"]) - 1]
    assert record.metrics["best_validation_score"] == best["validation_score"]
    faces = record.metrics["training_faces"], record.metrics["validation_faces"]
    assert faces == expected_faces(store, split, name)
    assert not list((layout.root / "scratch").rglob("*.safetensors"))


def test_identity_is_validated_on_other_images_of_known_subjects(world):
    """The head knows the detected training subjects; a fifth of each one's images validates."""
    settings, layout = world
    store = store_general_faces(layout, settings, "gallery")
    backbone, record = train(world, "identity")
    training = store.index.iloc[read_split(layout.split("gallery")).rows("train")].query("detected")
    counts = training["subject"].value_counts()
    assert backbone.labels["names"] == sorted(counts.index)
    assert record.metrics["validation_faces"] == counts.floordiv(5).clip(lower=1).sum()
    assert record.metrics["training_faces"] + record.metrics["validation_faces"] == len(training)


def test_the_same_seed_gives_the_same_bytes(world):
    """Trained twice, an encoder is the same file; with another seed it is another."""
    settings, layout = world
    store_general_faces(layout, settings, "wild")
    path = layout.encoder("expression") / "model.safetensors"
    train(world, "expression")
    first = path.read_bytes()
    train(world, "expression")
    assert path.read_bytes() == first
    train(world, "expression", settings.model_copy(update={"seeds": [7]}))
    assert path.read_bytes() != first


class KilledError(Exception):
    """Stands for the end of a process."""


def test_a_killed_training_resumes_to_the_same_bytes(world, monkeypatch):
    """After the second epoch's checkpoint the process ends; the next one goes on from there."""
    settings, layout = world
    store_general_faces(layout, settings, "wild")
    path = layout.encoder("expression") / "model.safetensors"
    train(world, "expression")
    expected = path.read_bytes()
    path.unlink()
    epochs = []

    def dying(*arguments):
        epoch = arguments[7].epoch + 1
        epochs.append(epoch)
        if epoch == 3 and epochs.count(3) == 1:
            raise KilledError
        return real(*arguments)

    real = loop._train_epoch
    monkeypatch.setattr(loop, "_train_epoch", dying)
    with pytest.raises(KilledError):
        train(world, "expression")
    assert not path.exists()
    train(world, "expression")
    assert epochs == [1, 2, 3, 3]
    assert path.read_bytes() == expected


def test_a_data_set_without_the_task_is_refused(world):
    """The message names the task and what is missing."""
    settings, layout = world
    store_general_faces(layout, settings, "wild")
    chosen = settings.general.encoders["expression"].model_copy(update={"task": "pain"})
    general = settings.general.model_copy(update={"encoders": {"expression": chosen}})
    with pytest.raises(TrainingError, match="task 'pain': the data set has no column 'pain'"):
        train(world, "expression", settings.model_copy(update={"general": general}))


def check(settings, layout):
    job = check_job(located(settings, layout))
    check_encoder(*job.fill(encoder="age"), threads=1, code="code")


def imported_settings(path, **change):
    """Return settings whose encoder for ages is the file at ``path``."""
    imported = {
        "format": "torchvision",
        "file": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "architecture": "shufflenet_v2_x0_5",
        "layer": "stage4",
        **change,
    }
    encoder = {"task": "age", "embedding": 192, "size": 32, "imported": imported}
    return general_settings(lambda config: config["general"]["encoders"].update(age=encoder))


@pytest.fixture
def file(tmp_path):
    """A small network of torchvision."""
    network = torchvision.models.get_model("shufflenet_v2_x0_5", weights=None, num_classes=3)
    save_file(network.state_dict(), tmp_path / "ages.safetensors")
    return tmp_path / "ages.safetensors"


def test_an_imported_encoder_is_checked(world, file, monkeypatch):
    """Its record says which file it is; variables in the path are expanded; there is no model to write."""
    monkeypatch.setenv("MODELS", str(file.parent))
    settings = imported_settings(file, file="$MODELS/ages.safetensors")
    folder = world[1].encoder("age")
    check(settings, world[1])
    record = read_record(folder / "record.json")
    assert record.kind == "encoder"
    assert record.inputs == {"ages.safetensors": hashlib.sha256(file.read_bytes()).hexdigest()}
    assert record.settings["encoder"]["imported"]["layer"] == "stage4"
    assert [path.name for path in folder.iterdir()] == ["record.json"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "0" * 64}, "its SHA-256 is"),
        ({"layer": "stage9"}, "has no layer 'stage9'"),
        ({"layer": "conv5"}, r"gives \[2, 1024\], not \[2, 192\]"),
        ({"file": "gone.safetensors"}, "cannot be read"),
    ],
)
def test_a_wrong_import_stops_with_the_encoder_s_name(world, file, change, message):
    """Before any extraction, and no record appears."""
    with pytest.raises(EncoderError, match=rf"encoder 'age': .*{message}"):
        check(imported_settings(file, **change), world[1])
    assert not world[1].encoder("age").exists()


def test_a_network_that_starts_from_a_layer_keeps_the_layers_behind_it(file):
    """They get no gradient."""
    general = imported_settings(file).general
    step = finetune_step(general, general_tasks(general)[0])
    start = initialize(Origin(file, "age"), step, 2, stream=1)
    start.network(torch.rand(2, 3, 32, 32)).sum().backward()
    idle = [name for name, parameter in start.network.named_parameters() if parameter.grad is None]
    assert any("conv5" in name for name in idle)
