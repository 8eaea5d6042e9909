"""Settings of texts."""

import copy

import pytest

from engram.config import load_settings
from engram.core.errors import ConfigurationError

FURTHER = {"validation_documents": 1, "test_documents": 1}
DRAWN = {"title": "Genes", "reader": "drawn", "drawn": {"look": "genes", "documents": 8, **FURTHER}}
OURS = {"title": "Ours", "reader": "conll", "root": "ours"}


def with_texts(default_config, **texts):
    return copy.deepcopy(default_config) | {"texts": texts, "entities": None}


def test_texts_have_defaults(default_config):
    texts = load_settings(with_texts(default_config, drawn_one=DRAWN, ours=OURS)).texts
    assert texts["ours"].kind == "entities"
    assert texts["ours"].scheme == "iob2"
    assert texts["drawn_one"].drawn.unseen_names == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DRAWN | {"root": "x"}, "every reader but 'drawn' needs 'root'"),
        (OURS | {"root": None}, "every reader but 'drawn' needs 'root'"),
        (OURS | {"drawn": DRAWN["drawn"]}, "go together"),
        (OURS | {"reader": "pdf"}, "texts.ours.reader"),
        (OURS | {"scheme": "iob3"}, "texts.ours.scheme"),
        (OURS | {"kind": "tokens", "types": ["a"]}, "'types' are types of entities"),
        (OURS | {"split": {"scheme": "leave_one_out", "folds": 5}}, "is not for texts"),
        (OURS | {"column": 1}, "column 1 is the token"),
        (OURS | {"sentences": 0}, "texts.ours.sentences"),
        (OURS | {"kinds": "entities"}, "there is no such setting"),
        (DRAWN | {"drawn": DRAWN["drawn"] | {"unseen_names": 1001}}, "texts.ours.drawn.unseen_names"),
        (DRAWN | {"split": {"folds": 12}}, "12 folds need as many documents, but 10 are drawn"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(default_config, text, said):
    with pytest.raises(ConfigurationError) as error:
        load_settings(with_texts(default_config, ours=text))
    assert said in str(error.value)


def test_a_name_stands_for_one_data_set(default_config):
    with pytest.raises(ConfigurationError, match=r"texts\.wild: a data set of faces has this name"):
        load_settings(with_texts(default_config, wild=OURS))
