"""The worked examples of docs/examples: one configuration file each, and the tables that all runs end in."""

import base64
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image

from engram.config import DrawnTextSettings
from engram.data.images.readers import london
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.data.synthetic.text.dataset import draw_text
from engram.reporting.tables import CLAIM_FORMS, TABLE_FORMS
from engram.studies.general import tables as general_tables
from engram.studies.memory.tables import TABLES
from tests.conftest import ROOT
from tests.workflow.conftest import copy_checkout, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.long]

#: Longest side of a photograph that a test copies.
_SIDE = 256

#: Tables without rows: no example has several weights to choose among, or verifies identities.
ROWLESS = {"memory_weights", "general_verification"}
#: The files of the memory study's checked claims.
CLAIMS = tuple(f"claims{ending}" for ending in CLAIM_FORMS.values())


def run_example(tmp_path_factory, name, *targets):
    """Run an example in a checkout of its own as its README says; return its results."""
    folder = copy_checkout(tmp_path_factory.mktemp(name) / "engram")
    shutil.copytree(ROOT / "docs/examples", folder / "docs/examples")
    assert not list((folder / "docs/examples" / name).glob("*.py"))
    snakemake(folder, *targets, "--quiet", "rules", "--configfile", f"docs/examples/{name}/config.yaml")
    return folder / "results" / name


@pytest.fixture(scope="module")
def own_data(tmp_path_factory):
    """Return the results of the example with images of one's own, from a folder that a user would have."""
    ours = tmp_path_factory.mktemp("ours") / "faces"
    real = Path(os.environ.get("ENGRAM_FACES", ROOT.parent / "shared/data")) / "london_set"
    if real.is_dir():
        copy_london(real, ours)
    else:
        draw_dataset(DrawnSpec("lab", 12, 120, 64, seed=9), ours)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OURS", str(ours))
        return run_example(tmp_path_factory, "own-data")


def copy_london(real, ours):
    """Write the London Set as a lab would its own images: smaller copies and a manifest.csv."""
    manifest = london.read(real).head(120)
    for reference in manifest["image"]:
        place = ours / reference
        place.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(real / reference) as image:
            image.thumbnail((_SIDE, _SIDE))
            image.save(place)
    manifest.to_csv(ours / "manifest.csv", index=False)


@pytest.fixture(scope="module")
def own_strategy(tmp_path_factory):
    """Return the results of the example with strategies of one's own."""
    return run_example(tmp_path_factory, "own-strategy")


@pytest.fixture(scope="module")
def own_encoder(tmp_path_factory):
    """Return the results of the example with an encoder and a target of one's own."""
    return run_example(tmp_path_factory, "own-encoder")


