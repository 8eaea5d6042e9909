"""Evaluation: every test face has a line for every model, the undetected too."""

import numpy as np
import pandas as pd
import torch

from engram.core.labels import CLASSES, EXPRESSIONS
from engram.data.images.store import FaceStore
from engram.data.splitting import read_split
from engram.models.files import load_model
from engram.training.batches import standardise
from tests.studies.stage_runs import run_evaluation, run_stages


def evaluate(world, dataset, *texts):
    for text in texts:
        run_stages(world, [text])
    run_evaluation(world, dataset, texts)
    return pd.read_parquet(world[1].predictions(dataset))


def test_every_test_face_is_there_once_a_model(world):
    """Rows are those of the split's test subset, for each model."""
    _, layout = world
    table = evaluate(world, "studio", "wild.base", "wild.base/studio.head")
    rows = read_split(layout.split("studio")).rows("test")
    for _, part in table.groupby("lineage"):
        assert part["row"].tolist() == list(rows)


def test_an_undetected_face_has_no_prediction(world):
    """It stays in the table with its truth, so that it counts as wrong."""
    table = evaluate(world, "studio", "wild.base")
    missed = table[~table["detected"]]
    assert len(missed)
    assert missed["prediction"].isna().all()
    assert missed.filter(like="score_").isna().all(axis=None)
    assert missed["truth"].notna().all()


def test_scores_are_the_networks_own(world):
    """One face after another through the network gives the same probabilities: the slow reference."""
    _, layout = world
    table = evaluate(world, "studio", "wild.base")
    network = load_model(layout.model("wild.base", 1)).eval()
    store = FaceStore.load(layout.faces("studio"))
    for _, line in table[table["detected"]].iterrows():
        face = np.array(store.faces[line["row"]])[None]
        with torch.no_grad():
            odds = network(standardise(face), "expression").softmax(1)[0].numpy()
        np.testing.assert_allclose(
            line[[f"score_{name}" for name in EXPRESSIONS]].astype(float), odds, atol=1e-5
        )
        assert line["prediction"] == EXPRESSIONS[odds.argmax()]


def test_a_model_without_the_head_is_left_out(world):
    """A network of age groups is not asked for expressions; the chain's second level answers both."""
    table = evaluate(world, "portraits", "portraits.base", "portraits.base/wild.base", "wild.base")
    assert set(table["lineage"]) == {"portraits.base", "portraits.base/wild.base"}
    assert {f"score_{name}" for name in CLASSES["age_group"]} <= set(table.columns)
