"""Tags in IOB2, the entities that they mean, and sets of tags."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import TextError
from engram.data.text.tags import Span, TagSet, pack, spans, tags_of, unpack

TYPES = ("disease", "gene-or-protein", "x:y")


@st.composite
def sentences(draw):
    """Return entities that do not overlap, and the length of their sentence."""
    length = draw(st.integers(0, 20))
    found, place = [], 0
    while place < length:
        place += draw(st.integers(0, 4))
        end = place + draw(st.integers(1, 4))
        if end > length:
            break
        found.append(Span(draw(st.sampled_from(TYPES)), place, end))
        place = end
    return found, length


def test_a_sentence_has_the_entities_that_its_tags_say():
    tags = ["B-a", "I-a", "O", "B-b", "B-b", "I-b", "B-a"]
    assert spans(tags) == [Span("a", 0, 2), Span("b", 3, 4), Span("b", 4, 6), Span("a", 6, 7)]
    assert spans([]) == []
    assert spans(["O", "O"]) == []


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (["O", "I-a"], "'I-a' of token 2 follows no 'B-a'"),
        (["I-a"], "token 1"),
        (["B-b", "I-a"], "'I-a' of token 2"),
        (["B-a", "O", "I-a"], "token 3"),
        (["B-"], "'B-' is no tag"),
        (["S-a"], "'S-a' is no tag"),
        (["o"], "'o' is no tag"),
        (["B-a b"], "'B-a b' is no tag"),
        ([""], "'' is no tag"),
    ],
)
def test_an_error_names_the_place_and_the_tag(tags, said):
    with pytest.raises(TextError, match=said) as error:
        spans(tags, "train.tsv:7")
    assert str(error.value).startswith("train.tsv:7: ")


@given(sentences())
def test_entities_come_back_from_their_tags(sentence):
    found, length = sentence
    assert spans(tags_of(found, length)) == found
    assert spans(tags_of(reversed(found), length)) == found


@given(sentences())
def test_entities_come_back_from_words_and_ids(sentence):
    found, length = sentence
    tags = TagSet(TYPES)
    assert unpack(pack(found)) == found
    assert tags.decode(tags.encode(found, length)) == found
    assert tags.encode(found, length).shape == (length,)


@given(st.lists(st.sampled_from(TagSet(("a", "b")).names), max_size=8))
def test_a_sequence_is_well_formed_if_its_steps_are_allowed(tags):
    known = TagSet(("a", "b"))
    ids = known.ids(tags)
    allowed = bool(known.starts[ids[:1]].all() and known.allowed[ids[:-1], ids[1:]].all())
    try:
        spans(tags)
    except TextError:
        assert not allowed
    else:
        assert allowed


def test_names_and_transitions_of_one_type():
    tags = TagSet(("a",))
    assert tags.names == ("O", "B-a", "I-a")
    assert tags.index == {"O": 0, "B-a": 1, "I-a": 2}
    assert tags.starts.tolist() == [True, True, False]
    assert tags.allowed.tolist() == [[True, True, False], [True, True, True], [True, True, True]]
    assert len(tags) == 3


def test_classes_of_tokens_may_follow_each_other_freely():
    tags = TagSet.of_tokens(["NN", "VB", "I-x"])
    assert tags.kind == "tokens"
    assert tags.names == ("NN", "VB", "I-x")
    assert tags.allowed.tolist() == [[True] * 3] * 3
    assert tags.starts.all()
    assert tags.tags(tags.ids(["VB", "NN"])) == ["VB", "NN"]
    with pytest.raises(TextError, match="no entities"):
        tags.decode(np.array([0]))


def test_a_set_comes_back_from_its_header():
    for tags in (TagSet(TYPES), TagSet.of_tokens(("NN",)), TagSet(())):
        assert TagSet.from_header(tags.header()) == tags
        assert hash(TagSet.from_header(tags.header())) == hash(tags)


@pytest.mark.parametrize("types", [("a", "a"), ("",), ("a b",), ("a\n",)])
def test_a_type_is_one_word_and_stands_once(types):
    with pytest.raises(TextError):
        TagSet(types)


def test_an_unknown_tag_is_named_with_its_place():
    with pytest.raises(TextError, match=r"here: the tag 'B-c' is unknown. Known: O, B-a, I-a"):
        TagSet(("a",)).ids(["O", "B-c"], "here")


@pytest.mark.parametrize(
    "found", [[Span("a", 0, 2), Span("a", 1, 3)], [Span("a", 2, 2)], [Span("a", 3, 5)], [Span("a", -1, 1)]]
)
def test_entities_that_cannot_be_tagged_are_refused(found):
    with pytest.raises(TextError, match="overlaps"):
        tags_of(found, 4)


@pytest.mark.parametrize("text", ["1:2", "a:2:x", "1:2:", "-1:2:x"])
def test_a_damaged_list_of_entities_is_refused(text):
    with pytest.raises(TextError, match="no entity"):
        unpack(text)
