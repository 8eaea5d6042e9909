"""Real photographs through the whole workflow, in small, where they are at hand."""

import os
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT
from tests.workflow.conftest import copy_checkout, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the results of a small run on real faces."""
    faces = Path(os.environ.get("ENGRAM_FACES", ROOT.parent / "shared/data"))
    if not (faces / "london_set").is_dir():
        pytest.skip("no real faces: set ENGRAM_FACES to the folder with london_set and cmu_faces")
    folder = copy_checkout(tmp_path_factory.mktemp("faces") / "engram")
    small = str(ROOT / "tests/workflow/small_faces.yaml")
    arguments = ("--quiet", "rules", "--configfile", "config/faces.yaml", small)
    snakemake(folder, *arguments, "--config", f"data_root={faces}")
    return folder / "results/small"


def test_real_faces_are_found_and_missed_as_known(run):
    """London's 140 faces are all found; of CMU's 435 some turned heads and sunglasses are not."""
    table = pd.read_csv(run / "tables/detection.csv").set_index("dataset")
    assert table.loc["london", "images"] == table.loc["london", "detected"] == 140
    assert table.loc["cmu", "images"] == 435
    assert 180 < table.loc["cmu", "detected"] < 435


def test_the_general_study_reaches_real_targets(run):
    """Every target on photographs has its row, by the frozen teacher and the fine-tuned student."""
    table = pd.read_csv(run / "tables/general_transfer.csv")
    assert set(table["dataset"]) == {"cmu", "london"}
    assert {"h_g", "h_unique_tuned"} <= set(table["method"])
    assert set(table["metric"]) == {"accuracy", "MAE", "error rate"}


def test_both_sources_reach_the_same_table(run):
    """Drawn wild goes to CMU and London, CMU goes to London; CMU's missed faces stay in its n."""
    table = pd.read_csv(run / "tables/memory_integrity.csv")
    assert set(zip(table["source"], table["target"], strict=True)) == {
        ("wild", "cmu"),
        ("wild", "london"),
        ("cmu", "london"),
    }
    split = pd.read_csv(run / "data/cmu/split.csv")
    of_cmu = table[(table["target"] == "cmu") & (table["evaluated_on"] == "target")]
    assert set(of_cmu["n"]) == {(split["subset"] == "test").sum()}
    assert (run / "tables/claims.md").exists()
