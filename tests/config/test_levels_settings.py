"""Settings of chains of levels."""

import copy

import pytest

from engram.config import LevelsSettings, load_settings
from engram.core.errors import ConfigurationError


def test_the_default_chains_share_models_with_strategies(default_config):
    memory = load_settings(default_config).memory
    chains = {name: str(lineage) for name, lineage in memory.levels.lineages.items()}
    assert list(chains) == ["none", "near", "far", "two", "exchanged", "three"]
    assert chains["two"] == "portraits.base/wild.base/studio.tune"
    assert [str(lineage) for lineage in memory.further] == list(chains.values())


def test_a_chain_that_is_null_is_left_out():
    levels = LevelsSettings(target="a", chains={"none": ["a.base"], "near": None})
    assert list(levels.lineages) == ["none"]


@pytest.mark.parametrize(
    ("chains", "said"),
    [
        ({"two": ["wild.base", "studio.tune"]}, "2 levels before the target, so 3 stages, but 2"),
        ({"near": ["wild.base", "lab.tune"]}, "the last stage trains on 'studio'"),
        ({"near": ["nowhere.base", "studio.tune"]}, "unknown data set 'nowhere'"),
        ({"near": ["wild.base", "studio.strange"]}, "unknown recipe 'strange'"),
        ({"near": ["album.base", "studio.tune"]}, "'album' is 'age'"),
        ({"many": ["studio.tune"]}, "chains.many"),
    ],
)
def test_chains_that_cannot_be_trained_are_refused(default_config, chains, said):
    config = copy.deepcopy(default_config)
    config["memory"]["levels"] = {"target": "studio", "chains": chains}
    with pytest.raises(ConfigurationError) as error:
        load_settings(config)
    assert said in str(error.value)
