"""What tracking says of a job is complete, and depends on results alone."""

from __future__ import annotations

import os

import pytest

from engram.core.lineage import Lineage
from engram.core.records import read_record, write_record
from engram.publishing.runs import describe_run
from engram.studies.memory.collect import collect
from tests.publishing.steps import describe

CHILD = "results/models/seed2/wild.base/lab.head"


@pytest.fixture
def runs(settings, run):
    return {one.name: one for one in describe(settings)}


def test_every_record_is_a_run(runs):
    """Two data sets, three models of two seeds, and two evaluations."""
    kinds = [one.tags["kind"] for one in runs.values()]
    assert {kind: kinds.count(kind) for kind in kinds} == {"faces": 2, "training": 6, "evaluation": 2}


def test_parents_come_before_their_children(runs):
    """A child names the run of its parent with its own seed, which is listed earlier."""
    order = list(runs)
    assert runs[CHILD].parent == "results/models/seed2/wild.base"
    assert order.index(runs[CHILD].parent) < order.index(CHILD)
    assert runs["results/models/seed1/wild+lab.base"].parent is None


def test_tags_say_what_a_run_is(runs):
    """Its kind, what was made, with which data and seed."""
    tags = runs[CHILD].tags
    assert (tags["kind"], tags["name"]) == ("training", "wild.base/lab.head")
    assert (tags["dataset"], tags["seed"]) == ("lab", "2")


def test_settings_and_versions_are_parameters(runs, settings):
    """Nested settings are flattened; the list of evaluated models is left out."""
    params = runs[CHILD].params
    assert params["recipe.learning_rate"] == str(settings.memory.recipe["head"].learning_rate)
    assert params["environment.precision"] == "bf16"
    assert params["data.lab"] == "faces of lab"
    evaluation = runs["results/evaluations/lab"].params
    assert evaluation["seeds"] == "1, 2"
    assert "models" not in evaluation


def test_accuracies_are_those_of_the_predictions(runs, settings, run):
    """A model's test accuracy is recounted from its predictions, seed by seed."""
    found = collect(settings, run.root).predictions["wild"]
    model = found.index("wild.base/lab.head")
    assert runs[CHILD].metrics["test_accuracy/wild"] == found.correct[model, 1].mean()
    assert {"test_accuracy/lab", "test_macro_f1/lab", "seconds/train"} <= {*runs[CHILD].metrics}


def test_content_is_of_results_not_of_times(settings, run, runs):
    """A touched file says the same; another seed of the code says something else."""
    path = run.model_record(Lineage.parse("wild.base/lab.head"), 2)
    os.utime(path, (1, 1))
    touched = {one.name: one for one in describe(settings)}
    assert {name: one.content for name, one in touched.items()} == {
        name: one.content for name, one in runs.items()
    }
    write_record(path, read_record(path).model_copy(update={"code": "other"}))
    changed = {one.name for one in describe(settings) if one.content != runs[one.name].content}
    assert changed == {CHILD}


def test_curves_of_several_networks_are_one_a_seed(settings, run):
    """Folds are averaged; a fold that stopped earlier has no part in later epochs."""
    path = run.model_record(Lineage.parse("wild.base"), 1)
    told = [(1, 1, 0, 0.8), (2, 1, 0, 0.6), (1, 1, 1, 0.4), (1, 2, 0, 0.9)]
    history = [dict(zip(("epoch", "seed", "fold", "loss"), map(float, row), strict=True)) for row in told]
    record = read_record(path).model_copy(update={"history": history})
    curves = describe_run(record, path, settings.results).curves
    assert curves == [
        {"epoch": 1.0, "loss/seed1": pytest.approx(0.6), "loss/seed2": 0.9},
        {"epoch": 2.0, "loss/seed1": 0.6},
    ]
