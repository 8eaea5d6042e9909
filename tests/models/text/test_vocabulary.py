"""Vocabularies: ids by lower-cased form, growth, words that training has once."""

import pytest

from engram.core.errors import TextError
from engram.models.text.vocabulary import FIRST, UNKNOWN, Vocabulary

_VOCABULARY = Vocabulary(("the", "brca1"))


def test_forms_are_looked_up_in_lower_case():
    """A form that the vocabulary lacks is unknown."""
    assert _VOCABULARY.ids(["BRCA1", "the", "gene"]).tolist() == [FIRST + 1, FIRST, UNKNOWN]
    assert _VOCABULARY.ids([]).shape == (0,)


def test_growth_keeps_the_present_ids():
    """New words come behind the present ones, each once, in lower case."""
    grown = _VOCABULARY.grown(["The", "Gene", "gene", "p53"])
    assert grown.words == ("the", "brca1", "gene", "p53")


def test_singletons_are_counted_in_lower_case():
    """'The' and 'the' once each are the same word twice; a word of an earlier stage has no count."""
    once = _VOCABULARY.grown(["of", "old"]).singletons({"The": 1, "the": 1, "BRCA1": 1, "of": 3, "new": 1})
    assert once.nonzero()[0].tolist() == [FIRST + 1]


@pytest.mark.parametrize(("words", "message"), [(("a", "a"), "twice"), (("The",), "lower case")])
def test_words_that_no_form_finds_are_refused(words, message):
    """A word given twice or in capitals."""
    with pytest.raises(TextError, match=message):
        Vocabulary(words)
