"""Solving tasks from end to end on a tiny world."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from engram.core.errors import CheckpointError, ConfigurationError, EncoderError, RecordError
from engram.core.files import file_hash, write_json
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.images.store import FaceStore
from engram.models.backbone_files import load_backbone
from engram.studies.general.jobs.task_steps import find_task, finetune_step
from engram.studies.general.targets.initialization import Origin, find_origins, initialize, train_head
from engram.studies.general.targets.protocols import folds
from engram.studies.general.targets.task_job import TaskJob
from engram.training import loop
from engram.training.heads import Head, train_heads
from engram.training.tasks import LabelSet
from tests.studies.task_world import fill, finetuned, general_settings, make_world, probed, read

LEADING = ["method", "seed", "row", "subject", "detected", "fold"]
FROZEN = {"constant", "hog", "concat", "h_g", "pca", "h_unique"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("transfer"))


@pytest.fixture
def world(made, tmp_path):
    """Return the settings and a copy of the world that the test may change."""
    settings, layout = made
    shutil.copytree(layout.root, tmp_path / "results")
    return settings, Layout(tmp_path / "results")


def right(frame):
    return (frame["truth"] == frame["prediction"]).mean()


def test_heads_solve_a_classification(world):
    """Representations that tell gender give it; every test face has a row for each method and seed."""
    frame, record = probed(world, "faces")
    assert list(frame)[:6] == LEADING
    assert set(frame["method"]) == FROZEN
    assert frame.groupby(["method", "seed"])["row"].apply(list).map(tuple).nunique() == 1
    for method in ("h_g", "h_unique", "pca"):
        assert right(frame[frame["detected"] & (frame["method"] == method)]) > 0.9
    constant = frame[frame["detected"] & (frame["method"] == "constant")]
    assert constant["prediction"].nunique() == 1
    assert frame[~frame["detected"]]["prediction"].isna().all()
    assert {f"train/{method}" for method in FROZEN} < set(record["timings"])
    assert record["name"] == "faces/frozen"


def test_heads_leave_one_out(world):
    """A fold a person; undetected faces get the middle of the labels' range, 20 to 29."""
    frame, record = probed(world, "years")
    assert frame.groupby("fold")["subject"].nunique().tolist() == [1] * 4
    assert set(frame[~frame["detected"]]["prediction"]) == {24.5}
    assert record["metrics"]["folds"] == 4
    assert len(frame) == record["metrics"]["units"] * 2 * len(FROZEN)


def test_heads_solve_attributes(world):
    """Two columns an attribute; an undetected face predicts none."""
    frame, _ = probed(world, "hats")
    assert {"truth_hat", "prediction_hat", "truth_beard", "prediction_beard"} < set(frame)
    assert frame[~frame["detected"]]["prediction_hat"].isna().all()
    assert set(frame[frame["detected"]]["prediction_beard"]) <= {0.0, 1.0}


def test_pairs_are_compared_by_the_cosine(world):
    """Representations that tell the person verify well; the pairs are the same for all."""
    frame, _ = probed(world, "subjects")
    assert frame.groupby(["method", "seed"])["first_row"].apply(tuple).nunique() == 1
    learnt = ~frame["method"].isin(["constant", "hog"])
    assert right(frame[frame["detected"] & learnt]) > 0.8
    constant = frame[frame["detected"] & (frame["method"] == "constant")]
    assert set(constant["score"]) == {0.0}
    assert right(constant) == pytest.approx(0.5, abs=0.1)
    assert frame[~frame["detected"]]["prediction"].isna().all()


def test_an_encoder_trained_here_answers_with_its_own_head(world):
    """``original`` is what the saved network says of the stored faces."""
    _, layout = world
    frame, record = probed(world, "source_gender")
    original = frame[(frame["method"] == "original") & (frame["seed"] == 2) & frame["detected"]]
    encoder = load_backbone(layout.encoder("gender") / "model.safetensors")
    faces = FaceStore.load(layout.faces("studio", GENERAL_CROP)).faces[original["row"].to_numpy()]
    with torch.inference_mode():
        odds = encoder.network(encoder.inputs(np.asarray(faces))).softmax(1).numpy()
    np.testing.assert_allclose(original["score"], odds.max(1), rtol=1e-4)
    assert record["inputs"]["general/encoders/gender/model.safetensors"]


