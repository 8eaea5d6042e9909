"""The plan: which models a configuration asks for."""

import pytest

from engram.config import load_settings
from engram.core.lineage import Lineage
from engram.studies.lineage.trials import datasets_in_use, lineages, stage_inputs, trials
from tests.conftest import CONFIGURATIONS, read_config


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_model_has_its_parent_in_the_plan(name):
    """No configuration asks for a child without asking for its ancestors."""
    found = set(lineages(load_settings(read_config(name)).memory))
    assert all(lineage.parent in found for lineage in found if lineage.parent)


def test_a_shared_stage_is_trained_once(smoke_settings):
    """All strategies that begin with BL share one model of it."""
    names = [str(lineage) for lineage in lineages(smoke_settings.memory)]
    assert len(names) == len(set(names))
    assert names.count("wild.base") == 1


def test_the_baseline_has_one_line_a_target_and_the_others_one_a_fraction():
    """The table of the paper has 1 + 4 x 2 lines for each target."""
    memory = load_settings(read_config("default")).memory
    lines = [(t.strategy, t.fraction) for t in trials(memory) if t.target == "studio"]
    assert lines[:5] == [("BL", 0), ("FC", 50), ("FC", 100), ("FC+CL", 50), ("FC+CL", 100)]


def test_the_published_names_map_to_the_papers_stages():
    """BL, FC, FC+CL, RE and FU are the stages that the paper describes."""
    memory = load_settings(read_config("default")).memory
    found = {
        t.strategy: str(t.lineage) for t in trials(memory) if t.target == "lab" and t.fraction in (0, 50)
    }
    assert found["BL"] == "wild.base"
    assert found["FC"] == "wild.base/lab-50.head"
    assert found["FU"] == "wild+lab-50.base"
    assert found["TO"] == "lab-50.alone"
    (chain,) = (t for t in trials(memory) if (t.strategy, t.target) == ("Chain", "lab"))
    assert str(chain.lineage) == "portraits.base/wild.base/lab.tune"


def test_a_stage_reads_its_own_data_and_that_of_the_stages_before():
    """Its record keeps the accuracy on all of them after each epoch."""
    read = {text: stage_inputs([Lineage.parse(text)]) for text in ("wild.base", "a.base/b.base/c-50.head")}
    assert read == {"wild.base": ["wild"], "a.base/b.base/c-50.head": ["a", "b", "c"]}


def test_only_strategies_that_learnt_the_source_are_measured_on_it():
    """A lineage without the source in any stage is measured on the target alone."""
    memory = load_settings(read_config("default")).memory
    assert {t.strategy for t in trials(memory) if t.roles == ("target",)} == {"TO"}
    assert all(t.roles == ("source", "target") for t in trials(memory) if t.strategy != "TO")


@pytest.mark.parametrize("name", ["default", "faces", "paper"])
def test_what_is_compared_has_the_same_budget(name):
    """FC, FC+CL and RE have the same epochs, patience, batches, rates and augmentations."""
    recipe = load_settings(read_config(name)).memory.recipe
    layers = {"layers", "augmentations"}
    budgets = [recipe[each].model_dump(exclude=layers) for each in ("head", "tail", "tune")]
    assert budgets[0] == budgets[1] == budgets[2]
    # RE sees a fresh view of each face every epoch; so do the others if nothing is cached.
    assert not any(recipe[each].caches_features for each in ("head", "tail"))


def test_data_sets_outside_the_transfers_are_in_use_if_a_stage_names_them():
    """The chain's first level is a data set of its own."""
    assert "portraits" in datasets_in_use(load_settings(read_config("default")))


def test_a_strategy_may_be_run_at_some_fractions_only():
    """In the demonstration the references and the chain are run at the whole subset, the paper's at both."""
    memory = load_settings(read_config("default")).memory
    fractions = {
        name: [trial.fraction for trial in trials(memory) if (trial.strategy, trial.target) == (name, "lab")]
        for name in memory.strategies
    }
    assert fractions["BL"] == [0]
    assert fractions["FC"] == fractions["FU"] == fractions["TO"] == [50, 100]
    assert all(fractions[name] == [100] for name in ("Replay", "LwF", "EWC", "L2-SP", "Chain"))
    assert not any("-50.replay" in str(lineage) for lineage in lineages(memory))
