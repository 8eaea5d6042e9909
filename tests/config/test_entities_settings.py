"""Settings of the study of named entities: what cannot be trained is refused with its place."""

import copy

import pytest

from engram.config import load_settings
from engram.core.errors import ConfigurationError
from tests.conftest import CONFIGURATIONS, read_config


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_configuration_fits_its_texts(name):
    """What ships is right."""
    load_settings(read_config(name))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("transfers", 0, "source"), "nowhere", "unknown text 'nowhere'"),
        (("transfers", 0, "targets"), ["genes"], "its own target"),
        (("transfers", 0, "targets"), ["pos"], "'pos' is of kind 'tokens'"),
        (("strategies",), ["RE"], "baseline and must not train on the target"),
        (("strategy", "RE", "stages"), ["source.base", "target.nothing"], "unknown recipe 'nothing'"),
        (("strategy", "RE", "stages"), ["nothing.base"], "unknown text 'nothing'"),
        (("strategy", "RE", "stages"), ["general.base", "target.tune"], "'general' has no tags"),
        (("strategy", "LM1", "stages"), ["genes.language", "target.tune_bert"], "is of kind 'entities'"),
        (("strategy", "MTM", "stages"), ["target.turns"], "'turns' needs several texts"),
        (("strategy", "FU", "stages"), ["target.unified"], "'unified' join several texts"),
        (("strategy", "FU", "stages"), ["source+pos.unified", "target.tune"], "'pos' is of kind 'tokens'"),
        (("strategy", "FC", "stages"), ["target.head"], "layers 'head' keeps the encoder"),
        (("strategy", "LwF", "stages"), ["target.lwf"], "'distillation' holds a stage to the one before"),
        (("strategy", "RE", "targets"), ["notes"], "'notes' is none of"),
        (("recipe", "language", "network"), "bilstm", "needs a network with encoder 'bert'"),
        (("recipe", "mixed_lm", "network"), "bilstm", "needs a network with encoder 'lstm'"),
        (("recipe", "base", "network"), "nothing", "nothing"),
        (("recipe", "dict_piet", "dictionary", "texts"), ["pos"], "'pos' is of kind 'tokens'"),
        (("recipe", "language", "labels"), "masked", "'labels' is for objective 'tags'"),
        (("recipe", "turns", "steps"), 100, "'steps' are for sampling 'mixed'"),
        (("networks", "bilstm", "hidden"), 8, "encoder 'bilstm' has no 'hidden'"),
        (("effects", "passes"), "pair_steps", "must not have 'steps'"),
        (("effects", "partners"), ["general"], "'general' has no tags"),
        (("allow_overlap",), [["genes", "nothing"]], "unknown text 'nothing'"),
    ],
)
def test_what_cannot_be_trained_is_refused(path, value, message):
    """One error that names the setting and what is wrong."""
    config = copy.deepcopy(read_config("default"))
    place = config["entities"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ConfigurationError, match=message):
        load_settings(config)
