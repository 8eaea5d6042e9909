"""Recipes that list values: each is trained, the best by validation is kept and named."""

import math

import pytest
import torch

from engram.config import RecipeSettings
from engram.core.errors import ConfigurationError
from engram.core.records import read_record
from engram.models.files import load_model
from engram.studies.lineage import stages
from engram.training.loop import fit
from tests.studies.stage_runs import run_stages

TEXT = "wild.base/studio.tune"


def listing(world, **listed):
    """Return the world with values listed in the recipe ``tune``, whose parent is trained."""
    settings, layout = world
    recipe = settings.memory.recipe["tune"].model_copy(update=listed)
    memory = settings.memory.model_copy(update={"recipe": {**settings.memory.recipe, "tune": recipe}})
    world = settings.model_copy(update={"memory": memory}), layout
    if not layout.model("wild.base", 1).exists():
        run_stages(world, ["wild.base"])
    return world


def run(world):
    run_stages(world, [TEXT])
    return load_model(world[1].model(TEXT, 1)), read_record(world[1].model_record(TEXT, 1))


def test_candidates_are_the_combinations():
    """Two lists of two give four recipes of single values, in their order."""
    recipe = RecipeSettings(replay=[0.1, 0.2], elastic=[1, 10], distillation=0.5)
    assert recipe.listed == ["replay", "elastic"]
    found = [(each.replay, each.elastic, each.distillation) for each in recipe.candidates()]
    assert found == [(0.1, 1, 0.5), (0.1, 10, 0.5), (0.2, 1, 0.5), (0.2, 10, 0.5)]
    assert [each.listed for each in recipe.candidates()] == [[]] * 4
    assert RecipeSettings().candidates() == [RecipeSettings()]


@pytest.mark.parametrize("setting", ["l2_sp", "elastic", "distillation", "replay"])
def test_the_best_by_validation_is_kept(world, setting):
    """The kept model is that which its value alone gives, and no other candidate has a higher criterion."""
    values = [0.1, 0.5]
    model, record = run(listing(world, **{setting: values}))
    assert [entry[setting] for entry in record.candidates] == values
    for entry in record.candidates:
        assert entry["criterion"] == pytest.approx((entry["wild"] + entry["studio"]) / 2)
    (chosen,) = [entry for entry in record.candidates if entry["chosen"]]
    assert chosen["criterion"] == max(entry["criterion"] for entry in record.candidates)
    assert record.metrics[f"chosen_{setting}"] == chosen[setting]
    kept = record.curves[int(record.metrics["best_epoch"])]
    assert (kept["wild"], kept["studio"]) == (chosen["wild"], chosen["studio"])
    alone, _ = run(listing(world, **{setting: chosen[setting]}))
    for name, value in alone.state_dict().items():
        assert torch.equal(value, model.state_dict()[name])
    assert not list((world[1].root / "scratch").rglob("*.*"))


def test_one_value_is_no_choice(world):
    """Its record names no candidates."""
    _, record = run(listing(world, l2_sp=0.1))
    assert record.candidates == []
    assert "chosen_l2_sp" not in record.metrics


def test_a_first_stage_has_nothing_to_choose_by(world):
    """Without an earlier model there is no forgetting."""
    settings, layout = world
    recipe = settings.memory.recipe["base"].model_copy(update={"replay": [0.1, 0.2]})
    memory = settings.memory.model_copy(update={"recipe": {**settings.memory.recipe, "base": recipe}})
    with pytest.raises(ConfigurationError, match=r"'base' lists several values, but 'wild\.base' adapts no"):
        run_stages((settings.model_copy(update={"memory": memory}), layout), ["wild.base"])


class _StoppedError(Exception):
    """The stage was stopped by the test."""


def test_a_stage_stopped_at_its_second_candidate_ends_the_same(world, monkeypatch):
    """The first candidate is restored from its checkpoint; model and record are those of a whole run."""
    world = listing(world, l2_sp=[0.1, 0.5])
    _, expected = run(world)
    model = world[1].model(TEXT, 1).read_bytes()

    def stop(*given, title, **named):
        if "0.5" in title:
            raise _StoppedError
        return fit(*given, title=title, **named)

    monkeypatch.setattr(stages, "fit", stop)
    with pytest.raises(_StoppedError):
        run(world)
    assert (world[1].scratch(TEXT, 1) / "candidate-0" / "checkpoint.safetensors").exists()
    monkeypatch.setattr(stages, "fit", fit)
    _, found = run(world)
    assert (found.candidates, found.metrics) == (expected.candidates, expected.metrics)
    assert world[1].model(TEXT, 1).read_bytes() == model
    assert not math.isnan(found.candidates[0]["criterion"])
