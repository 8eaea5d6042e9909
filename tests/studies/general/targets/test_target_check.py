"""Targets that cannot be solved: found before training, left out with a reason, and no harm to the others."""

import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from engram.core.errors import UnsolvableError
from engram.core.files import file_hash, write_json
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.split import read_split, write_split
from engram.runtime.job_spec import JobFiles
from engram.studies.general.jobs.target_check import TargetCheckParams, target_check_job
from engram.studies.general.operators import fused_sizes
from engram.studies.general.targets.left_out_words import LEFT_OUT, UNTESTED
from engram.studies.general.targets.target_check import check_targets
from tests.studies.task_world import finetuned, general_settings, make_world, probed, read, searched


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("check"))


@pytest.fixture
def world(made, tmp_path):
    """Return the settings and a copy of the world that the test may change."""
    shutil.copytree(made[1].root, tmp_path / "results")
    return made[0], Layout(tmp_path / "results")


def check(world, **changes):
    """Run the check as its rule does; return its report."""
    settings, layout = world
    here = settings.model_copy(
        update={"results": str(layout.root), "general": settings.general.model_copy(update=changes)}
    )
    inputs, outputs, params = target_check_job(here).fill()
    assert isinstance(params, TargetCheckParams)
    check_targets(inputs, JobFiles(report=outputs.report), params)
    return json.loads(outputs.report.read_text(encoding="utf-8"))


def edit_index(layout, change):
    """Change the labels of the stored faces of ``studio``; their pixels stay."""
    folder = layout.faces("studio", GENERAL_CROP)
    path = folder / "index.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)
    summary = json.loads((folder / "store.json").read_text(encoding="utf-8"))
    hashes = f"{file_hash(folder / 'faces.npy')} {file_hash(path)}"
    write_json(folder / "store.json", summary | {"hash": hashlib.sha256(hashes.encode()).hexdigest()})


def keep_three_test_subjects(layout):
    """Move all but three of the test subjects of ``studio`` to training."""
    path = layout.split("studio")
    table = read_split(path).table
    tested = sorted(table.loc[table["subset"] == "test", "subject"].unique())
    moved = table["subject"].isin(tested[3:]) & (table["subset"] == "test")
    ranks = (table["subset"] == "train").sum() + np.arange(moved.sum())
    table.loc[moved, "rank"] = ranks
    table.loc[moved, "subset"] = "train"
    write_split(path, table)


def hide_men(layout, *subsets):
    """Let no man of some subsets have been detected: a class without training faces."""
    rows = np.concatenate([read_split(layout.split("studio")).rows(subset) for subset in subsets])

    def change(index):
        hidden = index.index.isin(rows) & (index["gender"] == "male")
        return index.assign(detected=index["detected"] & ~hidden)

    edit_index(layout, change)


def test_a_world_that_can_be_solved_has_an_empty_report(world):
    """Nothing is left out, so nothing is said."""
    assert check(world) == {"left_out": {}, "untested": {}}


def test_a_class_without_training_faces_is_named(world):
    """The report says which class of which task; nothing else is touched."""
    hide_men(world[1], "train", "validation")
    report = check(world)
    assert report["left_out"] == {}
    assert set(report["untested"]) == {"faces", "source_gender"}
    assert "class 'male' of 'gender'" in report["untested"]["faces"][0]


def test_verification_of_three_subjects_is_left_out(world):
    """The reason names task, data set, subset and the way out."""
    keep_three_test_subjects(world[1])
    report = check(world)
    assert set(report["left_out"]) == {"subjects", "source_identity"}
    reason = report["left_out"]["subjects"]
    assert "task 'subjects': data set 'studio': its test subset has 3 subjects" in reason
    assert "datasets.studio.split" in reason


def test_by_configuration_the_run_stops_before_training(world):
    """One error has all problems, and what to set to go on without."""
    keep_three_test_subjects(world[1])
    hide_men(world[1], "train", "validation")
    with pytest.raises(UnsolvableError) as caught:
        check(world, unsolvable="stop")
    message = str(caught.value)
    assert "class 'male' of 'gender'" in message
    assert "its test subset has 3 subjects" in message
    assert "'general.unsolvable' to 'leave_out'" in message


def test_an_encoder_without_labels_always_stops(world):
    """Everything else is built on it."""
    edit_index(world[1], lambda index: index.assign(gender=None))
    with pytest.raises(UnsolvableError, match="encoder 'gender', data set 'studio': no detected train face"):
        check(world)


