"""Ways to choose a subset of the encoders, held against brute force (a network for every subset)."""

from __future__ import annotations

import pandas as pd

from engram.core.errors import PredictionsError
from engram.studies.general.collect import GeneralEvidence

__all__ = ["BRUTE_FORCE", "EVERYWHERE", "METHODS", "rankings", "selection_table"]

#: The method that the others are measured by.
BRUTE_FORCE = "networks"
#: Every method, and its name in tables.
METHODS = {
    BRUTE_FORCE: "brute force",
    "kernel": "additive kernel ridge",
    "kernel_top": "kernel, then networks",
    "logme": "LogME",
    "h_score": "H-score",
}
#: Stands for all target knowledge together.
EVERYWHERE = "all"


def selection_table(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return one row a target knowledge and method, and one for all knowledge together.

    Columns: knowledge, method, subsets (how many it looked at), seconds (its time for one seed),
    spearman (rank correlation of its scores with brute force's validation scores; missing for a method
    that looked at only some), choice (the subset it likes best), regret (brute force's best validation
    score minus that of the choice, by brute force; percent of the best), test and test_brute_force (what
    the choices' networks reach on test, in the metric's unit). For all knowledge: the sum of seconds,
    the mean of the others; ``same`` counts the targets on which the choice is brute force's.
    """
    rows = [row for name, scores in evidence.selection.items() for row in _rows(name, rankings(scores))]
    frame = pd.DataFrame(rows)
    together = [_together(method, part) for method, part in frame.groupby("method", sort=False)]
    return pd.concat([pd.DataFrame(together), frame], ignore_index=True)[_COLUMNS]


def rankings(scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return, for each method, its scores by subset, the mean over seeds: validation, test (where known),
    and the seconds of the whole method for a seed.

    Raises
    ------
    PredictionsError
        If brute force is not among the methods.
    """
    if BRUTE_FORCE not in set(scores["method"]):
        raise PredictionsError(
            f"scores of subsets lack the method '{BRUTE_FORCE}'. Delete the folders of selection and run "
            "snakemake again."
        )
    return {
        method: scores[scores["method"] == method]
        .groupby("subset", sort=False)[["validation", "test", "seconds"]]
        .mean()
        for method in METHODS
        if method in set(scores["method"])
    }


_COLUMNS = [
    *["knowledge", "method", "subsets", "seconds", "spearman", "same", "choice"],
    *["regret", "test", "test_brute_force"],
]


def _rows(name: str, ranked: dict[str, pd.DataFrame]) -> list[dict]:
    networks = ranked[BRUTE_FORCE]
    best = networks["validation"].idxmax()
    rows = []
    for method, found in ranked.items():
        choice = found["validation"].idxmax()
        lost = networks["validation"].max() - networks["validation"][choice]
        rows.append(
            {
                "knowledge": name,
                "method": method,
                "subsets": len(found),
                # Each row carries the seconds of the whole method for a seed.
                "seconds": found["seconds"].iloc[0],
                "spearman": _spearman(networks, found),
                "same": int(choice == best),
                "choice": choice,
                "regret": 100 * lost / abs(networks["validation"].max()),
                "test": networks["test"][choice],
                "test_brute_force": networks["test"][best],
            }
        )
    return rows


def _together(method: str, part: pd.DataFrame) -> dict:
    return {
        "knowledge": EVERYWHERE,
        "method": method,
        "subsets": part["subsets"].max(),
        "seconds": part["seconds"].sum(),
        "spearman": part["spearman"].mean(),
        "same": part["same"].sum(),
        "regret": part["regret"].mean(),
    }


def _spearman(networks: pd.DataFrame, found: pd.DataFrame) -> float:
    """Return the rank correlation; NaN for a method that did not score every subset."""
    if len(found) < len(networks):
        return float("nan")
    ranks = networks["validation"].rank()
    return float(ranks.corr(found["validation"].reindex(ranks.index).rank()))
