"""What is marked: exact shares of nouns, omissions and errors, always strict tags."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engram.data.synthetic.text.annotation import Guidelines, annotate, annotate_tokens, exactly
from engram.data.synthetic.text.grammar import Mention, Sentence
from engram.data.synthetic.text.names import Name, words
from engram.data.synthetic.text.stream import Stream
from engram.data.text.tags import Span, spans

GENE = Name("gene", words("BRK-7"))
DISEASE = Name("disease", words("acute_JJ tovelitis"))


def sentence():
    """Return `the BRK-7 gene causes acute tovelitis .`: a gene with its noun, and a disease."""
    mentions = [Mention(GENE, 1, 2, "BRK-7", noun=True), Mention(DISEASE, 4, 6, "acute tovelitis")]
    return Sentence([*words("the_DT BRK-7 gene causes_VBZ acute_JJ tovelitis ._.")], mentions)


def marked(count=1, **guidelines):
    found = annotate([sentence() for _ in range(count)], Guidelines(**guidelines), Stream(1))
    return [span for tags in found for span in spans(tags)]


per_mille = st.integers(0, 1000)


@given(per_mille, st.integers(0, 300))
def test_a_share_is_met_as_nearly_as_counts_allow(share, count):
    chosen = exactly(Stream(share), share, count)
    assert abs(len(chosen) * 1000 - share * count) <= 500
    assert chosen <= set(range(count))


def test_only_the_types_of_the_set_are_marked():
    assert marked(types=("Gene",)) == [Span("Gene", 1, 2)]
    assert marked(types=("Disease", "Gene")) == [Span("Gene", 1, 2), Span("Disease", 4, 6)]


def test_a_guideline_says_whether_the_noun_belongs_to_the_name():
    assert marked(types=("Gene",), with_noun=1000) == [Span("Gene", 1, 3)]
    found = marked(200, types=("Gene",), with_noun=250)
    assert [span.end for span in found].count(3) == 50


@given(per_mille)
@settings(max_examples=20)
def test_names_are_left_out_as_often_as_asked(share):
    assert len(marked(100, types=("Gene", "Disease"), unmarked=share)) == 200 - (200 * share + 500) // 1000


@given(per_mille)
@settings(max_examples=20)
def test_marks_are_wrong_as_often_as_asked(share):
    found = marked(100, types=("Gene", "Disease"), wrong=share)
    right = {Span("Gene", 1, 2), Span("Disease", 4, 6)}
    assert sum(span not in right for span in found) == (200 * share + 500) // 1000
    assert len(found) == 200


def test_wrong_parts_of_speech_are_as_many_as_asked():
    rows = [sentence() for _ in range(100)]
    found = annotate_tokens(rows, 30, Stream(1))
    wrong = sum(
        tag != right
        for row, tags in zip(rows, found, strict=True)
        for (_, right), tag in zip(row.words, tags, strict=True)
    )
    assert wrong == 21
