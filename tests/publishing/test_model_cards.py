"""Model cards say what the records say, completely."""

from __future__ import annotations

import pandas as pd
import pytest
from jinja2 import UndefinedError

from engram.core.lineage import Lineage
from engram.core.records import read_record, write_record
from engram.studies.memory.jobs.cards import memory_cards
from tests.publishing.steps import write_all_cards, write_card

SECTIONS = [
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
]
HEAD = Lineage.parse("wild.base/lab.head")


@pytest.fixture
def matrix(carded):
    return pd.read_csv(carded.tables / "memory_matrix.csv")


def test_every_finished_model_has_a_card_with_all_sections(settings, carded):
    """The sections are those of Mitchell et al. (2019), in their order."""
    write_all_cards(settings)
    paths = memory_cards(settings)
    assert [path.name for path in paths] == ["wild.base.md", "wild.base__lab.head.md", "wild+lab.base.md"]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == SECTIONS
        assert "undefined" not in text.lower()
        assert "None" not in text


def test_results_are_those_of_the_table(settings, matrix):
    """Each row of the table for this model stands in the card with its interval."""
    card = write_card(settings, HEAD)
    for row in matrix[matrix["lineage"] == str(HEAD)].itertuples():
        # Two seeds have no interval.
        assert f"| {row.n} | 2 | {row.accuracy:.1f} | – |" in card


def test_all_stages_are_described(settings, carded):
    """A model's card tells of its ancestors' training too, and of what it may have forgotten."""
    card = write_card(settings, HEAD)
    assert "| `wild.base` | Drawn wild 100 % | 240 | all |" in card
    assert "| `lab.head` | Drawn lab 100 % |" in card
    assert "trained on other data after Drawn wild" in card
    baseline = write_card(settings, Lineage.parse("wild.base"))
    assert "trained on other data" not in baseline


def test_photographs_bring_their_terms(settings, carded):
    """Where faces are photographs the card names their source and says so."""
    photographs = settings.datasets["wild"].model_copy(
        update={"reader": "manifest", "drawn": None, "root": "wild", "source": "the owner, CC BY 4.0"}
    )
    datasets = {**settings.datasets, "wild": photographs}
    card = write_card(settings.model_copy(update={"datasets": datasets}), Lineage.parse("wild.base"))
    assert "Source and terms: the owner, CC BY 4.0." in card
    assert "photographs of people" in card
    assert "drawn" not in card.partition("## Ethical")[2]


def test_a_missing_value_is_an_error(settings, carded):
    """A card with an empty place is not written."""
    path = carded.model_record(HEAD, 1)
    write_record(path, read_record(path).model_copy(update={"environment": {}}))
    with pytest.raises(UndefinedError):
        write_card(settings, HEAD)
