"""Stored text: what comes back, and what damage is found."""

import json

import numpy as np
import pytest
from hypothesis import given

from engram.core.errors import TextError
from engram.data.text.jobs import TEXT_STORE
from engram.data.text.manifest import make_manifest
from engram.data.text.sentences import Reading, Sentence, TextFormat
from engram.data.text.store import TextStore, counts_of, write_text
from engram.data.text.tags import Span, TagSet
from tests.data.text.written import documents, iob2

FORM = TextFormat("mine")


def manifest_of(content, kind="entities"):
    sentences = []
    for name, document in content.items():
        for tokens, tags in map(iob2, document):
            labels = None if kind == "language" else tags
            sentences.append(Sentence(f"train.tsv:{len(sentences)}", tokens, labels, "train", name))
    return make_manifest(Reading(sentences), FORM)


@given(documents())
def test_words_tags_and_entities_come_back(tmp_path_factory, content):
    written = [one for document in content.values() for one in document]
    store = write_text(tmp_path_factory.mktemp("store"), manifest_of(content), "entities")
    assert [store.words(row) for row in range(len(store))] == [tokens for tokens, _ in written]
    assert [store.entities(row) for row in range(len(store))] == [found for _, found in written]
    assert store.index["subject"].tolist() == [name for name in content for _ in content[name]]
    assert store.index["length"].tolist() == [len(tokens) for tokens, _ in written]
    assert counts_of(store)["entities"] == sum(len(found) for _, found in written)
    assert store.types == tuple(sorted({span.type for _, found in written for span in found}))
    assert store.labels == TagSet(store.types).names


@pytest.fixture
def content():
    return {
        "one": [(["The", "p53", "gene", "."], [Span("Gene", 1, 3)]), (["The", "end"], [])],
        "two": [(["p53"], [Span("Gene", 0, 1)])],
    }


def test_forms_are_numbered_by_first_appearance(content, tmp_path):
    store = write_text(tmp_path, manifest_of(content), "entities")
    assert store.forms == ["The", "p53", "gene", ".", "end"]
    assert store.form_ids.tolist() == [0, 1, 2, 3, 0, 4, 1]
    assert store.label_ids.tolist() == [0, 1, 2, 0, 0, 0, 1]
    assert store.offsets.tolist() == [0, 4, 6, 7]
    assert isinstance(store.form_ids, np.memmap)
    assert (store.form_ids.dtype, store.label_ids.dtype, store.offsets.dtype) == (
        np.int32,
        np.int32,
        np.int64,
    )


def test_classes_of_tokens_and_unlabelled_text(content, tmp_path):
    tokens = write_text(tmp_path / "tokens", manifest_of(content), "tokens")
    assert (tokens.labels, tokens.types, tokens.tag_set.kind) == (("B-Gene", "I-Gene", "O"), (), "tokens")
    assert tokens.tags(0) == ["O", "B-Gene", "I-Gene", "O"]
    assert tokens.entities(0) == []
    language = write_text(tmp_path / "language", manifest_of(content, "language"), "language")
    assert (language.labels, language.label_ids, language.tags(0)) == ((), None, [])
    with pytest.raises(TextError, match="has no tags"):
        write_text(tmp_path / "wrong", manifest_of(content, "language"), "entities")


def test_the_same_text_gives_the_same_bytes(content, tmp_path):
    first, second = (write_text(tmp_path / name, manifest_of(content), "entities") for name in "ab")
    assert first.hash == second.hash
    for path in first.folder.iterdir():
        assert path.read_bytes() == (second.folder / path.name).read_bytes()


def test_what_is_known_of_documents_is_kept(content, tmp_path):
    assert write_text(tmp_path / "a", manifest_of(content), "entities").without_documents == ()
    alone = Reading([Sentence("train.tsv:1", ["a"], ["O"], "train")])
    store = write_text(tmp_path / "b", make_manifest(alone, FORM), "entities")
    assert store.without_documents == ("train",)


@pytest.mark.parametrize("name", TEXT_STORE[:-1])
def test_a_damaged_file_is_found(content, tmp_path, name):
    write_text(tmp_path, manifest_of(content), "entities")
    path = tmp_path / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with pytest.raises(TextError, match="Delete"):
        TextStore.load(tmp_path)
    changed = bytearray(whole)
    changed[-6] ^= 1
    path.write_bytes(changed)
    with pytest.raises(TextError, match="Delete"):
        TextStore.load(tmp_path)
    path.unlink()
    with pytest.raises(TextError, match="missing"):
        TextStore.load(tmp_path)


def test_an_unfinished_folder_is_found(content, tmp_path):
    write_text(tmp_path, manifest_of(content), "entities")
    (tmp_path / "store.json").write_text(json.dumps({"hash": "x"}))
    with pytest.raises(TextError, match="no summary of stored text"):
        TextStore.load(tmp_path)


def test_files_of_another_text_do_not_fit(content, tmp_path):
    write_text(tmp_path / "a", manifest_of(content), "entities")
    write_text(tmp_path / "b", manifest_of({"two": content["two"]}), "entities")
    (tmp_path / "a" / "offsets.npy").write_bytes((tmp_path / "b" / "offsets.npy").read_bytes())
    with pytest.raises(TextError, match="do not fit each other"):
        TextStore.load(tmp_path / "a")
