"""Choosing encoders: every kind of task and every method, against what single parts give."""

import json

import numpy as np
import pandas as pd
import pytest

from engram.core.labels import kind_of
from engram.core.records import read_record
from engram.studies.general.evidence.metrics import unit_values
from engram.studies.general.plan import subsets_of_encoders
from engram.studies.general.selection.selectors import SELECTORS
from tests.studies.task_world import make_world, searched

#: The target whose subjects are left out one by one: one selector chooses, for each of them.
NESTED = "years"
METHODS = {"networks", "kernel", "kernel_top", "logme", "h_score"}


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    """Every target's choice: settings, layout, and by target its scores, predictions and choice."""
    settings, layout = make_world(tmp_path_factory.mktemp("selection"))
    found = {}
    for name in settings.general.targets:
        found[name] = read(searched((settings, layout), name))
    return settings, layout, found


def read(folder):
    choice = json.loads((folder / "choice.json").read_text(encoding="utf-8"))
    scores, predictions = (pd.read_parquet(folder / f"{name}.parquet") for name in ("scores", "predictions"))
    return scores, predictions, choice


def compared(found):
    """Return the targets that every selector chooses for."""
    return [each for name, each in found.items() if name != NESTED]


def test_every_method_scores_every_subset(chosen):
    """Brute force for each seed, the cheap ones once; only the kernel's top few are tried again."""
    settings, _, found = chosen
    names = ["+".join(members) for members in subsets_of_encoders(settings.general)]
    assert set(SELECTORS) == METHODS
    for scores, _, _ in compared(found):
        assert set(scores["selector"]) == METHODS
        for method, part in scores.groupby("selector"):
            seeds = settings.seeds if method in ("networks", "kernel_top") else settings.seeds[:1]
            assert sorted(part["seed"].unique()) == sorted(seeds)
            assert all(list(each["subset"]) == names for _, each in part.groupby("seed"))
        assert (scores["size"] == scores["subset"].str.count(r"\+") + 1).all()
        assert np.isfinite(scores["validation"]).all()


def test_the_choice_is_the_best_on_validation(chosen):
    """Over the mean of seeds: no single embedding beats BT, no subset BCT."""
    settings, _, found = chosen
    for scores, _, choice in compared(found):
        networks = scores[scores["selector"] == "networks"]
        mean = networks.groupby("subset")["validation"].mean()
        assert mean[choice["bct"]] == mean.max()
        assert mean[choice["bt"]] == mean[list(settings.general.encoders)].max()
        assert choice["p_cnn"] == choice["bt"]


def test_the_chosen_is_reported_on_test(chosen):
    """Predictions of BT and BCT give the test figure of the subset that each seed's validation chose."""
    settings, _, found = chosen
    for name, (scores, predictions, _) in found.items():
        if name == NESTED:
            continue
        kind = kind_of(settings.general.targets[name].task)
        assert set(predictions["method"]) == {"bt", "bct"}
        networks = scores[scores["selector"] == "networks"]
        for seed in settings.seeds:
            mine = networks[networks["seed"] == seed]
            for method, allowed in (("bt", mine[mine["size"] == 1]), ("bct", mine)):
                best = allowed.loc[allowed["validation"].idxmax()]
                part = predictions[(predictions["method"] == method) & (predictions["seed"] == seed)]
                assert unit_values(kind, part).mean() == pytest.approx(best["test"])
                assert not part.duplicated(["fold", "row"]).any()


def test_leave_one_out_tests_each_person_in_a_fold_of_its_own(chosen):
    """A fold is a person, and all of them are predicted."""
    _, _, found = chosen
    _, predictions, _ = found["years"]
    assert (predictions.groupby("fold")["subject"].nunique() == 1).all()
    assert predictions["subject"].nunique() == predictions["fold"].nunique() == 4


def test_sums_of_products_give_the_accuracy_of_concatenation(chosen):
    """For pairs, the kernel's scores are brute force's."""
    settings, _, found = chosen
    scores, _, _ = found["subjects"]
    mine = scores[scores["seed"] == settings.seeds[0]].set_index("subset")
    by_method = {method: part["validation"] for method, part in mine.groupby("selector")}
    pd.testing.assert_series_equal(by_method["kernel"], by_method["networks"])


def test_the_kernel_s_top_few_score_as_in_brute_force(chosen):
    """A head trained among few comes to what it came to among all."""
    _, _, found = chosen
    for scores, _, _ in compared(found):
        keys = ["subset", "seed"]
        few, everything = (
            scores[scores["selector"] == method].set_index(keys) for method in ("kernel_top", "networks")
        )
        expected = everything.loc[few.index, "validation"]
        np.testing.assert_allclose(few["validation"], expected, rtol=1e-3, atol=1e-3)


def test_the_record_names_what_was_read_and_the_times(chosen):
    """Embeddings' hashes, a time a method, and the key that training times are summed by."""
    settings, layout, _ = chosen
    record = read_record(layout.selection("faces") / "record.json")
    assert record.kind == "selection"
    assert len(record.inputs) == len(settings.general.encoders)
    assert {f"train/{method}" for method in METHODS} | {"train", "train/bt", "train/bct"} < set(
        record.timings
    )
    assert 0 < record.timings["train/bt"] < record.timings["train"]


def test_the_same_seed_gives_the_same_bytes(chosen):
    """Chosen twice, predictions and choice are the same files."""
    settings, layout, _ = chosen
    files = [layout.selection("faces") / name for name in ("predictions.parquet", "choice.json")]
    before = [file.read_bytes() for file in files]
    searched((settings, layout), "faces")
    assert [file.read_bytes() for file in files] == before
