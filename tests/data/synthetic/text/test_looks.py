"""The templates of all looks hold together: nothing in them is unknown, and each can be written."""

import re

import pytest

from engram.data.synthetic.text.lexicon import TAGS
from engram.data.synthetic.text.looks import LOOKS
from engram.data.synthetic.text.names import TYPES
from engram.data.synthetic.text.numbers import NUMBERS

STORIES = {id(story): story for look in LOOKS.values() for story in look.stories}.values()


def _templates(story):
    phrases = [line for lines in story.phrases.values() for line in lines]
    themes = [line for theme in story.themes for line in theme.values()]
    parts = (story.opening, story.second, story.method, story.middle, story.closing, story.leads)
    return [line for part in parts for line in part] + phrases + themes


def _items(story):
    return [item for line in _templates(story) for item in re.sub("[{}|]", " ", line).split()]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.opening[0][:30])
def test_everything_in_a_template_is_known(story):
    keys = set(story.phrases) | {key for theme in story.themes for key in theme}
    for item in _items(story):
        sign, rest = item[0], item[1:].partition("/")[0]
        if sign == "@":
            assert rest in keys, item
        elif sign == "$":
            assert rest.rstrip("0123456789") in TYPES, item
        elif sign == "#":
            assert rest in NUMBERS, item
        elif not re.search("/[A-Z$]+$", item):
            assert item.lstrip("~").lower() in TAGS, item


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.opening[0][:30])
def test_braces_are_closed_and_sentences_end(story):
    for part in (story.opening, story.second, story.method, story.middle, story.closing):
        for template in part:
            assert template.count("{") == template.count("}")
            assert template.endswith(" ."), template
    # A document of eight sentences takes five of them.
    assert len(story.middle) >= 5


def test_annotated_looks_annotate_types_that_their_templates_name():
    for look in LOOKS.values():
        named = {
            TYPES[item[1:].rstrip("0123456789")]
            for story in look.stories
            for item in _items(story)
            if item[0] == "$"
        }
        assert set(look.types) <= named
        if look.types:
            # Other sets' types stand in the text unmarked.
            assert named - set(look.types)
