"""Templates become tagged sentences."""

import pytest

from engram.core.errors import TextError
from engram.data.synthetic.text.grammar import Scribe
from engram.data.synthetic.text.names import Name, words
from engram.data.synthetic.text.stream import Stream

GENE = Name("gene", words("BRK-7"))
KINASE = Name("gene", words("tovelin kinase 2_CD"), words("TVK2"))


class Things:
    """A document of one gene, which is written in the forms given."""

    def __init__(self, name, *forms):
        self.name, self.forms = name, forms

    def mention(self, role):
        """Return the gene, whatever the role."""
        return self.name, self.forms or (self.name.full,)


def write(template, things=None, seed=0, **phrases):
    return Scribe(phrases, things or Things(GENE), Stream(seed)).write(template)


def text(template, **settings):
    return " ".join(form for form, _ in write(template, **settings).words)


def test_words_have_the_lexicons_part_of_speech_or_their_own():
    sentence = write("the cells changed/VBD the x/SYM .")
    assert sentence.words == [
        ("The", "DT"),
        ("cells", "NNS"),
        ("changed", "VBD"),
        ("the", "DT"),
        ("x", "SYM"),
        (".", "."),
    ]


def test_a_word_without_a_part_of_speech_is_an_error_that_says_what_to_do():
    with pytest.raises(TextError, match=r"'Frobnic', whose part of speech is not known.*'Frobnic/NN'"):
        write("the Frobnic .")


def test_braces_give_one_alternative_each_in_time():
    seen = {text("cells {died|grew {fast/RB|slowly}|} .", seed=seed) for seed in range(40)}
    assert seen == {"Cells died .", "Cells grew fast .", "Cells grew slowly .", "Cells ."}


def test_a_phrase_takes_the_part_of_speech_that_is_asked_for():
    assert write("it @moved/VBD .", moved=("rose",)).words[1] == ("rose", "VBD")
    assert write("it was @moved/VBN .", moved=("raised",)).words[2] == ("raised", "VBN")


def test_a_mention_covers_the_name_and_notes_the_noun_behind():
    sentence = write("the $gene1 ~gene .")
    (mention,) = sentence.mentions
    assert (mention.start, mention.end, mention.noun) == (1, 2, True)
    assert sentence.words[2] == ("gene", "NN")


def test_a_short_form_in_brackets_is_a_mention_of_its_own():
    sentence = write("we found $gene1 .", Things(KINASE, KINASE.full, KINASE.short))
    assert " ".join(form for form, _ in sentence.words) == "We found tovelin kinase 2 ( TVK2 ) ."
    assert [(mention.start, mention.end, mention.form) for mention in sentence.mentions] == [
        (2, 5, "tovelin kinase 2"),
        (6, 7, "TVK2"),
    ]


def test_a_noun_that_the_name_holds_is_not_said_twice():
    assert text("the $gene1 ~kinase .", things=Things(KINASE)) == "The tovelin kinase 2 ."
    assert text("the $gene1 ~gene .", things=Things(KINASE)) == "The tovelin kinase 2 gene ."


@pytest.mark.parametrize(
    ("following", "article"),
    [("RNA/NN", "an"), ("BRK/NN", "a"), ("effect", "an"), ("use", "a"), ("unknown", "an"), ("one", "a")],
)
def test_the_article_fits_the_sound_that_follows(following, article):
    assert write(f"in a {following} .").words[1] == (article, "DT")


def test_a_gene_keeps_its_small_letter_at_the_beginning():
    assert text("$gene1 binds .", things=Things(Name("gene", words("p53")))) == "p53 binds ."
    assert text("$gene1 binds .", things=Things(Name("gene", words("tovelin")))) == "Tovelin binds ."


@pytest.mark.parametrize(
    ("template", "place", "tag"),
    [
        ("the cells were treated .", 3, "VBN"),
        ("the cells were then treated .", 4, "VBN"),
        ("the cells were treated and analysed .", 5, "VBN"),
        ("we treated the cells .", 1, "VBD"),
        ("we describe the cells .", 1, "VBP"),
        ("the cells may describe it .", 3, "VB"),
        ("a report .", 1, "NN"),
        ("we report it .", 1, "VBP"),
        ("to report it .", 1, "VB"),
        ("we found that it was .", 2, "IN"),
        ("a protein that was .", 2, "WDT"),
        ("that of cells .", 0, "DT"),
        ("more cells .", 0, "JJR"),
        ("more common cells .", 0, "RBR"),
    ],
)
def test_a_place_in_the_sentence_settles_the_part_of_speech(template, place, tag):
    assert write(template).words[place][1] == tag
