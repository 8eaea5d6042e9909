"""Folds: which models there are, what each sees, and who predicts which image."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.config import load_settings
from engram.core.lineage import Lineage
from engram.core.records import read_record
from engram.data.split import read_split
from engram.statistics.predictions import read_predictions
from engram.studies.lineage.folds import folds_of, models, models_of, predicted_by
from engram.studies.lineage.trials import families, lineages
from tests.conftest import read_config
from tests.studies.conftest import make_settings, store_faces
from tests.studies.stage_runs import run_evaluation, run_stages

FOLDS = {"studio": 3, "lab": 3, "cmu": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wild.base", ["wild.base"]),
        ("wild.base/cmu.head", ["wild.base/cmu-fold1.head", "wild.base/cmu-fold2.head"]),
        ("wild+cmu-50.base", ["wild+cmu-50-fold1.base", "wild+cmu-50-fold2.base"]),
        ("cmu.base/wild.tune", ["cmu-fold1.base/wild.tune", "cmu-fold2.base/wild.tune"]),
        ("lab.base/studio.tune", [f"lab-fold{k}.base/studio-fold{k}.tune" for k in (1, 2, 3)]),
    ],
)
def test_the_models_of_a_lineage(text, expected):
    """One a fold from the stage on that trains on folds, of the same fold of every data set."""
    lineage = Lineage.parse(text)
    found = models_of(lineage, FOLDS)
    assert [str(model) for model in found] == expected
    assert {model.pooled for model in found} == {lineage}
    assert [model.fold for model in found] in ([0], list(range(1, len(found) + 1)))


def test_every_model_has_its_parent_and_one_family_holds_all_folds():
    """A chain beyond a fold's stage starts from the model of the same fold; families join the folds."""
    config = read_config("smoke")
    config["datasets"]["studio"]["split"] = {"folds": 3}
    config["memory"] |= {"strategies": ["BL", "RE", "Twice"], "sweep": None, "levels": None}
    config["memory"]["strategy"]["Twice"] = {"stages": ["source.base", "target.tune", "target.head"]}
    settings = load_settings(config)
    found = models(settings.memory, folds_of(settings.datasets))
    assert all(model.parent in found for model in found if model.parent)
    assert found.count(Lineage.parse("wild.base")) == 1
    assert {model.pooled for model in found} == set(lineages(settings.memory))
    sizes = {name: len(members) for name, members in families(settings.memory, found).items()}
    assert sizes == {
        "wild.base": 1,
        "wild.base__tune": 6,
        "wild.base__studio-50.tune__head": 3,
        "wild.base__studio.tune__head": 3,
    }


@given(st.integers(0, 40), st.integers(2, 7))
def test_each_image_is_predicted_once_a_lineage(images, folds):
    """On the folded data set by its fold's model, elsewhere by one that is dealt; in equal numbers."""
    siblings = models_of(Lineage.parse("wild.base/studio.head"), {"studio": folds})
    tested = pd.DataFrame({"row": range(images), "fold": [1 + image % folds for image in range(images)]})
    for dataset in ("studio", "wild"):
        by_model = [predicted_by(model, siblings, dataset, tested) for model in siblings]
        assert (sum(by_model, start=0 * tested["fold"].to_numpy()) == 1).all()
        sizes = [chosen.sum() for chosen in by_model]
        assert max(sizes) - min(sizes) <= 1
    for model, chosen in zip(siblings, by_model, strict=True):
        assert (predicted_by(model, siblings, "studio", tested) == (tested["fold"] == model.fold)).all()
        assert chosen.tolist() == predicted_by(model, siblings, "wild", tested).tolist()
    assert predicted_by(Lineage.parse("wild.base"), siblings, "studio", tested).all()


@pytest.fixture
def folded(world):
    """Return the tiny world with studio's seven subjects in three folds."""
    _, layout = world
    config = make_settings().model_dump(mode="json")
    config["datasets"]["studio"]["split"] |= {"scheme": "subject", "folds": 3}
    settings = load_settings(config)
    store_faces("studio", layout, settings, subjects=7, images=49)
    return settings, layout


def test_predictions_of_folds_are_a_whole_grid(folded):
    """Every image of the folded data set is predicted once, by a model that saw nothing of its subject."""
    names = ["wild.base", *(f"wild.base/studio-fold{fold}.head" for fold in (1, 2, 3))]
    run_stages(folded, names[:1])
    run_stages(folded, names[1:])
    layout = folded[1]
    split = read_split(layout.split("studio"))
    for fold in (1, 2, 3):
        record = read_record(layout.model_record(names[fold], 1))
        assert record.folds == {"studio": fold}
        assert record.splits["studio"] == split.hash
        trained = split.in_fold(fold).rows("train")
        assert record.metrics["training_faces"] == sum(row % 10 != 9 for row in trained)
    assert read_record(layout.model_record("wild.base", 1)).folds == {}
    for dataset, images in (("studio", 49), ("wild", None)):
        run_evaluation(folded, dataset, names)
        found = read_predictions(layout.predictions(dataset), dataset, "expression", [1])
        assert found.models == ("wild.base", "wild.base/studio.head")
        assert images is None or len(found.rows) == images
        table = pd.read_parquet(layout.predictions(dataset))
        by_fold = table[table["lineage"] == "wild.base/studio.head"]
        assert set(by_fold["fold"]) == {1, 2, 3}
        assert set(table["fold"][table["lineage"] == "wild.base"]) == {0}
        if dataset == "studio":
            for fold, part in by_fold.groupby("fold"):
                inside = split.table[split.table["fold"] == fold]
                seen = set(inside["subject"][inside["subset"] != "test"])
                assert not seen & set(part["subject"])
