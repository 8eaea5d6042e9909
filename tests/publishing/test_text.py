"""Runs of text are tracked, published, described and carded beside those of faces."""

from __future__ import annotations

import pandas as pd
import pytest
from rocrate.rocrate import ROCrate

from engram.publishing.inputs import cards
from engram.studies.entities.collect import collect_entities
from tests.publishing.repositories import RESULTS
from tests.publishing.steps import bundle, copy_results, names_published

BASE, CHILD = "entities/models/seed2/genes.base", "entities/models/seed2/genes.base/diseases.tune"


def test_every_record_is_a_run_below_its_parent(runs):
    """Two texts with their evaluations, two models of each seed, and the exported tagger."""
    assert sum(name.startswith("entities/models/") for name in runs) == 6
    assert {"data/genes/text", "entities/evaluations/diseases"} <= {*runs}
    assert runs[CHILD].parent == f"{RESULTS}/{BASE}"
    assert runs["export/tagger"].parent == f"{RESULTS}/entities/models/seed1/genes.base/diseases.tune"


def test_f1_is_that_of_the_predictions(runs, layout):
    """F1, precision and recall are counted anew, seed by seed, from all test sentences."""
    frame = pd.read_parquet(layout.of_study("entities").predictions("diseases"))
    mine = frame[(frame["lineage"] == "genes.base/diseases.tune") & (frame["seed"] == 2)]
    right, truth, answered = (int(mine[name].sum()) for name in ("right", "truth", "answered"))
    found = runs[CHILD].metrics
    assert found["test_f1/diseases"] == pytest.approx(2 * right / (truth + answered))
    assert found["test_precision/diseases"] == pytest.approx(right / answered)
    assert found["test_recall/diseases"] == pytest.approx(right / truth)


def test_words_are_published_where_they_may_be_shown(both, layout, tmp_path):
    """All evidence, models, cards and the tagger; of a text that may not be shown there is no sentence."""
    names = names_published(both)
    copy_results(both, tmp_path)
    assert {
        "entities/models/seed1/genes.base/diseases.tune/model.safetensors",
        "entities/evaluations/diseases/predictions.parquet",
        "entities/facts/diseases/mentions.parquet",
        "data/diseases/split.csv",
        "cards/entities/genes.base__diseases.tune.md",
        "export/tagger/model.safetensors",
        "tables/entities_transfer.csv",
    } <= names
    shown = {name: pd.read_parquet(tmp_path / f"entities/facts/{name}/shown.parquet") for name in both.texts}
    assert len(shown["genes"]) > 0
    assert shown["diseases"].empty
    assert not [name for name in names if "/text/" in name and not name.endswith("record.json")]


def test_every_tagger_has_a_card(both, layout):
    """Weights, stages, terms and scores of all seeds, and what was forgotten."""
    (path,) = [path for path in cards(both) if path.name == "genes.base__diseases.tune.md"]
    card = path.read_text()
    assert "Label sets: `diseases` (disease); `genes` (gene, protein)." in card
    assert card.count("model.safetensors` | `") == len(both.seeds)
    assert "| `diseases.tune` | Drawn diseases 100 % | 120 |" in card
    assert "strategy RE at 100 % of the target's training subset, from Drawn genes to Drawn diseases" in card
    assert "Drawn by this project, of no real text." in card
    found = collect_entities(both, layout.root)
    score = found.scores["diseases"].of("genes.base/diseases.tune")
    sentences = len(found.spans("diseases").rows)
    row = f"| Drawn diseases | F1 | {sentences} | {score.n_subjects} | {score.value:.1f} |"
    assert row in card
    assert "| 1 | Drawn genes |" in card.partition("What it forgot")[2]
    assert "chosen among" not in card


def test_the_bundle_names_the_texts(both, layout, tmp_path):
    """Their terms stand beside those of faces, and their files are in it."""
    bundle(both, tmp_path)
    crate = ROCrate(tmp_path / "bundle")
    described = [one for one in crate.root_dataset["mentions"] if one.id.startswith("#dataset-")]
    terms = {one["identifier"]: one["license"]["description"] for one in described}
    assert terms["genes"] == "Drawn by Engram's own code; of no real person or text. MIT."
    files = {entity.id: entity["encodingFormat"] for entity in crate.data_entities}
    assert files["results/entities/facts/genes/mentions.parquet"] == "application/vnd.apache.parquet"
