"""The exported student is the best one, the same in every format, and told of truly."""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
import zipfile

import numpy as np
import onnxruntime
import pytest
import torch

from engram.core.errors import CheckpointError, RecordError, StoreError
from engram.core.records import read_record, write_record
from engram.export import formats as forms
from engram.export import student
from engram.export.formats import FORMS, TOLERANCE
from engram.export.jobs import export_spec
from engram.export.preprocessing import read_preprocessing
from engram.export.student import best_student
from engram.models.backbone_files import load_backbone
from engram.studies.general.plan import EXPORTED, export_files
from engram.studies.general.task_plan import general_tasks
from tests.export.conftest import export


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def inputs_of(world):
    return export_spec(world.settings).fill()[0]


def test_everything_is_there(world, exported):
    """The files are those that rules ask for, and no other is left."""
    assert sorted(path.name for path in exported.iterdir()) == sorted(EXPORTED)
    assert all(path.is_file() for path in export_files(world.layout))
    assert set(FORMS) < set(EXPORTED)


def test_the_best_seed_is_exported(world, exported):
    """The student of the best validation score, byte for byte; the record names it."""
    assert (exported / "student.safetensors").read_bytes() == world.student(2).read_bytes()
    record = read_record(exported / "record.json")
    assert record.kind == "export"
    assert record.seed == 2
    path = world.student(2).relative_to(world.layout.root).as_posix()
    assert record.inputs == {path: hashlib.sha256(world.student(2).read_bytes()).hexdigest()}


def test_every_form_gives_the_embeddings_of_the_study(world, exported):
    """Each format, loaded by its own runtime, gives the student's embedding scaled to length 1."""
    backbone = load_backbone(world.student(2))
    images = backbone.inputs(np.array(world.store.faces[:5]))
    with torch.inference_mode():
        wanted = backbone.network.embed(images).numpy()
    wanted = wanted / np.linalg.norm(wanted, axis=1, keepdims=True)
    session = onnxruntime.InferenceSession(exported / "student.onnx", providers=["CPUExecutionProvider"])
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        script = torch.jit.load(exported / "student.pt")
    for count in (1, 5):
        for found in (
            session.run(None, {"images": images[:count].numpy()})[0],
            script(images[:count]).detach().numpy(),
        ):
            np.testing.assert_allclose(found, wanted[:count], atol=1e-5)


def test_the_check_says_what_was_compared(world, exported):
    """Hashes are those of the files, differences lie below the tolerance and above nothing for ONNX."""
    check = json.loads((exported / "check.json").read_text())
    found = hashes(exported)
    assert set(check["forms"]) == set(FORMS)
    for name, form in check["forms"].items():
        assert form["sha256"] == found[name]
        assert form["difference"] < TOLERANCE
    assert check["forms"]["student.safetensors"]["difference"] == 0
    assert check["dataset"] == "city"
    assert check["faces"] == int(world.store.index["detected"].sum())


def test_files_name_no_folder_of_this_machine(exported):
    """TorchScript keeps notes for debuggers with the paths of sources; they are left out."""
    with zipfile.ZipFile(exported / "student.pt") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    for text in (content, (exported / "student.onnx").read_bytes()):
        assert forms.__file__.encode() not in text
        assert b"site-packages" not in text


def test_preprocessing_is_that_of_the_run(world, exported):
    """Face and input are those of the settings and of the student's header."""
    found = read_preprocessing(exported)
    faces = world.settings.general.faces
    assert (found.face.size, found.face.margin, found.face.detector) == (faces.size, faces.margin, "haar")
    assert found.input.mean == (0.5, 0.5, 0.5)
    assert found.embedding == load_backbone(world.student(2)).settings["embedding"]


def test_the_card_has_the_runs_figures(world, exported):
    """Parameters, seed, data and hashes stand in the card, and no value is missing."""
    card = (exported / "README.md").read_text()
    network = load_backbone(world.student(2)).network.backbone
    parameters = sum(value.numel() for value in network.parameters())
    assert f"{parameters:,} parameters" in card
    assert "best validation score 0.900" in card
    assert "100 training and 20 validation faces" in card
    assert hashes(exported)["student.onnx"] in card
    assert "say nothing about photographs" in card
    assert "None" not in card.replace("run(None", "")


def test_results_are_those_of_the_table(world, exported):
    """Each target's value and interval stand in the card in its own unit and digits."""
    items = [item for item in general_tasks(world.settings.general) if item.role == "target"]
    card = (exported / "README.md").read_text()
    assert "| Gender | Drawn city | 50 | accuracy, % | 61.2 (1.0 to 99.0) | 72.3 (1.0 to 99.0) |" in card
    assert (
        "| Age (city) | Drawn city | 50 | MAE, years | 61.23 (1.00 to 99.00) | 72.34 (1.00 to 99.00) |"
        in card
    )
    assert card.count(" to 99.0") == 2 * len(items)


def test_a_form_that_differs_is_not_exported(own_copy, monkeypatch):
    """What is written elsewhere than the study's own embedding stops the export, which has no record then."""
    original = forms._torchscript

    def other(student, example):
        return original(forms.UnitLength(torch.nn.Sequential(student.backbone, torch.nn.Tanh())), example)

    monkeypatch.setattr(forms, "_torchscript", other)
    with pytest.raises(CheckpointError, match=r"student\.pt: its embeddings differ .* not exported"):
        export(own_copy)
    assert not (own_copy.layout.export / "record.json").exists()


def test_a_form_is_tried_with_two_sizes_of_batch():
    """One face goes alone and the others together; the embeddings come in their order."""
    sizes = []
    found = forms._in_two_batches(
        lambda images: sizes.append(len(images)) or images.numpy(), torch.arange(6.0).reshape(6, 1)
    )
    assert sizes == [1, 5]
    assert found.ravel().tolist() == [0, 1, 2, 3, 4, 5]


def test_a_missing_runtime_says_how_to_install_it(exported, monkeypatch):
    """ONNX needs a package that not every installation has."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(CheckpointError, match=r"student\.onnx.*pip install"):
        forms._run_onnx(1)(exported / "student.onnx")


def test_a_record_without_a_score_is_named(own_copy):
    """The error says which record, and what to do."""
    path = own_copy.student(1).with_name("record.json")
    write_record(path, read_record(path).model_copy(update={"metrics": {}}))
    with pytest.raises(RecordError, match=r"seed1.record\.json.*best_validation_score.*run snakemake"):
        best_student(inputs_of(own_copy))


def test_equal_scores_give_the_first_seed(own_copy):
    """The choice does not depend on anything else."""
    path = own_copy.student(1).with_name("record.json")
    record = read_record(path)
    write_record(
        path, record.model_copy(update={"metrics": {**record.metrics, "best_validation_score": 0.9}})
    )
    assert best_student(inputs_of(own_copy))[1].seed == 1


def test_too_few_faces_are_an_error(world, monkeypatch):
    """With less than three faces there is nothing to compare batches on."""
    monkeypatch.setattr(student, "_CHECKED", 2)
    with pytest.raises(StoreError, match="2 faces were detected"):
        student._checked_faces(inputs_of(world))
