"""What each job of a text depends on."""

from pathlib import Path

import pytest

from engram.config import load_settings
from engram.data.text.jobs import (
    DrawTextParams,
    PrepareTextParams,
    ReadTextParams,
    SplitTextParams,
    drawn_text_files,
    source_folder,
    text_files,
)
from tests.conftest import read_config

OURS = {"title": "Ours", "reader": "conll", "root": "$CORPORA/ours"}
DRAWN = {"title": "Genes", "reader": "drawn", "drawn": {"look": "genes", "documents": 10}}


def settings(**ours):
    texts = {"ours": OURS | ours, "genes": DRAWN}
    return load_settings(read_config("smoke") | {"texts": texts, "data_root": "$ROOT", "entities": None})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "Another", "published": "BC5CDR", "show_text": True, "source": "there"}, set()),
        ({"encoding": "latin-1"}, {"ReadTextParams"}),
        ({"types": ["Gene"]}, {"ReadTextParams"}),
        ({"sentences": 30}, {"ReadTextParams"}),
        ({"kind": "tokens"}, {"ReadTextParams", "PrepareTextParams"}),
        ({"split": {"validation": 0.2}}, {"SplitTextParams"}),
        # Where subsets are our own, documents in two of the owners' do not matter.
        ({"repeated_documents": "drop"}, set()),
        ({"split": {"scheme": "official"}}, {"ReadTextParams", "SplitTextParams"}),
    ],
)
def test_a_setting_reruns_the_jobs_that_depend_on_it(change, expected):
    kinds = (ReadTextParams, PrepareTextParams, SplitTextParams)
    before, after = settings(), settings(**change)
    changed = {
        kind.__name__
        for kind in kinds
        if kind.from_settings(before, "ours") != kind.from_settings(after, "ours")
    }
    assert changed == expected


def test_folders_expand_variables_and_drawn_text_lies_in_the_results(monkeypatch):
    monkeypatch.setenv("ROOT", "/data")
    monkeypatch.setenv("CORPORA", "texts")
    given = settings()
    assert source_folder(given, "ours") == Path("/data/texts/ours")
    assert source_folder(given, "genes") == Path(given.results) / "drawn" / "genes"
    assert drawn_text_files(given, "ours") == []
    files = [path.name for path in drawn_text_files(given, "genes")]
    assert files == ["train.tsv", "devel.tsv", "test.tsv", "documents.tsv"]
    assert DrawTextParams.from_settings(given, "genes").drawn.documents == 10
    assert text_files(Path("a"))[-1] == Path("a/store.json")
