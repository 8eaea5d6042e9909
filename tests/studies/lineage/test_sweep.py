"""The sweep: recipes of other learning rates and lengths, their models and their jobs."""

import pytest

from engram.config import load_settings
from engram.config.memory import sweep_recipe
from engram.core.errors import ConfigurationError
from engram.studies.lineage.folds import models
from engram.studies.lineage.trials import families, lineages, sweep_points, trials
from tests.conftest import read_config


def settings_with(**sweep):
    config = read_config("smoke")
    swept = {"strategies": ["RE", "FU"], "learning_rates": [0.1, 1e-05], "epochs": [2, 30]}
    config["memory"]["sweep"] = {**swept, **sweep}
    return load_settings(config).memory


def test_a_point_is_a_stage_of_another_name():
    """The last stage has its own recipe; the parent is the strategy's."""
    memory = settings_with()
    points = sweep_points(memory)
    assert [str(point.trial.lineage) for point in points[:4]] == [
        "wild.base/studio.tune_rate0_1_epochs2",
        "wild.base/studio.tune_rate0_1_epochs30",
        "wild.base/studio.tune_rate0_00001_epochs2",
        "wild.base/studio.tune_rate0_00001_epochs30",
    ]
    assert str(points[4].trial.lineage) == "wild+studio.base_rate0_1_epochs2"
    assert {point.trial.lineage for point in points} <= set(lineages(memory))
    assert not {point.trial.lineage for point in points} & {trial.lineage for trial in trials(memory)}


def test_a_swept_recipe_differs_in_three_settings_alone():
    """Learning rate and epochs are those of the sweep, and patience ends nothing."""
    memory = settings_with()
    recipe = memory.recipe[sweep_recipe("tune", 1e-05, 30)]
    assert (recipe.learning_rate, recipe.epochs, recipe.patience) == (1e-05, 30, 30)
    plain = memory.recipe["tune"]
    same = {"learning_rate": plain.learning_rate, "epochs": plain.epochs, "patience": plain.patience}
    assert recipe.model_copy(update=same) == plain


def test_one_job_trains_what_is_swept_of_a_recipe():
    """Short stages share the start of a process, apart from those of the strategies themselves."""
    memory = settings_with()
    found = families(memory, models(memory, {}))
    assert len(found["wild.base__tune_sweep"]) == 4
    assert all("rate" not in str(lineage) for lineage in found["wild.base__tune"])
    # Merged stages begin from random weights, and what is swept of them is one job too.
    assert len(found["wild+studio.base_sweep"]) == 4
    assert [*map(str, found["wild+studio.base"])] == ["wild+studio.base"]


def test_a_strategy_may_have_epochs_of_its_own():
    """An epoch on two data sets has more steps."""
    points = sweep_points(settings_with(epochs_of={"FU": [1]}))
    found = [(point.trial.strategy, point.epochs) for point in points if point.learning_rate == 0.1]
    assert found == [("RE", 2), ("RE", 30), ("FU", 1)]


@pytest.mark.parametrize(
    ("sweep", "complaint"),
    [
        ({"target": "wild"}, "target of no transfer"),
        ({"strategies": ["BL"]}, "no strategy that trains on a target"),
        ({"strategies": ["Nobody"]}, "no strategy that trains on a target"),
        ({"learning_rates": []}, "learning_rates"),
        ({"epochs_of": {"FC": [2]}}, "epochs_of: 'FC' is not swept"),
        ({"epochs_of": {"FU": []}}, "epochs_of"),
    ],
)
def test_a_wrong_sweep_is_refused(sweep, complaint):
    """Before any job, with the setting's name."""
    with pytest.raises(ConfigurationError, match=complaint):
        settings_with(**sweep)


def test_settings_read_back_are_the_same():
    """A written configuration holds the swept recipes too, and means the same."""
    config = read_config("smoke")
    config["memory"]["sweep"] = {"strategies": ["RE"], "learning_rates": [0.1], "epochs": [2]}
    settings = load_settings(config)
    assert load_settings(settings.model_dump(mode="json")) == settings
