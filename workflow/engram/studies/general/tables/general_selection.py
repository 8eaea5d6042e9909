"""Ways to choose a subset of the source embeddings: their time, how they rank the subsets, and what their
choice reaches on test, against brute force (a network for every subset).
"""

from __future__ import annotations

import pandas as pd

from engram.core.errors import PredictionsError
from engram.reporting.tables import Cell, Table, View
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.metrics import Metric, metric_of
from engram.studies.general.evidence.notes import stand_in_notes
from engram.studies.general.selection.selectors import BRUTE_FORCE, HEADINGS
from engram.studies.general.tables._results import EMPTY, number_cell

__all__ = ["EVERYWHERE", "TABLE", "rankings", "selection_frame"]

#: Stands for all target tasks together.
EVERYWHERE = "all"


def selection_frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return one row a target task and selector, and one for all tasks together.

    Columns: task (its name), selector, subsets (how many it scored), seconds (its time for one seed),
    spearman (rank correlation of its scores with brute force's validation scores; missing for a selector that
    scored only some), choice (the subset with its best score), regret (brute force's best validation score
    minus that of the choice, by brute force; percent of the best), test and test_brute_force (what the
    choices' networks reach on test, in the metric's unit). For all tasks: the sum of seconds, the mean of the
    others; ``same`` counts the targets on which the choice is brute force's.
    """
    rows = [row for name, scores in evidence.selection.items() for row in _rows(name, rankings(scores))]
    frame = pd.DataFrame(rows)
    together = [_together(selector, part) for selector, part in frame.groupby("selector", sort=False)]
    return pd.concat([pd.DataFrame(together), frame], ignore_index=True)[_COLUMNS]


def rankings(scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return, for each selector, its scores by subset, the mean over seeds.

    Columns: validation, test (where known), and the seconds of the whole selector for a seed.

    Raises
    ------
    PredictionsError
        If brute force is not among the selectors.
    """
    if BRUTE_FORCE not in set(scores["selector"]):
        raise PredictionsError(
            f"scores of subsets lack the selector '{BRUTE_FORCE}'. Delete the folders of selection and run "
            "snakemake again."
        )
    return {
        selector: scores[scores["selector"] == selector]
        .groupby("subset", sort=False)[["validation", "test", "seconds"]]
        .mean()
        for selector in HEADINGS
        if selector in set(scores["selector"])
    }


_COLUMNS = [
    *["task", "selector", "subsets", "seconds", "spearman", "same", "choice"],
    *["regret", "test", "test_brute_force"],
]


def _rows(name: str, ranked: dict[str, pd.DataFrame]) -> list[dict]:
    networks = ranked[BRUTE_FORCE]
    best = networks["validation"].idxmax()
    rows = []
    for selector, found in ranked.items():
        choice = found["validation"].idxmax()
        lost = networks["validation"].max() - networks["validation"][choice]
        rows.append(
            {
                "task": name,
                "selector": selector,
                "subsets": len(found),
                # Each row carries the seconds of the whole selector for a seed.
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


def _together(selector: str, part: pd.DataFrame) -> dict:
    return {
        "task": EVERYWHERE,
        "selector": selector,
        "subsets": part["subsets"].max(),
        "seconds": part["seconds"].sum(),
        "spearman": part["spearman"].mean(),
        "same": part["same"].sum(),
        "regret": part["regret"].mean(),
    }


def _spearman(networks: pd.DataFrame, found: pd.DataFrame) -> float:
    """Return the rank correlation; NaN for a selector that did not score every subset."""
    if len(found) < len(networks):
        return float("nan")
    ranks = networks["validation"].rank()
    return float(ranks.corr(found["validation"].reindex(ranks.index).rank()))


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    items = {item.name: item for item in evidence.targets if item.name in evidence.selection}
    rows, last = [], None
    for line in frame.itertuples(index=False):
        metric = metric_of(items[line.task]) if line.task in items else Metric("", "", 1, 1)
        title = f"all {len(items)} targets" if line.task == EVERYWHERE else items[line.task].title
        same = "yes" if line.same else ""
        if line.task == EVERYWHERE:
            same = f"{line.same:.0f} of {len(items)}"
        rows.append(
            [
                Cell(title if line.task != last else ""),
                Cell(HEADINGS[line.selector]),
                Cell(f"{line.subsets:.0f}"),
                Cell(f"{line.seconds:.3g}"),
                number_cell(line.spearman, 2),
                Cell(same),
                number_cell(line.regret, 1),
                number_cell(line.test, metric.digits),
                number_cell(line.test_brute_force, metric.digits),
                EMPTY if pd.isna(line.choice) else Cell(line.choice),
            ]
        )
        last = line.task
    heads = ["task", "selector", "subsets", "seconds", "rank correlation", "same choice", "regret, %"]
    heads += ["test", "test, brute force", "choice"]
    notes = [
        "Brute force solves the task with a network on every subset of the source embeddings; the choice is "
        "what does best on validation. Rank correlation: Spearman's, of a selector's scores with brute "
        "force's validation scores. Regret: what brute force's best validation score loses by the choice, in "
        "percent of it. Test: what the choice's network reaches, beside brute force's own choice. A dash: "
        "the selector looks at some subsets only, or the value is not there.",
        "For all targets: the sum of seconds, the mean of correlations and regrets. The choices were made on "
        "validation and carry no intervals; those of BT and BCT on test stand in the table of operators.",
    ]
    nested = [item.title for item in evidence.targets if item.name not in evidence.selection]
    if nested:
        notes.append(
            f"Without {', '.join(nested)}, where each subject that is left out has a choice of its own."
        )
    return View(
        "Ways to choose a subset of the source embeddings.",
        [(head,) for head in heads],
        rows,
        text_columns=2,
        notes=[*notes, *stand_in_notes(evidence)],
        wide=True,
    )


TABLE = Table(selection_frame, _view, keys=("task", "selector"))
