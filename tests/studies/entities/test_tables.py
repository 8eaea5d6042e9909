"""Tables of the study of named entities: their columns, and numbers that are computed here by other means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.core.errors import PredictionsError
from engram.data.text.tags import unpack
from engram.statistics.span_predictions import read_span_predictions
from engram.statistics.spans import ERRORS
from engram.studies.entities.tables import TABLES, load_table
from engram.studies.entities.tables.entities_effects import effects_table
from engram.studies.entities.tables.entities_errors import errors_table
from engram.studies.entities.tables.entities_fractions import fractions_table
from engram.studies.entities.tables.entities_levels import levels_table
from engram.studies.entities.tables.entities_selection import selection_table
from engram.studies.entities.tables.entities_transfer import transfer_table
from engram.studies.entities.tables.entities_unseen import unseen_table
from engram.studies.lineage.forgetting import forgetting


def _predictions(entities, name: str) -> pd.DataFrame:
    return pd.read_parquet(entities.files.predictions[entities.datasets.index(name)])


def _f1(frame: pd.DataFrame, lineage: str) -> list[float]:
    """Return each seed's micro-F1 in percent, from packed spans."""
    values = []
    for _, part in frame[frame["lineage"] == lineage].groupby("seed"):
        pairs = [
            (set(unpack(gold)), set(unpack(found)))
            for gold, found in zip(part["gold"], part["found"], strict=True)
        ]
        right = sum(len(gold & found) for gold, found in pairs)
        values.append(200 * right / sum(len(gold) + len(found) for gold, found in pairs))
    return values


@pytest.mark.parametrize("name", TABLES)
def test_every_table_stands(name, entities, tmp_path):
    """Each has rows that its keys name, and is written in all forms."""
    table = load_table(name)
    frame = table.frame(entities)
    assert len(frame)
    assert not frame.duplicated([*table.keys]).any()
    table.write(entities, tmp_path / name)
    assert len(pd.read_csv(tmp_path / f"{name}.csv")) == len(frame)
    assert (tmp_path / f"{name}.tex").read_text(encoding="utf-8").count("tabular") >= 2


def test_transfer_is_the_mean_of_the_seeds_f1(entities):
    """Score, and recall from plain counts."""
    frame = transfer_table(entities)
    row = frame[
        (frame["target"] == "diseases")
        & (frame["source"] == "genes")
        & (frame["strategy"] == "RE")
        & (frame["fraction"] == 100)
        & (frame["evaluated_on"] == "target")
    ].iloc[0]
    found = _predictions(entities, "diseases")
    assert row["score"] == pytest.approx(np.mean(_f1(found, "genes.base/diseases.tune")))
    mine = found[found["lineage"] == "genes.base/diseases.tune"].groupby("seed")[["right", "truth"]].sum()
    assert row["recall"] == pytest.approx(100 * (mine["right"] / mine["truth"]).mean())
    assert row["documents"] == 12


def test_models_without_a_head_have_no_row(entities):
    """The baseline has no head for the target's types; parts of speech alone have none for either."""
    frame = transfer_table(entities)
    roles = frame.groupby("strategy")["evaluated_on"].unique().map(set)
    assert roles["BL"] == {"source"}
    assert roles["ST"] == {"target"}
    assert "POS" not in roles
    assert (frame["measure"] == "f1").all()


def test_gain_is_over_the_target_alone(entities):
    """Forgetting is against the baseline, gain against the single-task model at the same fraction."""
    frame = forgetting(entities).set_index(["source", "target", "strategy", "fraction"])
    line = frame.loc[("genes", "diseases", "RE", 25)]
    found, source = _predictions(entities, "diseases"), _predictions(entities, "genes")
    model = "genes.base/diseases-25.tune"
    assert line["gain"] == pytest.approx(np.mean(_f1(found, model)) - np.mean(_f1(found, "diseases-25.base")))
    assert line["forgetting"] == pytest.approx(
        np.mean(_f1(source, "genes.base")) - np.mean(_f1(source, model))
    )
    assert np.isnan(frame.loc[("genes", "diseases", "ST", 25), "gain"])


def test_levels_have_the_measures_of_their_texts(entities):
    """A chain of three levels: masked words and pairs, F1 of the source, F1 of the target."""
    frame = levels_table(entities)
    chain = frame[
        (frame["strategy"] == "Chain") & (frame["target"] == "diseases") & (frame["source"] == "genes")
    ]
    found = {*zip(chain["level"], chain["measure"], strict=True)}
    assert found == {(1, "words"), (1, "sentences"), (2, "f1"), (3, "f1")}
    assert len(chain) == 4
    words = _predictions(entities, "abstracts")
    mine = words[(words["lineage"] == "abstracts.words") & (words["measure"] == "words")]
    sums = mine.groupby("seed")[["right", "truth"]].sum()
    learned = chain[chain["measure"] == "words"]["learned"].iloc[0]
    assert learned == pytest.approx(100 * (sums["right"] / sums["truth"]).mean())


