"""The manifest of a text: documents, subsets, types, and what was decided."""

import pytest

from engram.config import SplitSettings
from engram.core.errors import SplitError, TextError
from engram.data.split import Split
from engram.data.splitting import make_split
from engram.data.text.manifest import (
    make_manifest,
    read_text_manifest,
    subsets_without_documents,
    write_text_manifest,
)
from engram.data.text.sentences import Reading, Sentence


def sentence(number, subset, document, tags=("O", "B-a", "I-a")):
    return Sentence(f"{subset}.tsv:{number}", ["the", "p", "53"], list(tags), subset, document)


def reading(*subsets_and_documents, **counts):
    found = Reading([sentence(number, *one) for number, one in enumerate(subsets_and_documents)])
    found.facts.update(counts)
    return found


REPEATED = [("train", "x"), ("train", "y"), ("validation", "x"), ("test", "z"), ("test", "x")]


def test_rows_have_their_document_and_place(form):
    frame = make_manifest(reading(("train", "x"), ("train", "x"), ("test", "y"), ("train", "x")), form)
    assert frame.columns.tolist() == ["sentence", "subject", "official_split", "x_sentence", "tokens", "tags"]
    assert frame["subject"].tolist() == ["x", "x", "y", "x"]
    assert frame["x_sentence"].tolist() == [0, 1, 0, 2]
    assert frame["tags"][0] == ["O", "B-a", "I-a"]
    assert subsets_without_documents(frame) == []


def test_a_sentence_without_document_stands_for_itself_and_that_is_known(form):
    frame = make_manifest(reading(("train", None), ("train", None), ("test", "y"), (None, None)), form)
    assert frame["subject"].tolist() == ["train.tsv:0", "train.tsv:1", "y", "None.tsv:3"]
    assert subsets_without_documents(frame) == ["all", "train"]


def test_a_document_in_two_subsets_is_refused_with_the_way_out(form):
    with pytest.raises(TextError, match="'x' stands in train and validation and test") as error:
        make_manifest(reading(*REPEATED), form, repeated="refuse")
    assert "train.tsv:0 and validation.tsv:2 and test.tsv:4" in str(error.value)
    assert "'texts.mine.repeated_documents' to 'separate'" in str(error.value)


def test_a_repeated_document_can_be_separated(form):
    frame = make_manifest(reading(*REPEATED), form, repeated="separate")
    assert frame["subject"].tolist() == ["train/x", "y", "validation/x", "z", "test/x"]
    assert frame.attrs["facts"] == {"documents in two subsets": 1}


def test_a_repeated_document_can_be_kept_for_test_alone(form):
    frame = make_manifest(reading(*REPEATED), form, repeated="drop")
    assert frame["sentence"].tolist() == ["train.tsv:1", "test.tsv:3", "test.tsv:4"]
    assert frame.attrs["facts"] == {
        "documents in two subsets": 1,
        "sentences dropped from a second subset": 2,
    }


def test_a_repeated_document_does_not_matter_where_subsets_are_our_own(form):
    assert len(make_manifest(reading(*REPEATED), form, repeated=None)) == 5


def test_only_some_types_are_kept(form):
    read = reading()
    read.sentences = [
        sentence(0, "train", "x", ["B-a", "I-a", "B-b"]),
        sentence(1, "train", "x", ["B-b", "O", "O"]),
    ]
    frame = make_manifest(read, form, types=["b"])
    assert [*frame["tags"]] == [["O", "O", "B-b"], ["B-b", "O", "O"]]
    with pytest.raises(TextError, match=r"no entities of type 'c'\. It has a, b"):
        make_manifest(read, form, types=["a", "c"])


def test_a_cap_keeps_whole_documents_of_each_subset(form):
    found = [("train", f"d{number // 3}") for number in range(30)] + [
        ("test", f"t{number}") for number in range(4)
    ]
    kept = make_manifest(reading(*found), form, cap=14)
    assert kept["official_split"].value_counts().to_dict() == {"train": 12, "test": 4}
    assert kept["subject"][kept["official_split"] == "train"].unique().tolist() == ["d0", "d1", "d2", "d3"]
    least = make_manifest(reading(*found), form, cap=1)
    assert least["subject"].nunique() == 6


def test_no_sentences_are_an_error(form):
    with pytest.raises(TextError, match="Text 'mine' has no sentences"):
        make_manifest(Reading(), form)


def test_a_manifest_comes_back_with_its_facts(form, tmp_path):
    frame = make_manifest(reading(("train", "x"), ("test", None), overlapping=3), form)
    write_text_manifest(tmp_path / "manifest.parquet", frame)
    back = read_text_manifest(tmp_path / "manifest.parquet")
    assert back.attrs["facts"] == {"overlapping": 3}
    assert [list(tags) for tags in back["tags"]] == [*frame["tags"]]
    for column in ("sentence", "subject", "official_split", "x_sentence"):
        assert back[column].tolist() == frame[column].tolist()


def test_a_damaged_manifest_is_an_error(tmp_path):
    (tmp_path / "manifest.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(TextError, match="damaged"):
        read_text_manifest(tmp_path / "manifest.parquet")


def many(form):
    """Return 60 documents of 1 to 5 sentences; the last ten are for test."""
    found = []
    for number in range(60):
        found += [("test" if number >= 50 else "train", f"d{number}")] * (1 + number % 5)
    return make_manifest(reading(*found), form)


@pytest.mark.parametrize(
    ("settings", "validated"),
    [
        ({"validation": 0.2, "test": 0.3}, 36),
        # Of the 150 sentences that the owners do not test on.
        ({"scheme": "official_test", "validation": 0.2, "test": 0}, 30),
        ({"folds": 4, "validation": 0.2}, 36),
    ],
)
def test_documents_are_split_as_subjects_are(form, settings, validated):
    frame = many(form)
    split = Split.from_table(make_split(frame, SplitSettings(**settings), None, "mine", "texts"))
    for _, fold in split.table.groupby("fold"):
        assert (fold.groupby("subject")["subset"].nunique() == 1).all()
        assert (fold["subset"] == "validation").sum() == pytest.approx(validated, abs=3)
    half, whole = set(split.rows("train", 50)), set(split.rows("train"))
    assert half < whole
    assert len(half) / len(whole) == pytest.approx(0.5, abs=0.05)
    left_out = {frame["subject"][row] for row in whole - half}
    assert left_out.isdisjoint({frame["subject"][row] for row in half})


def test_an_error_of_a_split_names_the_text_settings(form):
    frame = make_manifest(reading(("train", "x"), ("test", "y")), form)
    with pytest.raises(SplitError, match=r"'texts\.mine\.split'"):
        make_split(frame, SplitSettings(scheme="official"), None, "mine", "texts")
