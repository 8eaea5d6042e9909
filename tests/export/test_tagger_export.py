"""The exported tagger: the best by validation, its card, and that it answers as in the run."""

import json
import shutil

import pandas as pd
import pytest
import torch

from engram.core.errors import ConfigurationError, RecordError
from engram.core.paths import Layout
from engram.core.records import Record, read_record
from engram.data.text.store import TextStore
from engram.export.tagger import export_tagger, validation_score
from engram.studies.entities.jobs.evidence import mentions_spec
from engram.studies.entities.jobs.export import tagger_export, tagger_files
from engram.studies.entities.mentions import count_mentions
from engram.tag import main
from tests.studies.entities.text_world import (
    BRIEF,
    RECIPES,
    STRATEGIES,
    in_folder,
    make_settings,
    run_evaluation,
    run_stages,
    write_world,
)

_STRATEGIES = {name: {"stages": STRATEGIES[name]} for name in ("BL", "ST", "RE", "MTL-BC")}
_LINEAGES = ["diseases.base", "genes.base", "genes.base/diseases.tune", "genes+diseases.mixed"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return settings and layout of a finished study of four models, with two seeds."""
    torch.set_num_threads(1)
    recipes = {name: BRIEF | {"epochs": 8, "patience": 8, "learning_rate": 0.03} for name in RECIPES}
    settings = make_settings(
        strategies=["BL", "ST", "RE", "MTL-BC"], strategy=_STRATEGIES, recipe=recipes, seeds=[1, 2]
    )
    layout = Layout(tmp_path_factory.mktemp("tagger") / "results")
    settings = in_folder(settings, layout)
    write_world(settings, layout)
    for lineages in (_LINEAGES[:2], _LINEAGES[2:3], _LINEAGES[3:]):
        run_stages((settings, layout), lineages, (1, 2))
    run_evaluation((settings, layout), "genes", _LINEAGES[1:], (1, 2))
    run_evaluation((settings, layout), "diseases", [_LINEAGES[0], *_LINEAGES[2:]], (1, 2))
    for name in ("genes", "diseases"):
        count_mentions(*mentions_spec(settings, layout).fill(dataset=name))
    return settings, layout


def export(settings, layout):
    """Run the export."""
    export_tagger(*tagger_export(settings, layout).fill(), code="0")
    return layout.tagger


@pytest.fixture(scope="module")
def exported(world):
    """Return the folder of the exported tagger; nothing may be changed in it."""
    return export(*world)


@pytest.fixture
def own_copy(world, tmp_path):
    """Return settings and layout of a copy, not yet exported, that a test may change."""
    settings, layout = world
    mine = Layout(tmp_path / "results")
    shutil.copytree(layout.root, mine.root, ignore=shutil.ignore_patterns("export"))
    return in_folder(settings, mine), mine


def scores(layout):
    """Return the validation score on the target of each model that may be chosen, by lineage and seed."""
    found = {}
    for lineage in ("diseases.base", "genes.base/diseases.tune", "genes+diseases.mixed"):
        for seed in (1, 2):
            record = read_record(layout.of_study("entities").model_record(lineage, seed))
            (kept,) = [each for each in record.curves if each["epoch"] == record.metrics["best_epoch"]]
            found[lineage, seed] = kept["diseases"]
    return found


def test_the_best_by_validation_is_copied_byte_by_byte(world, exported):
    """Of all strategies and seeds on the first target; the record says which."""
    _, layout = world
    found = scores(layout)
    record = read_record(exported / "record.json")
    name = record.name.removeprefix("tagger ")
    assert found[name, record.seed] == max(found.values()) == record.metrics["validation_score"]
    source = layout.of_study("entities").model(name, record.seed)
    assert (exported / "model.safetensors").read_bytes() == source.read_bytes()


def test_a_strategy_can_be_chosen(own_copy):
    """`entities.export` names it; the seed is the better one of its two."""
    settings, layout = own_copy
    study = settings.entities.model_copy(update={"export": "ST"})
    folder = export(settings.model_copy(update={"entities": study}), layout)
    record, found = read_record(folder / "record.json"), scores(layout)
    assert record.name == "tagger diseases.base"
    assert found["diseases.base", record.seed] == max(found["diseases.base", seed] for seed in (1, 2))
    with pytest.raises(
        ConfigurationError, match=r"entities\.export: 'BL' is no strategy .* choose one of ST, RE"
    ):
        make_settings(strategies=["BL", "ST", "RE"], export="BL")


def test_the_exported_tagger_finds_what_the_run_found(world, exported, tmp_path, monkeypatch):
    """`engram.tag` on the test sentences, written as columns, gives the entities of the predictions."""
    layout = world[1]
    record = json.loads((exported / "record.json").read_text())
    table = pd.read_parquet(layout.of_study("entities").predictions("diseases"))
    mine = table[
        (table["lineage"] == record["name"].removeprefix("tagger ")) & (table["seed"] == record["seed"])
    ]
    mine = mine.sort_values("row", ignore_index=True)
    store = TextStore.load(layout.text("diseases"))
    sentences = [store.words(int(row)) for row in mine["row"]]
    (tmp_path / "test.tsv").write_text("\n\n".join("\n".join(words) for words in sentences))
    monkeypatch.chdir(tmp_path)
    assert main(["test.tsv", "--model", str(exported), "--labels", "diseases", "--threads", "1"]) == 0
    rows = pd.read_csv("spans.csv", keep_default_na=False)
    counts = rows.groupby("sentence").size().reindex(range(1, len(sentences) + 1), fill_value=0)
    assert counts.tolist() == [len(found.split()) for found in mine["found"]]
    assert len(rows) > 0


def test_the_card_says_what_the_run_says(world, exported):
    """Data with their terms, scores with documents and interval, and what the file is."""
    layout = world[1]
    card, record = (exported / "README.md").read_text(), read_record(exported / "record.json")
    (seen,) = record.inputs.values()
    assert f"SHA-256 `{seen}`" in card
    assert f"{100 * record.metrics['validation_score']:.1f} %" in card
    assert "chosen among 6 models" in card
    assert "Drawn by this project, of no real text." in card
    assert "TorchScript" in card
    assert str(layout.root) in card
    sizes = pd.read_csv(layout.root / "entities/facts/diseases/sizes.csv").set_index("subset")
    row = next(line for line in card.splitlines() if line.startswith("| diseases | F1"))
    assert row.split("|")[3:5] == [f" {sizes.loc['test', each]} " for each in ("sentences", "documents")]


def test_a_card_tells_what_an_adapted_tagger_forgot(own_copy):
    """A row of the source, learnt in the first stage."""
    settings, layout = own_copy
    study = settings.entities.model_copy(update={"export": "RE"})
    card = (export(settings.model_copy(update={"entities": study}), layout) / "README.md").read_text()
    assert "| 1 | genes |" in card
    assert "Label sets: `genes` (gene); `diseases` (disease)." in card


def test_a_record_without_the_score_is_refused():
    """It names the model and what to do."""
    record = Record(kind="training", name="a.base", seed=1, settings={}, code="", environment={})
    with pytest.raises(RecordError, match=r"'a\.base', seed 1: it has no validation score of 'diseases'"):
        validation_score(record, "diseases")


def test_without_the_study_nothing_is_exported(world):
    """Neither where it is left out, nor where no strategy sees the target."""
    settings, layout = world
    assert len(tagger_files(settings, layout)) == 3
    assert tagger_files(settings.model_copy(update={"entities": None}), layout) == []
    assert tagger_files(make_settings(strategies=["BL"]), layout) == []