def test_unlabelled_faces_that_were_not_detected_stop(world):
    """Fusion and students have nothing to learn from."""
    rows = read_split(world[1].split("studio")).rows("validation")
    edit_index(world[1], lambda index: index.assign(detected=index["detected"] & ~index.index.isin(rows)))
    with pytest.raises(UnsolvableError, match="the unlabelled faces, data set 'studio': no detected valid"):
        check(world)


def test_too_few_unlabelled_faces_stop(world):
    """PCA needs more training faces than h_G has values; that is said before anything is trained."""
    rows = read_split(world[1].split("studio")).rows("train")
    least = fused_sizes(world[0].general)[-1]
    edit_index(
        world[1], lambda index: index.assign(detected=index["detected"] & ~index.index.isin(rows[least:]))
    )
    with pytest.raises(UnsolvableError, match=rf"unlabelled faces.*too few for the {least} values of h_G"):
        check(world)


def test_a_study_without_any_target_stops(world):
    """There would be no table."""
    keep_three_test_subjects(world[1])
    targets = {"subjects": world[0].general.targets["subjects"]}
    with pytest.raises(UnsolvableError, match=r"3 subjects[\s\S]*Correct what they name\.$"):
        check(world, targets=targets)


def test_the_jobs_of_an_unsolvable_target_say_so(world):
    """Probe, search and networks write no prediction but the reason, and none of them fails."""
    layout = world[1]
    keep_three_test_subjects(layout)
    frame, record = probed(world, "subjects")
    assert len(frame) == 0
    assert {"method", "seed", "row", "subject", "detected"} <= set(frame)
    assert "3 subjects" in record["settings"][LEFT_OUT]
    folder = searched(world, "subjects")
    assert len(pd.read_parquet(folder / "predictions.parquet")) == 0
    assert "3 subjects" in json.loads((folder / "choice.json").read_text(encoding="utf-8"))[LEFT_OUT]
    for found, record in finetuned(world, "subjects", "cnn", "p_cnn"):
        assert len(found) == 0
        assert "3 subjects" in record["settings"][LEFT_OUT]


def test_other_targets_of_the_data_set_are_solved(world):
    """Without men in training, women are tested alone and the record says that men are not."""
    layout = world[1]
    hide_men(layout, "train", "validation")
    frame, record = probed(world, "faces")
    assert set(frame["truth"]) == {"female"}
    assert "class 'male'" in record["settings"][UNTESTED][0]
    assert LEFT_OUT not in record["settings"]


def test_a_search_that_was_left_out_leaves_p_cnn_out(world):
    """Where each step is a job of its own, the network's job hears of it through the choice."""
    _, layout = world
    write_json(layout.selection("faces") / "choice.json", {"p_cnn": None, LEFT_OUT: "the loss was nan"})
    ((frame, record),) = finetuned(world, "faces", "p_cnn")
    assert len(frame) == 0
    assert record["settings"][LEFT_OUT] == "the loss was nan"


def test_a_loss_that_is_not_finite_leaves_the_target_out_or_stops(world):
    """One target's diverging head takes no other's table with it; by configuration it stops the run."""
    settings, layout = world
    path = layout.representations("studio") / "h_g.npy"
    array = np.load(path)
    array[:, :, 0] = np.inf
    np.save(path, array)
    frame, record = probed(world, "faces")
    assert len(frame) == 0
    assert "not finite" in record["settings"][LEFT_OUT]
    strict = settings.model_copy(
        update={"general": settings.general.model_copy(update={"unsolvable": "stop"})}
    )
    with pytest.raises(Exception, match="not finite"):
        probed((strict, layout), "faces")


def test_without_trainable_encoders_the_other_methods_are_solved(world):
    """Imported programs alone: the study has no P-CNN and asks for none."""
    settings, layout = world
    file = layout.root / "there.onnx"
    file.write_bytes(b"onnx")
    imported = {"format": "onnx", "file": str(file), "sha256": "0" * 64}
    encoders = {
        name: {"task": encoder.task, "embedding": encoder.embedding, "size": 32, "imported": imported}
        for name, encoder in settings.general.encoders.items()
    }
    here = general_settings(encoders=encoders)
    folder = searched((here, layout), "faces")
    choice = json.loads((folder / "choice.json").read_text(encoding="utf-8"))
    assert choice["p_cnn"] is None
    found = finetuned((here, layout), "faces", "cnn")
    assert len(found[0][0]) > 0
    assert not (layout.transfer("faces", "p_cnn")).exists()
    frame, _ = read(layout, "faces", "cnn")
    assert set(frame["method"]) == {"cnn"}
