"""The tables' columns, and how tests get at a table."""

from __future__ import annotations

from engram.studies.general.tables import TABLES

LONG = [
    *["knowledge", "dataset", "task", "metric", "approach", "seeds", "n", "subjects"],
    *["value", "low", "high", "published"],
]

COLUMNS = {
    "general_transfer": LONG,
    "general_operators": LONG,
    "general_source": LONG,
    "general_reconstruction": [
        *["encoder", "task", "operator", "seeds", "n", "subjects", "value", "low", "high", "published"]
    ],
    "general_size": [
        *["row", "size", "layers", "seeds", "rmse", "rmse_low", "rmse_high"],
        *["score", "score_low", "score_high", "best_for"],
        *["correlation", "correlation_low", "correlation_high"],
    ],
    "general_time": [
        *["approach", "targets", "unsupervised", "target", "extraction", "total", "total_twice", "growth"]
    ],
    "general_selection": [
        *["knowledge", "method", "subsets", "seconds", "spearman", "same", "choice", "regret"],
        *["test", "test_brute_force"],
    ],
    "general_groups": [
        *["knowledge", "dataset", "task", "metric", "approach", "attribute", "group"],
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
