"""Test sentences that stand in training subsets of other texts."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engram.config import SplitSettings
from engram.core.errors import TextError
from engram.data.split import Split, write_split
from engram.data.splitting import make_split
from engram.data.text.jobs import OverlapCheckParams, OverlapParams, text_files
from engram.data.text.manifest import make_manifest
from engram.data.text.overlap import LEAST, OVERLAP_COLUMNS, check_overlap, find_overlap, write_overlap
from engram.data.text.sentences import Reading, Sentence, TextFormat
from engram.data.text.store import write_text
from engram.runtime.job_spec import JobFiles

SUBSETS = ("train", "validation", "test")


def text_of(folder, name, sentences):
    """Store sentences, each a subset, a document and words; return the store and its official split."""
    found = [
        Sentence(f"{subset}.tsv:{number}", words.split(), None, subset, f"{subset}-{document}")
        for number, (subset, document, words) in enumerate(sentences)
    ]
    for number, subset in enumerate(SUBSETS):
        found.append(Sentence(f"{subset}.tsv:-{number}", ["fill", name], None, subset, f"{subset} fill"))
    manifest = make_manifest(Reading(found), TextFormat(name))
    store = write_text(folder / name / "text", manifest, "language")
    split = make_split(manifest, SplitSettings(scheme="official"), None, name, "texts")
    write_split(folder / name / "split.csv", split)
    return store, Split.from_table(split)


def overlap_of(folder, **texts):
    pairs = {name: text_of(folder, name, sentences) for name, sentences in texts.items()}
    table = find_overlap({k: v[0] for k, v in pairs.items()}, {k: v[1] for k, v in pairs.items()})
    assert tuple(table.columns) == OVERLAP_COLUMNS
    return table.set_index(["evaluated", "trained", "subset"])


LONG = "The p53 - tumour suppressor , a protein of 393 residues , binds DNA ."


def test_blanks_signs_and_case_do_not_matter_nor_where_a_sentence_ends(tmp_path):
    """Tested: the same letters, cut out of two sentences of one document."""
    table = overlap_of(
        tmp_path,
        a=[("test", 1, LONG), ("test", 2, "short one")],
        b=[
            ("train", 1, "Intro . the P53-tumour suppressor, a"),
            ("train", 1, "protein of 393 residues binds dna here"),
        ],
    )
    assert table.loc[("a", "b", "train"), ["sentences", "found", "percent"]].tolist() == [1, 1, 100.0]
    assert table.loc[("a", "b", "validation"), "found"] == 0
    assert table.loc[("b", "a", "train"), ["sentences", "found", "percent"]].tolist() == [0, 0, 0.0]


def test_a_sentence_that_two_documents_share_between_them_is_not_found(tmp_path):
    half = LONG.split()
    table = overlap_of(
        tmp_path,
        a=[("test", 1, LONG)],
        b=[("validation", 1, " ".join(half[:6])), ("validation", 2, " ".join(half[6:]))],
    )
    assert table["found"].sum() == 0


def test_a_copy_in_its_own_training_subset_is_found(tmp_path):
    table = overlap_of(tmp_path, a=[("test", 1, LONG), ("test", 1, f"Not {LONG}"), ("train", 2, LONG)])
    assert table.loc[("a", "a", "train"), ["sentences", "found", "percent"]].tolist() == [2, 1, 50.0]


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(SUBSETS), st.integers(1, 2), st.text("ab ", max_size=70)), max_size=12)
)
def test_the_counts_are_those_of_a_plain_search(tmp_path_factory, sentences):
    other = [(subset, document, words[::-1]) for subset, document, words in sentences]
    texts = {"a": [one for one in sentences if one[2].split()], "b": [one for one in other if one[2].split()]}
    table = overlap_of(tmp_path_factory.mktemp("overlap"), **texts)
    for (tested, trained, subset), row in table.iterrows():
        keys = [words.replace(" ", "") for part, _, words in texts[tested] if part == "test"]
        keys = [key for key in keys if len(key) >= LEAST]
        # A document's sentences need not stand together: those between belong to others.
        bodies, before = [], None
        for part, document, words in texts[trained]:
            if part == subset:
                if document != before:
                    bodies.append("")
                bodies[-1] += words.replace(" ", "")
                before = document
        assert row["sentences"] == len(keys)
        assert row["found"] == sum(any(key in body for body in bodies) for key in keys)


def test_folds_are_compared_fold_by_fold(tmp_path):
    """Every sentence is tested once; its twin in the same text trains or validates then, if it is apart."""
    found = [
        Sentence(f"f:{number}", f"{LONG} {number // 2}".split(), None, None, f"d{number}")
        for number in range(12)
    ]
    manifest = make_manifest(Reading(found), TextFormat("a"))
    store = write_text(tmp_path / "a", manifest, "language")
    split = Split.from_table(make_split(manifest, SplitSettings(folds=3), None, "a", "texts"))
    table = find_overlap({"a": store}, {"a": split}).set_index("subset")
    assert table["sentences"].tolist() == [12, 12]
    fold = split.tested().set_index("row")["fold"]
    apart = sum(fold[row] != fold[row ^ 1] for row in range(12))
    assert table["found"].sum() == apart


@pytest.fixture
def overlapping(tmp_path):
    """Return the files of three texts, of which `c` is trained on a test sentence of `a`."""
    texts = {"a": [("test", 1, LONG)], "b": [("train", 1, "other words")], "c": [("train", 1, LONG)]}
    for name, sentences in texts.items():
        text_of(tmp_path, name, sentences)
    stores = [file for name in texts for file in text_files(tmp_path / name / "text")]
    inputs = JobFiles(stores=stores, splits=[tmp_path / name / "split.csv" for name in texts])
    outputs = JobFiles(overlap=tmp_path / "overlap.csv")
    write_overlap(inputs, outputs, OverlapParams(results=str(tmp_path), texts=[*texts]))
    return JobFiles(overlap=tmp_path / "overlap.csv"), JobFiles(report=tmp_path / "report.json")


def params(*pairs, allowed=()):
    return OverlapCheckParams(results="results", pairs=[*pairs], allowed=[*allowed])


def test_a_run_refuses_texts_that_overlap_and_names_the_setting(overlapping):
    assert len(pd.read_csv(overlapping[0].overlap)) == 18
    with pytest.raises(TextError, match="test sentences of 'a' stand in the train subset of 'c'") as error:
        check_overlap(*overlapping, params(("b", "a"), ("c", "a")))
    assert "[c, a] to 'entities.allow_overlap'" in str(error.value)
    assert not overlapping[1].report.exists()


def test_it_goes_on_where_they_are_apart_or_allowed(overlapping):
    check_overlap(*overlapping, params(("b", "a"), ("a", "c")))
    check_overlap(*overlapping, params(("b", "a"), ("c", "a"), allowed=[("c", "a")]))
    assert json.loads(overlapping[1].report.read_text()) == {"b -> a": 0.0, "c -> a": 100.0}