def test_effects_are_paired_differences(entities):
    """A joint model minus the target alone by the same recipe; no partner is its own target."""
    frame = effects_table(entities)
    assert len(frame) == 2 * 2 * 3
    assert (frame["target"] != frame["partner"]).all()
    found = _predictions(entities, "diseases")
    row = frame.set_index(["budget", "target", "partner"]).loc[("passes", "diseases", "genes")]
    joint, alone = (np.mean(_f1(found, name)) for name in ("diseases+genes.passes", "diseases.passes"))
    assert row["effect"] == pytest.approx(joint - alone)
    assert row["effect_low"] < row["effect"] < row["effect_high"]


def test_fractions_are_of_strategies_with_several(entities):
    """The target alone gains nothing on itself; a strategy at one fraction is left out."""
    frame = fractions_table(entities)
    assert set(frame["fraction"]) == {25, 100}
    assert not {"Dict-n", "BL"} & set(frame["strategy"])
    assert frame[frame["strategy"] == "ST"]["gain"].isna().all()
    assert frame[frame["strategy"] == "RE"]["gain"].notna().all()


def test_seen_and_unseen_mentions_are_all_mentions(entities):
    """Their numbers sum to the mentions, and their recalls to the recall of all."""
    frame = unseen_table(entities)
    row = frame[(frame["strategy"] == "ST") & (frame["target"] == "chemicals")].iloc[0]
    found = _predictions(entities, "chemicals")
    mine = found[found["lineage"] == "chemicals.base"]
    truth = int(mine[mine["seed"] == 1]["truth"].sum())
    assert row["n_seen"] + row["n_unseen"] == truth
    both = row["seen"] * row["n_seen"] + row["unseen"] * row["n_unseen"]
    assert both / truth == pytest.approx(100 * mine["right"].sum() / mine["truth"].sum())
    assert len(frame[(frame["target"] == "diseases") & (frame["strategy"] == "ST")]) == 1


def test_errors_account_for_every_entity(entities):
    """Right, missed, boundary and type are the true entities; with spurious for missed they are the found
    ones.
    """
    frame = errors_table(entities)
    assert frame[["right", "missed", "boundary", "type"]].sum(axis=1).to_numpy() == pytest.approx(frame["n"])
    row = frame[(frame["strategy"] == "ST") & (frame["target"] == "chemicals")].iloc[0]
    mine = _predictions(entities, "chemicals")
    answered = mine[mine["lineage"] == "chemicals.base"].groupby("seed")["answered"].sum().mean()
    assert row[["right", "spurious", "boundary", "type"]].sum() == pytest.approx(answered)
    assert (frame[[*ERRORS]].to_numpy() >= 0).all()


def test_the_best_epoch_on_test_is_never_below_the_chosen_one(entities):
    """And the chosen one is that of the record."""
    frame = selection_table(entities)
    assert set(frame["lineage"]) >= {"genes.base", "diseases-25.base"}
    assert (frame["optimism"] >= 0).all()
    row = frame[(frame["lineage"] == "genes.base")].iloc[0]
    chosen = []
    for seed in entities.seeds:
        table = entities.epochs["genes.base", seed].set_index("epoch")["score"]
        chosen.append(100 * table.loc[entities.training["genes.base", seed].metrics["best_epoch"]])
    assert row["by_validation"] == pytest.approx(np.mean(chosen))


def test_an_overlap_is_bold(entities):
    """Three of fifty sentences are above the limit."""
    text = load_table("entities_overlap").view(load_table("entities_overlap").frame(entities), entities)
    bold = [cell for row in text.rows for cell in row if cell.bold]
    assert [cell.text for cell in bold] == ["6.0"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda frame: pd.concat([frame, frame.iloc[[0]]]), "predicted twice"),
        (lambda frame: frame.iloc[1:], "has 59 predictions where others have 60"),
        (lambda frame: frame[frame["seed"] > 1], "it holds seeds"),
        (lambda frame: frame.assign(gold=frame["gold"].where(frame.index > 0, "0:1:x")), "disagree"),
        (lambda frame: frame.drop(columns="measure"), "measure"),
        (lambda frame: frame.iloc[:0], "no prediction in it"),
    ],
)
def test_damaged_predictions_are_one_error(entities, tmp_path, spoil, message):
    """Each names the file, what is wrong and what to do."""
    spoil(_predictions(entities, "diseases")).to_parquet(tmp_path / "predictions.parquet")
    with pytest.raises(PredictionsError, match=message) as caught:
        read_span_predictions(tmp_path / "predictions.parquet", "diseases", entities.seeds)
    assert str(tmp_path) in str(caught.value)
