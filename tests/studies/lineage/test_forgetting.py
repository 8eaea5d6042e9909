"""Forgetting and gain are the differences that their definitions say."""

from __future__ import annotations

import pytest

from engram.studies.lineage.forgetting import forgetting, levels


@pytest.fixture(scope="module")
def table(evidence):
    return forgetting(evidence).set_index(["target", "strategy", "fraction"])


def _accuracy(evidence, dataset, lineage):
    predictions = evidence.predictions[dataset]
    return 100 * predictions.correct[predictions.index(lineage)].mean()


def test_columns(evidence):
    """The columns are exactly those promised."""
    spread = [
        f"{name}{end}"
        for name in ("forgetting", "forgetting_from_best", "gain")
        for end in ("", "_low", "_high")
    ]
    assert list(forgetting(evidence)) == ["source", "target", "strategy", "fraction", "seeds", *spread]


def test_first_minus_last_and_gain(evidence, table):
    """Forgetting is BL minus the model on the source, gain the model minus BL on the target."""
    row, model = table.loc[("studio", "FC", 50)], "wild.base/studio-50.head"
    lost = _accuracy(evidence, "wild", "wild.base") - _accuracy(evidence, "wild", model)
    won = _accuracy(evidence, "studio", model) - _accuracy(evidence, "studio", "wild.base")
    assert (row["forgetting"], row["gain"]) == pytest.approx((lost, won))
    assert row["forgetting_low"] < row["forgetting"] < row["forgetting_high"]
    assert row["gain_low"] < row["gain"] < row["gain_high"]


def test_both_definitions_agree_for_two_stages(table):
    """With BL as the only earlier stage, best earlier minus last is first minus last."""
    for strategy in ("FC", "FC+CL", "RE"):
        rows = table.xs(strategy, level="strategy")
        assert rows["forgetting_from_best"].tolist() == rows["forgetting"].tolist()


def test_best_earlier_looks_at_the_chain_itself(evidence, table):
    """For the chain the earlier stages are its own, not the baseline; only those with a head count."""
    earlier = _accuracy(evidence, "wild", "portraits.base/wild.base")
    final = _accuracy(evidence, "wild", "portraits.base/wild.base/studio.all")
    assert table.loc[("studio", "Chain", 100), "forgetting_from_best"] == pytest.approx(earlier - final)


def test_one_stage_has_no_earlier_one(table):
    """FU is trained in one stage: it has forgetting against BL, and none from an earlier stage."""
    rows = table.xs("FU", level="strategy")
    assert rows["forgetting_from_best"].isna().all()
    assert rows["forgetting"].notna().all()


def test_what_was_never_learnt_is_not_forgotten(evidence, table):
    """TO never saw the source: no forgetting by either definition, but a gain over the baseline."""
    rows = table.xs("TO", level="strategy")
    assert rows[["forgetting", "forgetting_low", "forgetting_from_best"]].isna().all(axis=None)
    won = _accuracy(evidence, "studio", "studio.base") - _accuracy(evidence, "studio", "wild.base")
    assert rows.loc[("studio", 100), "gain"] == pytest.approx(won)


def test_baseline_is_left_out(table):
    """The baseline is what all others are held against, and no row of its own."""
    assert "BL" not in table.index.get_level_values("strategy")


def test_levels_of_the_chain(evidence):
    """Each level has its data set's accuracy when learned and at the end; the last forgot nothing."""
    table = levels(evidence)
    chain = table[table["lineage"] == "portraits.base/wild.base/studio.all"].set_index("level")
    assert chain["dataset"].to_dict() == {1: "portraits", 2: "wild", 3: "studio"}
    assert chain.loc[1, "learned"] == pytest.approx(_accuracy(evidence, "portraits", "portraits.base"))
    assert chain.loc[1, "final"] == pytest.approx(
        _accuracy(evidence, "portraits", "portraits.base/wild.base/studio.all")
    )
    assert chain["forgetting"].tolist() == pytest.approx((chain["learned"] - chain["final"]).tolist())
    assert chain.loc[3, ["forgetting", "forgetting_low", "forgetting_high"]].tolist() == [0, 0, 0]


def test_levels_without_a_head_are_empty(evidence, monkeypatch):
    """Where the finished model cannot answer a level's data set, the level has no final accuracy."""
    predictions = evidence.scores["portraits"]
    keep = [name for name in predictions.models if "/" not in name]
    few = type(predictions)({name: predictions.effect(name) for name in keep})
    monkeypatch.setitem(evidence.scores, "portraits", few)
    table = levels(evidence)
    first = table[(table["strategy"] == "Chain") & (table["level"] == 1)]
    assert first["learned"].notna().all()
    assert first[["final", "forgetting"]].isna().all(axis=None)


def test_single_stages_have_no_levels(evidence):
    """BL and FU are one stage each and stand in no row of the levels."""
    assert {"BL", "FU"}.isdisjoint(levels(evidence)["strategy"])
