"""Stages: every recipe trains, forgets nothing it must keep, and resumes to the same bytes."""

import multiprocessing
import os
import signal
import time

import pytest
import torch

from engram.core.errors import CheckpointError, ConfigurationError, InterruptionError
from engram.core.records import read_record
from engram.models.files import load_model, save_model
from engram.models.vgg import VGG
from engram.studies.lineage import stages
from engram.studies.lineage.trials import lineages
from engram.training.loop import fit
from tests.studies.conftest import make_settings
from tests.studies.stage_runs import run_stages


def train(world, text, seed=1):
    _, layout = world
    run_stages(world, [text], [seed])
    return load_model(layout.model(text, seed)), read_record(layout.model_record(text, seed))


def test_every_stage_of_the_configuration_trains(world):
    """Each lineage, ancestors first, gives a model, a record with its curve, and no scratch."""
    settings, layout = world
    for lineage in lineages(settings.memory):
        _, record = train(world, str(lineage))
        recipe = settings.memory.recipe[lineage.stage.recipe]
        assert 1 <= len(record.history) <= recipe.epochs
        assert record.environment["precision"] == "fp32"
        assert set(record.splits) == set(record.data) != set()
    assert not list((layout.root / "scratch").rglob("*.safetensors"))


@pytest.mark.parametrize(("recipe", "frozen"), [("head", 10), ("tail", 8), ("tune", 0)])
def test_a_strategy_changes_the_layers_it_names_and_no_other(world, recipe, frozen):
    """FC leaves ten convolution tensors as they were, FC+CL eight, RE none."""
    before, _ = train(world, "wild.base")
    after, _ = train(world, f"wild.base/studio.{recipe}")
    old, new = before.state_dict(), after.state_dict()
    same = [name for name in old if torch.equal(old[name], new[name])]
    assert len(same) == frozen
    assert all(name.startswith("features") for name in same)


def test_a_level_with_new_labels_keeps_the_old_head(world):
    """After the chain's second level the first level's head is still there, unchanged."""
    first, _ = train(world, "portraits.base")
    second, _ = train(world, "portraits.base/wild.base")
    assert second.tasks == {"age_group": 4, "expression": 7}
    assert torch.equal(first.heads["age_group"].weight, second.heads["age_group"].weight)


def test_merged_training_sees_both_data_sets(world):
    """FU trains on the sum of both training subsets, half of the target's at 50 %."""
    alone, half, full = (
        train(world, text)[1].metrics["training_faces"]
        for text in ("wild.base", "wild+studio-50.base", "wild+studio.base")
    )
    assert alone < half < full
    assert full - alone == pytest.approx(2 * (half - alone), abs=2)


def test_replay_adds_its_share_of_the_source(world):
    """A tenth of the source's training faces is trained along."""
    source = train(world, "wild.base")[1].metrics["training_faces"]
    target = train(world, "wild.base/studio.tune")[1].metrics["training_faces"]
    replay = train(world, "wild.base/studio.replay")[1].metrics["training_faces"]
    assert replay - target == max(1, round(0.1 * source))


@pytest.mark.parametrize("text", ["wild.base/studio.lwf", "wild.base/studio.ewc"])
def test_terms_against_forgetting_change_the_result(world, text):
    """With its term a stage does not end where plain fine-tuning ends."""
    train(world, "wild.base")
    plain, _ = train(world, "wild.base/studio.tune")
    held, _ = train(world, text)
    assert not torch.equal(plain.features[0].weight, held.features[0].weight)


def test_the_same_seed_gives_the_same_bytes(world):
    """Trained twice, a model is the same file; another seed gives another."""
    _, layout = world
    train(world, "wild.base")
    first = layout.model("wild.base", 1).read_bytes()
    train(world, "wild.base")
    assert layout.model("wild.base", 1).read_bytes() == first
    train(world, "wild.base", seed=2)
    assert layout.model("wild.base", 2).read_bytes() != first


def _train_slowly(layout, epochs):
    torch.set_num_threads(1)
    run_stages((_long(epochs), layout), ["wild.base"])


def _long(epochs):
    settings = make_settings()
    base = settings.memory.recipe["base"].model_copy(update={"epochs": epochs, "patience": epochs})
    memory = settings.memory.model_copy(update={"recipe": {**settings.memory.recipe, "base": base}})
    return settings.model_copy(update={"memory": memory})


def test_a_killed_job_resumes_to_the_same_bytes(world):
    """SIGKILL in the middle of training; the next run goes on and ends with the whole run's bytes."""
    _, layout = world
    epochs = 60
    _train_slowly(layout, epochs)
    expected = layout.model("wild.base", 1).read_bytes()
    history = read_record(layout.model_record("wild.base", 1)).history
    layout.model("wild.base", 1).unlink()
    # Spawned: a fork would inherit torch's threads.
    process = multiprocessing.get_context("spawn").Process(target=_train_slowly, args=(layout, epochs))
    process.start()
    checkpoint = layout.scratch("wild.base", 1) / "checkpoint.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert checkpoint.exists()
    assert not layout.model("wild.base", 1).exists()
    _train_slowly(layout, epochs)
    assert layout.model("wild.base", 1).read_bytes() == expected
    assert read_record(layout.model_record("wild.base", 1)).history == history


def test_a_job_killed_in_a_later_stage_does_not_train_the_earlier_one_again(world, monkeypatch):
    """Its outputs are deleted as Snakemake does; the next job puts them back, byte for byte, and goes on."""
    _, layout = world
    names = ["wild.base", "studio.base"]
    made = [file(name, 1) for name in names for file in (layout.model, layout.model_record)]
    fitted = []

    def run(dying):
        def fit_or_die(*arguments, title, **named):
            if dying and title.startswith("studio"):
                raise InterruptionError(title)
            fitted.append(title)
            return fit(*arguments, title=title, **named)

        monkeypatch.setattr(stages, "fit", fit_or_die)
        run_stages(world, names)

    with pytest.raises(InterruptionError):
        run(dying=True)
    before = [file.read_bytes() for file in made[:2]]
    for file in made[:2]:
        file.unlink()
    run(dying=False)
    assert fitted == ["wild.base (seed 1)", "studio.base (seed 1)"]
    assert [file.read_bytes() for file in made[:2]] == before
    assert all(file.exists() for file in made)
    assert not list((layout.root / "scratch").rglob("*.*"))


def test_a_parent_of_another_network_is_refused(world):
    """A checkpoint of another width stops before training, and nothing is written."""
    _, layout = world
    save_model(layout.model("wild.base", 1), VGG({"expression": 7}, width=0.06))
    with pytest.raises(CheckpointError, match=r"wild\.base/model\.safetensors: a network with width 0\.06"):
        train(world, "wild.base/studio.head")
    assert not layout.model("wild.base/studio.head", 1).exists()


def test_holding_on_to_a_parent_that_is_not_there_is_refused(world):
    """Distillation and elastic weights need a parent."""
    with pytest.raises(ConfigurationError, match=r"'studio\.lwf' has none"):
        train(world, "studio.lwf")


def test_merging_different_label_sets_is_refused(world):
    """Age groups and expressions cannot share one head."""
    with pytest.raises(ConfigurationError, match="different tasks"):
        train(world, "portraits+wild.base")
