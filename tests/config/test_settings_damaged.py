"""Configurations of any kind: typed settings that give a plan, or a ConfigurationError; nothing else."""

import copy
import datetime
import math

import yaml
from hypothesis import given
from hypothesis import strategies as st

from engram.config import load_settings
from engram.core.errors import ConfigurationError
from engram.core.paths import Layout
from engram.data.jobs import crop_settings, data_folder
from engram.studies.general.plan import general_records, operators, representations
from engram.studies.general.task_plan import general_tasks
from engram.studies.lineage.folds import folds_of, models
from engram.studies.lineage.trials import (
    datasets_in_use,
    families,
    lineages,
    trials,
)
from tests.conftest import read_config
from tests.damage import DAMAGE, complaint, examples

DEFAULT = read_config("default")


def plan(config):
    """Do what the rules do with a configuration before any job."""
    settings = load_settings(config)
    layout = Layout.from_settings(settings)
    assert lineages(settings.memory)
    assert trials(settings.memory)
    assert families(settings.memory, models(settings.memory, folds_of(settings.datasets)))
    assert set(datasets_in_use(settings)) <= set(settings.datasets)
    for name in settings.datasets:
        data_folder(settings, name).exists()
        layout.manifest(name).exists()
    assert crop_settings(settings)
    if settings.general is not None:
        assert general_tasks(settings.general)
        assert operators(settings.general)
        assert representations(settings.general)
        assert general_records(settings, layout)


def places(config, path=()):
    """Yield the place of every value of a configuration."""
    if isinstance(config, dict):
        for key, value in config.items():
            yield (*path, key)
            yield from places(value, (*path, key))
    elif isinstance(config, list):
        for number, value in enumerate(config):
            yield (*path, number)
            yield from places(value, (*path, number))


PLACES = list(places(DEFAULT))
#: What YAML can hold, dates, sets and bytes too, and what is easily written by mistake.
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.integers(-2, 5),
    st.floats(),
    st.text(max_size=12),
    st.binary(max_size=4),
    st.dates(),
    st.sampled_from(
        [
            *[
                "",
                "\0",
                "..",
                "/",
                "a/b",
                "1e-3",
                "all",
                "null",
                "on",
                "wild",
                "source.base",
                "target",
                "+.base",
            ],
            *[
                "source+target.base",
                "wild-0.base",
                "wild-101.base",
                "wild-50.base",
                "identity",
                "pairs",
                "$HOME",
            ],
            *[math.nan, math.inf, -1, 0, 10**400, {1, 2}, datetime.datetime(2020, 1, 1)],
        ]
    ),
)
KEYS = st.one_of(
    st.text(max_size=6), st.integers(), st.none(), st.booleans(), st.sampled_from([*DEFAULT, "wild", "base"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@examples(300)
@given(st.dictionaries(KEYS, VALUES, max_size=5) | VALUES)
def test_any_value_is_refused_as_a_configuration(config):
    """Random keys and types: one error, whose lines each name a place."""
    said = complaint(lambda: load_settings(config), ConfigurationError)
    assert said is not None
    assert "config/README.md" in said or "Write" in said


@examples(500)
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3))
def test_a_changed_default_gives_a_plan_or_an_error(changes):
    """One to three values of config/default.yaml replaced by anything."""
    config = copy.deepcopy(DEFAULT)
    for path, value in changes:
        put(config, path, value)
    complaint(lambda: plan(config), ConfigurationError)


def put(config, path, value):
    """Put a value at a place, if an earlier change has left that place."""
    *way, last = path
    for key in way:
        try:
            config = config[key]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(config, dict) or (
        isinstance(config, list) and isinstance(last, int) and last < len(config)
    ):
        config[last] = value


@examples(250)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(["remove", "twice", "swap", "misspell", "wrap"])),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(PLACES),
)
def test_a_default_with_parts_moved_gives_a_plan_or_an_error(changes, other):
    """Keys removed, misspelt, values doubled, wrapped in a list, or put in another's place."""
    config = copy.deepcopy(DEFAULT)
    for path, change in changes:
        *way, last = path
        place = look(config, way)
        if not isinstance(place, dict) or last not in place:
            continue
        if change == "remove":
            del place[last]
        elif change == "misspell":
            place[f"{last}s"] = place.pop(last)
        elif change == "swap":
            place[last] = copy.deepcopy(look(DEFAULT, other))
        else:
            place[last] = [place[last]] * (2 if change == "twice" else 1)
    complaint(lambda: plan(config), ConfigurationError)


def look(config, path):
    """Return what stands at a place; None if nothing does."""
    for key in path:
        try:
            config = config[key]
        except (KeyError, IndexError, TypeError):
            return None
    return config


def test_a_configuration_that_holds_itself_is_refused():
    """An anchor of YAML may name what it stands in."""
    looped = yaml.safe_load("&all {seeds: [1], datasets: *all, memory: *all}")
    assert "config/README.md" in complaint(lambda: load_settings(looped), ConfigurationError)


TEXT = yaml.safe_dump(DEFAULT, sort_keys=False)


@examples(120)
@given(DAMAGE)
def test_a_damaged_file_gives_a_plan_or_an_error(damage):
    """Bytes of the file lost or changed: if it still is YAML, it is a plan or one error."""
    try:
        config = yaml.load(damage.of(TEXT.encode()), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError):
        return
    complaint(lambda: plan(config), ConfigurationError)
