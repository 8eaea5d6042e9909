"""Ten published sets: the reader finds what their owners count."""

import pytest

from engram.config import SplitSettings
from engram.core.errors import TextError
from engram.data.manifest import SUBSETS
from engram.data.splitting import make_split
from engram.data.text.manifest import make_manifest, subsets_without_documents
from engram.data.text.readers import read_sentences
from engram.data.text.sentences import TextFormat
from engram.data.text.tags import spans

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
