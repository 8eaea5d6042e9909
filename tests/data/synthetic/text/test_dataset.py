"""A drawn text as a whole: its bytes, its documents, and each difficulty at the share that is asked for."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engram.config import DrawnTextSettings
from engram.core.errors import ConfigurationError
from engram.data.synthetic.text.dataset import compose, draw_text
from engram.data.synthetic.text.looks import LOOKS
from engram.data.text.tags import spans

SIZES = {"documents": 40, "validation_documents": 5, "test_documents": 40, "seed": 3}
ANNOTATED = ("genes", "chemicals", "diseases", "species", "clinic")
per_mille = st.integers(0, 1000)


def drawn(look="genes", **difficulties):
    return compose(DrawnTextSettings(look=look, **{**SIZES, **difficulties}))


def mentions(subset, types=("Gene", "Chemical", "Disease", "Species", "Symptom")):
    return [
        mention
        for document in subset.documents
        for sentence in document.sentences
        for mention in sentence.mentions
        if mention.name.type in types
    ]


def marked(subset):
    """Return what is marked, each with the number of its sentence."""
    return {(row, *span) for row, tags in enumerate(subset.tags) for span in spans(tags)}


@pytest.mark.parametrize("look", LOOKS)
def test_the_same_settings_give_the_same_bytes(look, tmp_path):
    text = DrawnTextSettings(look=look, **SIZES, unseen_names=300, wrong_labels=20)
    for folder in ("one", "two"):
        draw_text(text, tmp_path / folder)
    names = ["devel.tsv", "documents.tsv", "test.tsv", "train.tsv"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    other = text.model_copy(update={"seed": 4})
    assert compose(other)["train"].sentences != compose(text)["train"].sentences


def test_these_bytes_are_drawn_everywhere(tmp_path):
    """Their hash stands here: a machine or a change that draws other bytes is found out."""
    digest = hashlib.sha256()
    for look in LOOKS:
        draw_text(
            DrawnTextSettings(
                look=look,
                documents=12,
                validation_documents=3,
                test_documents=6,
                seed=1,
                unseen_names=400,
                ambiguous_names=100,
                guideline_shift=300,
                partial_annotation=100 if look in ANNOTATED else 0,
                wrong_labels=50,
            ),
            tmp_path / look,
        )
        for path in sorted((tmp_path / look).iterdir()):
            digest.update(path.read_bytes())
    assert digest.hexdigest()[:16] == "e1ed1581cd7cf4c1"


@pytest.mark.parametrize("look", LOOKS)
def test_no_sentence_stands_in_two_subsets(look):
    """Though training repeats its own: held-out documents are written anew until they say something else."""
    subsets = compose(DrawnTextSettings(look=look, documents=150, validation_documents=10, test_documents=40))
    train, devel, test = ({*map(tuple, subsets[name].sentences)} for name in ("train", "devel", "test"))
    assert not train & test
    assert not train & devel
    assert not devel & test


@pytest.mark.parametrize("look", LOOKS)
def test_documents_have_four_to_eight_sentences_and_lie_in_one_subset(look):
    subsets = drawn(look)
    lengths = Counter(len(document.sentences) for subset in subsets.values() for document in subset.documents)
    assert set(lengths) == {4, 5, 6, 7, 8}
    names = [document.name for subset in subsets.values() for document in subset.documents]
    assert len(names) == len(set(names)) == 85


def test_files_list_documents_and_separate_sentences(tmp_path):
    text = DrawnTextSettings(look="genes", **SIZES)
    draw_text(text, tmp_path)
    subsets = compose(text)
    listing = [line.split("\t") for line in (tmp_path / "documents.tsv").read_text("utf-8").splitlines()]
    assert listing[0] == ["subset", "first_sentence", "document"]
    assert Counter(row[0] for row in listing[1:]) == {"train": 40, "devel": 5, "test": 40}
    for name, subset in subsets.items():
        blocks = (tmp_path / f"{name}.tsv").read_text("utf-8").rstrip("\n").split("\n\n")
        rows = [[line.split("\t") for line in block.split("\n")] for block in blocks]
        assert [[word for word, _ in row] for row in rows] == subset.sentences
        assert [[tag for _, tag in row] for row in rows] == [list(tags) for tags in subset.tags]
        first = [int(row[1]) for row in listing[1:] if row[0] == name]
        lengths = [len(document.sentences) for document in subset.documents]
        assert first == [sum(lengths[:number]) for number in range(len(lengths))]


def test_unlabelled_text_has_a_word_a_line(tmp_path):
    draw_text(DrawnTextSettings(look="general", documents=3, seed=1), tmp_path)
    assert "\t" not in (tmp_path / "train.tsv").read_text("utf-8")


@pytest.mark.parametrize("look", ANNOTATED)
def test_without_difficulties_every_name_of_the_types_is_marked_and_nothing_else(look):
    for subset in drawn(look).values():
        expected = {
            (row, mention.name.type, mention.start, mention.end)
            for row, sentence in enumerate(
                sentence for document in subset.documents for sentence in document.sentences
            )
            for mention in sentence.mentions
            if mention.name.type in LOOKS[look].types
        }
        assert marked(subset) == expected
        assert len(expected) > 20


@pytest.mark.parametrize("look", ANNOTATED)
def test_texts_name_things_of_other_types_unmarked(look):
    types = {mention.name.type for mention in mentions(drawn(look)["train"])}
    assert types - set(LOOKS[look].types)


@given(per_mille, st.sampled_from(ANNOTATED))
@settings(max_examples=15, deadline=None)
def test_unseen_names_have_their_share_of_test_mentions(share, look):
    subsets = drawn(look, unseen_names=share)
    seen = {mention.form for mention in mentions(subsets["train"])}
    for kind in LOOKS[look].types:
        found = mentions(subsets["test"], (kind,))
        unseen = sum(mention.form not in seen for mention in found)
        # A thing is mentioned some times in its document, so the last one may come too early.
        assert abs(unseen / len(found) - share / 1000) < 0.12


@given(st.integers(0, 600), st.sampled_from(["genes", "diseases"]))
@settings(max_examples=10, deadline=None)
def test_ambiguous_names_have_their_share_and_stand_for_both_types(share, look):
    subsets = drawn(look, ambiguous_names=share)
    for subset in ("train", "test"):
        found = mentions(subsets[subset], LOOKS[look].types)
        ambiguous = [mention for mention in found if mention.name.ambiguous]
        assert abs(len(ambiguous) / len(found) - share / 1000) < 0.1
    if share > 200:
        of_type = {
            kind: {mention.form for mention in mentions(subsets["train"], (kind,)) if mention.name.ambiguous}
            for kind in ("Gene", "Disease")
        }
        assert of_type["Gene"] & of_type["Disease"]


@given(per_mille)
@settings(max_examples=10, deadline=None)
def test_training_alone_lacks_marks(share):
    full, partial = drawn(), drawn(partial_annotation=share)
    count = len(marked(full["train"]))
    assert marked(partial["train"]) <= marked(full["train"])
    assert len(marked(partial["train"])) == count - (count * share + 500) // 1000
    assert partial["test"].tags == full["test"].tags
    assert partial["devel"].tags == full["devel"].tags


@given(st.integers(0, 300), st.sampled_from(ANNOTATED))
@settings(max_examples=10, deadline=None)
def test_training_alone_has_wrong_marks(share, look):
    full, wrong = drawn(look), drawn(look, wrong_labels=share)
    count = len(marked(full["train"]))
    expected = (count * share + 500) // 1000
    assert len(marked(full["train"]) - marked(wrong["train"])) == expected
    assert wrong["test"].tags == full["test"].tags


def test_a_shift_of_guidelines_moves_the_ends_of_names_with_a_noun():
    plain, shifted = drawn(), drawn(guideline_shift=1000)
    half = drawn(guideline_shift=500)
    for name in plain:
        assert plain[name].sentences == shifted[name].sentences
        moved = marked(shifted[name]) - marked(plain[name])
        assert {(row, kind, start, end - 1) for row, kind, start, end in moved} <= marked(plain[name])
        nouns = sum(mention.noun for mention in mentions(plain[name], ("Gene",)))
        assert len(moved) == nouns > 0
        assert len(marked(half[name]) - marked(plain[name])) == (nouns * 500 + 500) // 1000


def test_neighbours_share_documents_where_both_are_asked_to():
    genes, chemicals = drawn("genes", overlap=250), drawn("chemicals", overlap=250)
    tested = {document.name for document in genes["test"].documents}
    trained = {document.name for document in chemicals["train"].documents}
    assert len(tested & trained) == 10
    # Each annotates them by its own types.
    texts = {tuple(words) for words in genes["test"].sentences}
    common = [
        row
        for row, words in enumerate(chemicals["train"].sentences)
        if tuple(words) in texts and len(words) > 9
    ]
    assert len(common) > 20
    assert not {name for name in tested if name.startswith("shared")} & {
        document.name for document in genes["train"].documents
    }


def test_unlabelled_text_shares_nothing():
    with pytest.raises(ConfigurationError, match="'overlap' to 0"):
        drawn("general", overlap=10)


def test_names_cannot_be_unseen_and_seen():
    with pytest.raises(ConfigurationError, match="600 per mille unseen and 500 per mille ambiguous"):
        drawn(unseen_names=600, ambiguous_names=500)


def test_names_of_two_letters_alone_tell_no_two_things_apart():
    """In a document no form stands for two things, so that a reader can follow."""
    for look in ANNOTATED:
        for document in drawn(look, ambiguous_names=300)["train"].documents:
            owners = {}
            for sentence in document.sentences:
                for mention in sentence.mentions:
                    assert owners.setdefault(mention.form, mention.name) == mention.name


@pytest.mark.parametrize("look", ["general", "abstracts"])
def test_the_second_sentence_follows_the_first(look):
    """It shares more words with its own first sentence than with that of another document."""
    documents = drawn(look, documents=300)["train"].documents
    common = {"the", "a", "an", ".", ",", "in", "of", "is", "to", "and", "was", "were", "that", "has", "by"}

    def content(sentence):
        return {form.lower() for form, _ in sentence.words} - common

    pairs = [(content(document.sentences[0]), content(document.sentences[1])) for document in documents]
    own = sum(bool(first & second) for first, second in pairs)
    other = sum(bool(pairs[number - 1][0] & second) for number, (_, second) in enumerate(pairs))
    assert own > 2 * other
