"""Ten published sets: the reader finds what their owners count."""

from types import SimpleNamespace

import pytest

from engram.config import SplitSettings, load_settings
from engram.core.errors import TextError
from engram.data.manifest import SUBSETS
from engram.data.splitting import make_split
from engram.data.text.jobs import PrepareTextParams, ReadTextParams
from engram.data.text.manifest import make_manifest, subsets_without_documents, write_text_manifest
from engram.data.text.prepare import prepare_text, read_manifest_of
from engram.data.text.readers import read_sentences
from engram.data.text.sentences import TextFormat
from engram.data.text.store import TextStore
from engram.data.text.tags import spans
from tests.conftest import read_config

#: Sentences, entities and documents of training, validation and test, as the owners and Crichton et al.
#: (2017) count them; the documents of BC2GM are not known.
OFFICIAL = {
    "ncbi_disease": ((5424, 5134, 592), (923, 787, 100), (940, 960, 100)),
    "bc5cdr": ((4560, 9385, 500), (4581, 9593, 500), (4797, 9809, 500)),
    "bc2gm": ((12574, 15197, 12574), (2519, 3061, 2519), (5038, 6325, 5038)),
    "bionlp09": ((7462, 9296, 800), (1448, 2078, 150), (2446, 3589, 260)),
    "bionlp11epi": ((5698, 7586, 600), (1955, 2495, 200), (4122, 5730, 440)),
    "bionlp11id": ((2496, 5674, 15), (721, 1598, 5), (1961, 3810, 10)),
    "bionlp13ge": ((2449, 3566, 10), (2737, 4132, 10), (3391, 4359, 14)),
    "bionlp13pc": ((2499, 7853, 260), (857, 2734, 90), (1695, 5306, 175)),
    "ex_ptm": ((1377, 1787, 147), (437, 603, 49), (1839, 2308, 192)),
    "anatem": ((5861, 6946, 596), (2118, 2139, 198), (3830, 4616, 400)),
}
TYPES = {
    "bc5cdr": {"Chemical", "Disease"},
    "bionlp13pc": {"Cellular_component", "Complex", "Gene_or_gene_product", "Simple_chemical"},
}


def manifest_of(folder, name, repeated="refuse"):
    form = TextFormat(name)
    return make_manifest(read_sentences("conll", folder / name, form), form, repeated=repeated)


@pytest.mark.parametrize("name", OFFICIAL)
def test_sentences_entities_and_documents_are_the_official_ones(real_texts, name):
    frame = manifest_of(real_texts, name, "separate")
    frame["entities"] = [spans(tags) for tags in frame["tags"]]
    found = tuple(
        (len(part), part["entities"].map(len).sum(), part["subject"].nunique())
        for part in (frame[frame["official_split"] == subset] for subset in SUBSETS)
    )
    assert found == OFFICIAL[name]
    assert subsets_without_documents(frame) == ([*sorted(SUBSETS)] if name == "bc2gm" else [])
    if name in TYPES:
        assert {span.type for found in frame["entities"] for span in found} == TYPES[name]


def test_anatem_has_articles_in_two_subsets(real_texts):
    """Four articles of PMC have extracts in two: the settings say what becomes of them."""
    with pytest.raises(TextError, match="document 'PMC-1097769' stands in validation and test") as error:
        manifest_of(real_texts, "anatem")
    assert "3 others" in str(error.value)
    dropped = manifest_of(real_texts, "anatem", "drop")
    assert dropped.attrs["facts"]["documents in two subsets"] == 4
    assert dropped.groupby("subject")["official_split"].nunique().max() == 1
    assert (dropped["official_split"] == "test").sum() == 3830


def test_documents_of_a_real_set_stay_together_in_folds(real_texts):
    frame = manifest_of(real_texts, "ex_ptm")
    split = make_split(frame, SplitSettings(folds=5, validation=0.1), None, "ex_ptm", "texts")
    tested = split[split["subset"] == "test"]
    assert len(tested) == len(frame)
    assert (tested.groupby("subject")["fold"].nunique() == 1).all()
    assert tested["fold"].value_counts().between(len(frame) // 5 - 3, len(frame) // 5 + 3).all()


@pytest.fixture(scope="module")
def settings(real_texts):
    """Return the settings of `config/entities.yaml`."""
    return load_settings(read_config("entities") | {"data_root": str(real_texts)})


@pytest.mark.parametrize("name", [*OFFICIAL, "medline"])
def test_each_set_is_read_and_stored_as_the_configuration_of_real_texts_says(settings, name, tmp_path):
    """From files to stored sentences; of AnatEM the test subset's sentences of four articles stay alone."""
    frame = read_manifest_of(ReadTextParams.from_settings(settings, name))
    write_text_manifest(tmp_path / "manifest.parquet", frame)
    files = (
        SimpleNamespace(manifest=tmp_path / "manifest.parquet"),
        SimpleNamespace(record=tmp_path / "record.json"),
    )
    prepare_text(*files, PrepareTextParams.from_settings(settings, name), code="code")
    store = TextStore.load(tmp_path)
    split = make_split(store.index, settings.texts[name].split, None, name, "texts")
    counted = tuple(
        (len(rows), sum(len(spans(store.tags(row))) for row in rows) if store.labels else 0)
        for rows in (split.index[split["subset"] == subset] for subset in SUBSETS)
    )
    expected = tuple(found[:2] for found in OFFICIAL["bionlp09" if name == "medline" else name])
    if name == "medline":
        expected = tuple((sentences, 0) for sentences, _ in expected)
    if name == "anatem":
        assert frame.attrs["facts"]["documents in two subsets"] == 4
        assert counted[2] == expected[2]
    else:
        assert counted == expected