@pytest.fixture(scope="module")
def own_text(tmp_path_factory):
    """Return the results of the example with text of one's own, from a folder that a user would have."""
    ours = tmp_path_factory.mktemp("ours") / "notes"
    ours.mkdir()
    draw_text(
        DrawnTextSettings(look="diseases", documents=30, validation_documents=5, test_documents=10), ours
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OURS", str(ours))
        return run_example(tmp_path_factory, "own-text", "entities", "export")


def reported(results):
    """Return all texts that the report embeds, decoded."""
    page = (results / "report.html").read_text(encoding="utf-8")
    parts = re.findall(r"base64,([A-Za-z0-9+/=]+)", page)
    return "\n".join([page, *(base64.b64decode(part).decode("utf-8", "ignore") for part in parts)])


def assert_same_tables(results, tables, claims):
    """Check that every table and page of claims is there, in every form and with rows."""
    for name in tables:
        assert all((results / f"tables/{name}.{form}").stat().st_size for form in TABLE_FORMS)
        assert pd.read_csv(results / f"tables/{name}.csv").empty == (name in ROWLESS)
    assert all((results / "tables" / name).stat().st_size for name in claims)


def test_images_of_one_s_own_end_in_the_same_tables(own_data):
    """A folder with a manifest is detected, split, learnt and tested: its rows stand beside the others."""
    assert_same_tables(own_data, TABLES, CLAIMS)
    table = pd.read_csv(own_data / "tables/memory_integrity.csv")
    assert set(table["target"]) == {"ours"}
    assert set(table["strategy"]) == {"BL", "FC", "RE"}
    split = pd.read_csv(own_data / "data/ours/split.csv")
    assert set(table.loc[table["evaluated_on"] == "target", "n"]) == {(split["subset"] == "test").sum()}
    assert pd.read_csv(own_data / "tables/detection.csv").set_index("dataset").loc["ours", "detected"] > 60


def test_the_report_shows_one_s_own_images_beside_the_others(own_data):
    """The data set's title stands in the pages of the report, with the demonstration's."""
    text = reported(own_data)
    assert "Our laboratory" in text
    assert "Drawn wild" in text


def test_strategies_of_one_s_own_end_in_the_same_tables(own_strategy):
    """Both strategies have their rows on source and target, and share the models that they can."""
    assert_same_tables(own_strategy, TABLES, CLAIMS)
    table = pd.read_csv(own_strategy / "tables/memory_integrity.csv")
    rows = table.groupby("strategy")["evaluated_on"].agg(set)
    assert {"BL", "FC", "RE", "Gradual", "Rehearsed"} == set(rows.index)
    assert rows["Gradual"] == rows["Rehearsed"] == {"source", "target"}
    models = own_strategy / "models/seed1/portraits.base/wild.base"
    for child in ("studio.head/studio.gentle", "studio.rehearse"):
        assert (models / child / "model.safetensors").exists()
    levels = pd.read_csv(own_strategy / "tables/memory_levels.csv").to_csv()
    assert "Gradual" in levels


def test_the_report_shows_one_s_own_strategies_beside_the_others(own_strategy):
    """Their names stand in the pages of the report."""
    text = reported(own_strategy)
    assert all(name in text for name in ("Gradual", "Rehearsed", "FC"))


def test_an_encoder_and_a_target_of_one_s_own_end_in_the_same_tables(own_encoder):
    """The target is solved by every method; the encoder is fused, chosen among and reconstructed."""
    claims = (*CLAIMS, *(f"claims_general{ending}" for ending in CLAIM_FORMS.values()))
    assert_same_tables(own_encoder, (*TABLES, *general_tables.TABLES), claims)
    table = pd.read_csv(own_encoder / "tables/general_transfer.csv")
    assert {"glasses", "gender"} == set(table["task"])
    ours = table[table["task"] == "glasses"]
    assert {"cnn", "p_cnn", "h_g", "h_unique", "h_unique_tuned"} <= set(ours["method"])
    scores = pd.read_parquet(own_encoder / "general/selection/glasses/scores.parquet")
    assert set(scores["subset"]) == {"expression", "edges", "expression+edges"} or set(scores["subset"]) == {
        *("edges", "expression", "edges+expression")
    }
    assert "edges" in (own_encoder / "tables/general_reconstruction.csv").read_text(encoding="utf-8")


def test_the_report_shows_one_s_own_target_and_encoder_beside_the_others(own_encoder):
    """The target's title and the encoder's name stand in the pages of the report."""
    text = reported(own_encoder)
    assert all(name in text for name in ("Glasses or sunglasses", "edges", "Gender"))


def test_text_of_one_s_own_ends_in_the_same_tables_and_a_tagger(own_text):
    """A folder in columns is split, learnt and tested as the target, and the best tagger is exported."""
    claims = tuple(f"claims_entities{ending}" for ending in CLAIM_FORMS.values())
    for name in ("entities_datasets", "entities_transfer", "entities_forgetting", "entities_unseen"):
        assert all((own_text / f"tables/{name}.{form}").stat().st_size for form in TABLE_FORMS)
    assert all((own_text / "tables" / name).stat().st_size for name in claims)
    table = pd.read_csv(own_text / "tables/entities_transfer.csv")
    assert set(table["target"]) == {"ours"}
    assert set(table["strategy"]) == {"BL", "ST", "FC", "RE", "Rehearsed"}
    split = pd.read_csv(own_text / "data/ours/split.csv")
    assert set(table.loc[table["evaluated_on"] == "target", "n"]) == {(split["subset"] == "test").sum()}
    assert "Our notes" in (own_text / "export/tagger/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "targets"),
    [("own-data", ""), ("own-strategy", ""), ("own-encoder", ""), ("own-text", "entities export ")],
)
def test_an_example_s_page_names_its_configuration(name, targets):
    """The command in its README is the one that the tests run."""
    page = (ROOT / f"docs/examples/{name}/README.md").read_text(encoding="utf-8")
    assert f"snakemake {targets}--configfile docs/examples/{name}/config.yaml" in page
    config = yaml.safe_load((ROOT / f"docs/examples/{name}/config.yaml").read_text(encoding="utf-8"))
    assert config["results"] == f"results/{name}"