def test_an_encoder_of_another_task_is_refused(world):
    """A model left over from other settings is not taken for this one."""
    _, layout = world
    path = layout.encoder("gender") / "model.safetensors"
    shutil.copy(layout.encoder("identity") / "model.safetensors", path)
    with pytest.raises(CheckpointError, match="knows 'identity', not 'gender'"):
        probed(world, "source_gender")


def test_the_original_of_pairs_is_the_raw_embedding(world):
    """No standardisation, no head: the cosine of the stored embeddings."""
    _, layout = world
    frame, _ = probed(world, "source_identity")
    row = frame[(frame["method"] == "original") & frame["detected"]].iloc[0]
    stored = np.load(layout.embeddings("studio", "identity") / "shard-0.npy")
    first, other = stored[row["first_row"]], stored[row["other_row"]]
    expected = first @ other / np.linalg.norm(first) / np.linalg.norm(other)
    assert row["score"] == pytest.approx(expected, abs=1e-6)


def test_frozen_transfer_gives_the_same_bytes_again(world):
    """Twice the same job, twice the same predictions."""
    path = world[1].transfer("years", "frozen") / "predictions.parquet"
    probed(world, "years")
    before = file_hash(path)
    probed(world, "years")
    assert file_hash(path) == before


def test_an_unknown_task_is_an_error(world):
    """The message lists what there is."""
    with pytest.raises(ConfigurationError, match=r"no task 'nothing'.*faces, years"):
        probed(world, "nothing")


@pytest.mark.parametrize(
    ("name", "methods"),
    [
        ("faces", ["cnn", "p_cnn", "h_unique_tuned"]),
        ("years", ["p_cnn"]),
        ("hats", ["p_cnn"]),
        ("subjects", ["h_unique_tuned"]),
    ],
)
def test_networks_predict_what_heads_predict(world, name, methods):
    """The same rows, truths and columns, whatever is trained; nothing is left in the scratch folder."""
    settings, layout = world
    expected, _ = probed(world, name)
    expected = expected[expected["method"] == "h_g"].reset_index(drop=True)
    for frame, record in finetuned(world, name, *methods):
        assert list(frame) == list(expected)
        same = [
            column for column in expected if column not in ("method", "score") and "predict" not in column
        ]
        pd.testing.assert_frame_equal(frame[same], expected[same])
        assert record["timings"]["train"] > 0
        assert {(entry["seed"], entry["fold"]) for entry in record["history"]} == {
            (seed, fold) for seed in settings.seeds for fold in range(4 if name == "years" else 1)
        }
    assert not list((layout.root / "scratch").rglob("*.npy"))


def test_records_name_what_networks_start_from(world):
    """P-CNN starts from the chosen encoder, a student from its own seed's model, CNN from nothing."""
    (_, cnn), (_, p_cnn), (_, tuned) = finetuned(world, "faces", "cnn", "p_cnn", "h_unique_tuned")
    assert cnn["inputs"] == {}
    assert p_cnn["settings"]["encoder"] == "gender"
    assert list(p_cnn["inputs"]) == ["general/encoders/gender/model.safetensors"]
    assert list(tuned["inputs"]) == [
        f"general/students/unique/seed{seed}/model.safetensors" for seed in (1, 2)
    ]


def test_a_student_starts_with_its_weights_and_a_new_head(world):
    """Its backbone is the file's, its head has the task's outputs, and everything learns."""
    inputs, outputs, params = fill(world, "faces", finetune_step, ["h_unique_tuned"])
    step = params.steps[0]
    origin = find_origins(TaskJob.load(inputs, outputs, params, 1), step, "h_unique_tuned", [0])[1, 0]
    start = initialize(origin, step, 5, stream=3)
    saved = load_backbone(origin.file).network.backbone.state_dict()
    for name, value in start.network.backbone.state_dict().items():
        assert torch.equal(value, saved[name])
    assert start.network.normalised
    assert all(parameter.requires_grad for parameter in start.network.parameters())
    assert start.network(torch.zeros(2, 3, 32, 32)).shape == (2, 5)


