"""The tables' columns, and how tests get at a table."""

from __future__ import annotations

from engram.studies.general.tables import TABLES

LONG = [
    *["task", "dataset", "label", "metric", "method", "seeds", "n", "subjects"],
    *["value", "low", "high", "published"],
]

COLUMNS = {
    "general_transfer": LONG,
    "general_operators": LONG,
    "general_source": LONG,
    "general_reconstruction": [
        *["encoder", "label", "operator", "seeds", "n", "subjects", "value", "low", "high", "published"]
    ],
    "general_size": [
        *["row", "size", "layers", "seeds", "rmse", "rmse_low", "rmse_high"],
        *["score", "score_low", "score_high", "best_for"],
        *["correlation", "correlation_low", "correlation_high"],
    ],
    "general_time": [
        *["method", "targets", "unsupervised", "target", "extraction", "total", "total_twice", "growth"]
    ],
    "general_selection": [
        *["task", "selector", "subsets", "seconds", "spearman", "same", "choice", "regret"],
        *["test", "test_brute_force"],
    ],
    "general_groups": [
        *["task", "dataset", "label", "metric", "method", "attribute", "group"],
        *["seeds", "n", "subjects", "value", "low", "high"],
        *["gap", "gap_low", "gap_high", "change", "change_low", "change_high"],
    ],
}


def frame_of(name, evidence):
    """Return the numbers of a table."""
    return TABLES[name].load("TABLE").frame(evidence)


def write_table(name, evidence, stem):
    """Write a table in all of its forms."""
    TABLES[name].load("TABLE").write(evidence, stem)
