"""`config/paper.yaml` from end to end: every published data set in miniature, all targets, all tables."""

import shutil

import pandas as pd
import pytest

from engram.studies.general import tables as general_tables
from engram.studies.general.task_plan import general_tasks
from engram.studies.memory.tables import TABLES
from tests.conftest import ROOT
from tests.estimate.conftest import settings_of
from tests.published_world import write_published
from tests.workflow.conftest import copy_checkout, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run both studies as the README says, with a second configuration file that makes everything small."""
    folder = copy_checkout(tmp_path_factory.mktemp("scale") / "engram")
    shutil.copy2(ROOT / "tests/workflow/published_scale.yaml", folder / "small.yaml")
    write_published(folder / "data/raw")
    snakemake(folder, "--cores", "2", "--quiet", "rules", "--configfile", "config/paper.yaml", "small.yaml")
    return folder / "results/paper"


def test_every_table_is_there(results):
    """Of both studies, with all strategies and the sweep."""
    for name in {*TABLES, *general_tables.TABLES}:
        assert len(pd.read_csv(results / f"tables/{name}.csv")), name


def test_all_targets_are_solved(results):
    """Each has a value of every method, beside the printed one where there is one."""
    table = pd.read_csv(results / "tables/general_transfer.csv")
    targets = [item for item in general_tasks(settings_of("paper").general) if item.role == "target"]
    assert set(table["task"]) == {item.name for item in targets}
    ours = table[table["method"] != "state_of_the_art"]
    assert ours["value"].notna().all()
    assert table.groupby("task")["published"].count().min() >= 5
    said = (results / "tables/general_transfer.md").read_text(encoding="utf-8")
    assert "Das et al. (2018)" in said
    assert "its pairs and folds are those of its owners" in said


def test_lfw_is_tested_on_its_own_pairs(results):
    """Four folds of six pairs are in the miniature's list."""
    table = pd.read_csv(results / "tables/general_verification.csv")
    mine = table[table["task"] == "verification"]
    assert set(mine["n"]) == {24}
    assert set(mine["folds"]) == {4}
    assert {"accuracy", "auc"} <= set(mine["measure"])


def test_the_unlabelled_faces_are_of_three_data_sets(results):
    """Table 1 has a row of each, and their test faces are reconstructed together."""
    table = pd.read_csv(results / "tables/general_tasks.csv")
    unlabelled = table[table["role"] == "unsupervised"]
    assert unlabelled["dataset"].tolist() == ["vggface2", "emotionet", "imdb_wiki"]


def test_the_overlap_that_the_miniatures_have_is_found(results):
    """Two pictures of VGGFace2 are also LFW's, and one subject has the same name."""
    table = pd.read_csv(results / "tables/general_overlap.csv").set_index(["learnt", "tested"])
    assert table.loc[("vggface2", "lfw"), "same_subjects"] == 4
    assert table.loc[("vggface2", "lfw"), "same_faces"] == 2
    assert ("unbc", "unbc") not in table.index
    found = table.loc["vggface2"].query("tested not in ['lfw', 'vggface2']")
    assert (found["same_faces"] == 0).all()
