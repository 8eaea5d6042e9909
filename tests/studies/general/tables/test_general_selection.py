"""The selection's table: held against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from engram.core.errors import PredictionsError
from engram.studies.general.tables.general_selection import EVERYWHERE, rankings, selection_frame


def test_selection_is_held_against_brute_force(general):
    """Brute force agrees with itself, a noisier method less, and a few subsets have no correlation."""
    table = selection_frame(general).set_index(["task", "selector"])
    together = table.loc[EVERYWHERE]
    assert together.loc["networks", ["spearman", "same", "regret", "seconds"]].tolist() == [1, 9, 0, 630]
    assert (
        together["spearman"]["kernel"] > together["spearman"]["logme"] > together["spearman"]["h_score"] > 0
    )
    assert np.isnan(together["spearman"]["kernel_top"])
    assert together["subsets"]["kernel_top"] == 5
    assert (table["regret"] >= 0).all()
    networks = general.selection["gender"].query("selector == 'networks'").set_index("subset")
    row = table.loc[("gender", "h_score")]
    assert row["test"] == pytest.approx(networks["test"][row["choice"]])
    best, chosen = networks["validation"].max(), networks["validation"][row["choice"]]
    assert row["regret"] == pytest.approx(100 * (best - chosen) / best)


def test_selection_without_brute_force_is_refused(general):
    """Other selectors alone have nothing to be measured by."""
    scores = general.selection["gender"]
    with pytest.raises(PredictionsError, match="lack the selector 'networks'"):
        rankings(scores[scores["selector"] == "kernel"])
