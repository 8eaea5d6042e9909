"""When each strategy forgets: accuracy on the validation subsets of source and target after each epoch of the
adaptation. The page sums it up as points lost on the source.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, by_strategy, points
from engram.reporting.tables import Cell, Table, View
from engram.studies.lineage.curves import ROLES, adaptation, full_fraction
from engram.studies.memory.collect import Evidence
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE", "observed_faces"]

_KEYS = ("source", "target", "strategy", "fraction", "evaluated_on", "epoch")
_MOMENTS = {"after one epoch": "first", "when kept": "kept", "after the last epoch": "last"}


def curves_table(evidence: Evidence) -> pd.DataFrame:
    """Return the accuracy after each epoch, mean and range over the seeds and folds that trained so long.

    Columns: source, target, strategy, fraction, evaluated_on (source or target), epoch (0 is the adapted
    model's parent), seeds, n (validation faces), accuracy, low, high (percent; lowest and highest model).
    """
    frame = adaptation(evidence, evidence.trials)
    rows = []
    for role in ROLES:
        grouped = frame.groupby([*_KEYS[:4], "epoch"], sort=False)
        table = grouped[f"{role}_accuracy"].agg(["mean", "min", "max"])
        table = table.assign(seeds=grouped["seed"].nunique()).reset_index()
        table["n"] = [observed_faces(evidence, name) for name in table[role]]
        rows.append(table.assign(evaluated_on=role))
    named = {"mean": "accuracy", "min": "low", "max": "high"}
    table = pd.concat(rows, ignore_index=True).rename(columns=named)
    return table[[*_KEYS, "seeds", "n", "accuracy", "low", "high"]]


def observed_faces(evidence: Evidence, dataset: str) -> int:
    """Return how many validation faces of a data set the curves are measured on."""
    found = (record.metrics.get(f"validation_faces/{dataset}") for record in evidence.training.values())
    return int(next((count for count in found if count is not None), 0))


def _curves_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """Points lost on the source after one epoch, in the model that is kept, and after the last epoch."""
    lost = _forgetting(full_fraction(adaptation(evidence, evidence.trials)))
    transfers = list(lost[["source", "target"]].drop_duplicates().itertuples(index=False, name=None))
    names = dataset_titles(evidence)

    models = dict(list(lost.groupby(list(_KEYS[:4]))))

    def entries(*trial: object) -> list[Cell]:
        found = [models.get((*pair, *trial)) for pair in transfers]
        return [_cell(model, moment) for model in found for moment in _MOMENTS.values()]

    heads = [
        (f"{names[source]} → {names[target]}", moment) for source, target in transfers for moment in _MOMENTS
    ]
    sizes = "; ".join(
        f"{names[name]} {observed_faces(evidence, name):,} faces"
        for name in dict.fromkeys(name for pair in transfers for name in pair)
    )
    runs = "seeds and folds" if lost["fold"].any() else "seeds"
    return View(
        caption="When it is forgotten: points of accuracy lost on the source's validation subset.",
        header=[("", "strategy"), ("", "target data"), *heads],
        rows=by_strategy(lost, entries),
        text_columns=2,
        notes=[
            f"Means over {runs}, in brackets the range of these. The model that is kept is of the epoch "
            "with the best validation result on the target; training stopped after the last epoch.",
            f"Validation subsets, no test face: {sizes}. Accuracy after each epoch, on the target too and "
            "at every fraction, is in the CSV file.",
        ],
        wide=True,
        stacked=True,
    )


def _forgetting(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row a model of a seed: points lost since epoch 0, at each moment."""
    keys = [*_KEYS[:4], "seed", "fold"]
    value = frame.set_index(keys)["source_accuracy"]
    before = value[(frame["epoch"] == 0).to_numpy()]
    moments = {"first": frame["epoch"] == 1, "kept": frame["kept"], "last": frame["last"]}
    found = {name: before - value[where.to_numpy(bool)] for name, where in moments.items()}
    # In the order of the settings: arithmetic on an index sorts it.
    return pd.DataFrame(found).reindex(before.index).reset_index()


def _cell(model: pd.DataFrame | None, moment: str) -> Cell:
    values = pd.Series(dtype=float) if model is None else model[moment].dropna()
    if values.empty:
        return EMPTY
    return Cell(points(values.mean()), interval=f"[{points(values.min())}, {points(values.max())}]")


TABLE = Table(curves_table, _curves_view, keys=_KEYS)