def test_a_head_that_was_trained_alone_gives_what_the_probe_gives(world):
    """Standardisation folded into the first layer: the same outputs as the probe on the embeddings."""
    inputs, outputs, params = fill(world, "faces", finetune_step, ["h_unique_tuned"])
    step, job = params.steps[0], TaskJob.load(inputs, outputs, params, 1)
    origin = find_origins(job, step, "h_unique_tuned", [0])[1, 0]
    (fold,) = folds(job.task, job.index, job.split)
    labels = LabelSet.from_rows("gender", job.index.iloc[fold.training])
    start = initialize(origin, step, labels.outputs, stream=3)
    train_head(job, step, start, labels, fold, stream=3)
    rows = np.arange(len(job.index))
    embedded = job.run(start.network.eval().embed, start.inputs, rows)
    head = Head(embedded, labels, labels.targets(job.index), fold.training, fold.validation, 3)
    (probe,) = train_heads([head], [step.hidden], step.dropout, step.head_training, job.device)
    np.testing.assert_allclose(
        job.run(start.network, start.inputs, rows), probe.outputs(embedded, rows), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize("head", ["probe", "random"])
def test_the_body_may_stay_as_it_was(world, head):
    """With a tiny rate the body hardly moves and the head does."""
    settings, layout = world
    tuning = settings.general.student.tuning.model_copy(update={"head": head, "body_rate": 1e-9})
    student = settings.general.student.model_copy(update={"tuning": tuning})
    here = settings.model_copy(update={"general": settings.general.model_copy(update={"student": student})})
    (_, slow), (_, cnn) = finetuned((here, layout), "faces", "h_unique_tuned", "cnn")
    (_, fast) = finetuned(world, "faces", "h_unique_tuned")[0]
    assert slow["settings"]["student"]["tuning"]["body_rate"] == 1e-9
    assert slow["history"][0]["loss"] != fast["history"][0]["loss"]
    assert cnn["history"][0]["loss"] > cnn["history"][2]["loss"]


class _KilledError(Exception):
    pass


@pytest.mark.parametrize("calls", [4, 8])
def test_a_killed_job_ends_with_the_same_bytes(world, monkeypatch, calls):
    """Killed in the middle of a network or between two, it goes on and trains no epoch twice."""
    path = world[1].transfer("faces", "h_unique_tuned") / "predictions.parquet"
    finetuned(world, "faces", "h_unique_tuned")
    expected, history = file_hash(path), read(world[1], "faces", "h_unique_tuned")[1]["history"]
    whole, count = loop._train_epoch, 0

    def killed(*arguments):
        nonlocal count
        if not arguments[-1].startswith("faces"):
            # The head that is trained alone before takes the same loop.
            return whole(*arguments)
        count += 1
        if count == calls // 2 + 1:
            raise _KilledError
        return whole(*arguments)

    monkeypatch.setattr(loop, "_train_epoch", killed)
    with pytest.raises(_KilledError):
        finetuned(world, "faces", "h_unique_tuned")
    finetuned(world, "faces", "h_unique_tuned")
    assert file_hash(path) == expected
    assert read(world[1], "faces", "h_unique_tuned")[1]["history"] == history
    assert count == len(history) + 1


def test_a_choice_that_is_missing_or_wrong_is_an_error(world):
    """P-CNN cannot start from an encoder that there is not."""
    _, layout = world
    path = layout.selection("faces") / "choice.json"
    write_json(path, {"p_cnn": "nobody"})
    with pytest.raises(RecordError, match="names no encoder: 'nobody'"):
        finetuned(world, "faces", "p_cnn")
    path.unlink()
    with pytest.raises(RecordError, match="is missing"):
        finetuned(world, "faces", "p_cnn")


def test_methods_without_networks_are_refused(world):
    """Frozen ones are not trained here."""
    with pytest.raises(
        ConfigurationError, match=r"'h_g' trains no network.*There are: cnn, p_cnn, h_unique_tuned"
    ):
        finetuned(world, "faces", "h_g")


def test_an_imported_program_cannot_be_trained(tmp_path):
    """TorchScript and ONNX files have no parameters of ours."""
    imported = {"format": "onnx", "file": "there.onnx", "sha256": "0" * 64}
    settings = general_settings()
    changed = type(settings.general.encoders["gender"])(task="gender", embedding=8, imported=imported)
    general = settings.general.model_copy(
        update={"encoders": {**settings.general.encoders, "gender": changed}}
    )
    step = finetune_step(general, find_task(general, "faces"), ["p_cnn"])
    with pytest.raises(EncoderError, match="format 'onnx' cannot be trained"):
        initialize(Origin(tmp_path / "there.onnx", "gender"), step, 2, stream=1)
