"""Settings: a typo or a wrong type anywhere stops with its place."""

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engram.config import Settings, load_settings
from engram.config.stages import CHOICES
from engram.core.errors import ConfigurationError


def places(value, path=()):
    """Yield the path of every mapping inside a configuration."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from places(inner, (*path, key))


def at(config, path):
    for key in path:
        config = config[key]
    return config


def test_the_default_configuration_is_valid(default_config):
    """What ships is right."""
    assert isinstance(load_settings(default_config), Settings)


@given(st.data())
def test_a_misspelt_key_at_any_level_is_refused_by_name(default_config, data):
    """No mapping of the configuration lets an unknown setting pass."""
    config = copy.deepcopy(default_config)
    free = {
        ("datasets",),
        ("texts",),
        ("memory", "strategy"),
        ("memory", "recipe"),
        # Whose keys are words of a list: another message.
        ("memory", "levels", "chains"),
        ("entities", "levels", "chains"),
        ("memory", "sweep", "epochs_of"),
        ("general", "encoders"),
        ("general", "targets"),
        ("entities", "networks"),
        ("entities", "strategy"),
        ("entities", "recipe"),
    }
    path = data.draw(st.sampled_from([place for place in places(config) if place not in free]))
    at(config, path)["misspelt"] = 1
    with pytest.raises(ConfigurationError, match=r"misspelt: there is no such setting"):
        load_settings(config)


@given(st.data())
def test_a_wrong_type_anywhere_is_refused(default_config, data):
    """A mapping where a value belongs, and the reverse, stop with one error."""
    config = copy.deepcopy(default_config)
    path = data.draw(st.sampled_from([place for place in places(config) if place]))
    # A list of weights may also be one number.
    keys = [key for key in at(config, path) if key not in CHOICES]
    assume(keys)
    key = data.draw(st.sampled_from(sorted(keys, key=str)))
    value = at(config, path)[key]
    # Where a list may stand, a number may too.
    at(config, path)[key] = 7.25 if isinstance(value, dict | str | bool) else {"a": 1}
    with pytest.raises(ConfigurationError, match="configuration is wrong"):
        load_settings(config)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("memory", "transfers", 0, "source"), "nowhere", "unknown data set 'nowhere'"),
        (("memory", "strategies"), ["BL", "XX"], "unknown strategy 'XX'"),
        (("memory", "strategies"), ["FC"], "baseline and must not train on the target"),
        (
            ("memory", "strategy", "RE", "stages"),
            ["source.base", "target.nothing"],
            "unknown recipe 'nothing'",
        ),
        (("memory", "transfers", 0, "targets"), ["wild"], "its own target"),
        (("datasets", "studio", "task"), "age", "the task of data set 'studio' is 'age'"),
        (("memory", "strategy", "RE", "stages"), ["album.base", "target.tune"], "'album' is 'age'"),
        (("seeds",), [1, 1], "stands there twice"),
        (("memory", "seeds"), [2, 2], "stands there twice"),
        (("datasets", "studio", "reader"), "jaffe", "'drawn' settings and reader 'drawn' go together"),
        (("datasets", "studio", "split", "scheme"), "published", "scheme 'published' needs 'sizes'"),
        (("datasets", "studio", "split", "scheme"), "leave_one_out", "needs 'folds', the number of"),
        (
            ("datasets", "studio", "split"),
            {"folds": 461},
            "461 folds need as many subjects, but 460 are drawn",
        ),
        (("memory", "strategy", "LwF", "stages"), ["source.base", "studio-fold2.tune"], "names a fold"),
        (("faces", "detector"), "yunet", "needs 'yunet_model'"),
    ],
)
def test_what_does_not_fit_together_is_refused(default_config, path, value, message):
    """Names must be known and choices must come with what they need."""
    config = copy.deepcopy(default_config)
    at(config, path[:-1])[path[-1]] = value
    with pytest.raises(ConfigurationError, match=message):
        load_settings(config)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ({"scheme": "official", "folds": 5}, "'folds' are for the schemes 'subject' and 'leave_one_out'"),
        ({"scheme": "published", "sizes": [131, 15, 67], "folds": 5}, "'sizes' are for .*, without 'folds'"),
        ({"scheme": "official", "sizes": [131, 15, 67]}, "'sizes' are for the schemes"),
        ({"folds": 1}, "greater than or equal to 2"),
    ],
)
def test_folds_and_sizes_go_with_some_schemes(default_config, split, message):
    """Owners' subsets have no folds, and printed sizes go with two schemes."""
    config = copy.deepcopy(default_config)
    config["datasets"]["studio"]["split"] = split
    with pytest.raises(ConfigurationError, match=message):
        load_settings(config)


def test_data_sets_that_meet_have_the_same_number_of_folds(default_config):
    """A model is of one fold of all its data sets; targets of different transfers may differ."""
    config = copy.deepcopy(default_config)
    config["datasets"]["studio"]["split"] = {"folds": 5}
    config["datasets"]["lab"]["split"] = {"folds": 4}
    load_settings(config)
    config["datasets"]["wild"]["split"] = {"folds": 5}
    with pytest.raises(ConfigurationError, match=r"FC: data sets of .* meet, \{'lab': 4, 'wild': 5\}"):
        load_settings(config)
