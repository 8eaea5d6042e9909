"""The memory study with a target in folds, from drawn faces to tables and cards."""

import json
import shutil

import pandas as pd
import pytest
import yaml

from engram.data.split import read_split
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from tests.conftest import ROOT
from tests.workflow.conftest import copy_checkout, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

_CONFIG = ROOT / "tests/workflow/folds.yaml"
_CARD = "cards/wild.base__studio-50.head.md"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the results of a run with folds."""
    folder = copy_checkout(tmp_path_factory.mktemp("folds") / "engram")
    results = folder / "results/folds"
    wanted = [
        "tables/memory_integrity.csv",
        "tables/claims.md",
        "figures/learning_curves-wild-studio.svg",
        _CARD,
    ]
    targets = [f"results/folds/{name}" for name in wanted]
    snakemake(folder, *targets, "--quiet", "rules", "--configfile", str(_CONFIG))
    return results


@pytest.mark.long
def test_every_subject_of_the_target_is_tested_once(run):
    """Its table counts all images; each was predicted by a model that saw nothing of its subject."""
    table = pd.read_csv(run / "tables/memory_integrity.csv")
    sizes = table.groupby("evaluated_on")["n"].unique()
    assert sizes["target"].tolist() == [84]
    split, answers = (
        read_split(run / "data/studio/split.csv"),
        pd.read_parquet(run / "evaluations/studio/predictions.parquet"),
    )
    adapted = answers[answers["lineage"] == "wild.base/studio-50.head"]
    assert sorted(adapted[adapted["seed"] == 2]["row"]) == list(range(84))
    for (_, fold), part in adapted.groupby(["seed", "fold"]):
        inside = split.in_fold(fold).table
        assert not set(part["subject"]) & set(inside["subject"][inside["subset"] != "test"])


@pytest.mark.long
def test_the_source_s_model_is_trained_once(run):
    """There are three models of the adapted lineage a seed, and one of the baseline."""
    made = sorted(
        path.parent.relative_to(run / "models").as_posix() for path in run.rglob("model.safetensors")
    )
    folds = [f"wild.base/studio-50-fold{fold}.head" for fold in (1, 2, 3)]
    assert made == [f"seed{seed}/{name}" for seed in (1, 2) for name in ["wild.base", *folds]]


@pytest.mark.long
def test_records_and_notes_say_the_folds(run):
    """Records name fold and split, the tables say how folds are pooled, the card lists every model."""
    split = read_split(run / "data/studio/split.csv")
    folder = run / "models/seed1/wild.base/studio-50-fold2.head"
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    assert record["folds"] == {"studio": 2}
    assert record["splits"]["studio"] == split.hash
    note = "Drawn studio is tested in 3 folds of its subjects"
    assert note in (run / "tables/datasets.md").read_text(encoding="utf-8")
    integrity = (run / "tables/memory_integrity.md").read_text(encoding="utf-8")
    assert note in integrity
    assert "predicted by one of these models, dealt out by chance" in integrity
    card = (run / _CARD).read_text(encoding="utf-8")
    assert all(f"| 2, fold {fold} | `models/seed2" in card for fold in (1, 2, 3))
    assert "84 test faces of 6 subjects, each tested in one of 3 folds" in card


def test_fewer_subjects_than_folds_stop_before_training(checkout, tmp_path):
    """The number of a folder's subjects is known when it is read; no network is trained on them."""
    draw_dataset(DrawnSpec("studio", 4, 28, 48, seed=1), tmp_path / "ours")
    ours = {"title": "Ours", "reader": "manifest", "root": "ours", "split": {"folds": 5}}
    config = {
        "data_root": str(tmp_path),
        "datasets": {"ours": ours},
        "memory": {"transfers": [{"source": "wild", "targets": ["ours"]}]},
    }
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    shutil.copy2(_CONFIG, tmp_path / "folds.yaml")
    files = ("--configfile", str(tmp_path / "folds.yaml"), str(tmp_path / "ours.yaml"))
    done = snakemake(checkout, "memory", *files, check=False)
    said = done.stdout + done.stderr
    assert done.returncode
    assert "'ours' has 4 subjects with labels; 5 folds need at least 5" in said
    assert not list(checkout.glob("results/folds/models/**/*ours*"))
