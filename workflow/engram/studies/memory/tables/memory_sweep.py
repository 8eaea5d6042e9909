"""Forgetting and gain against learning rate and number of steps, on one target: whether what a strategy
forgets hangs on when its training stops. Empty without a sweep in the settings.
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.cells import EMPTY, points_cell
from engram.reporting.tables import Cell, Table, View
from engram.studies.lineage.curves import lost_by_epoch
from engram.studies.lineage.trials import SweepPoint
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import interval_note
from engram.studies.memory.tables._cells import dataset_titles
from engram.training.workload import batch_slices

__all__ = ["TABLE", "steps_an_epoch", "sweep_table"]

_KEYS = ("source", "target", "strategy", "learning_rate", "epochs")
_SPREAD = [f"{kind}{end}" for kind in ("forgetting", "gain") for end in ("", "_low", "_high")]
_LAST = ("last_forgetting", "last_gain")
_COLUMNS = [
    *(*_KEYS, "steps", "seeds", "n", *_SPREAD),
    *(f"{name}{end}" for name in _LAST for end in ("", "_low", "_high")),
]


def sweep_table(evidence: Evidence) -> pd.DataFrame:
    """Return forgetting and gain of each point of the sweep, in points of accuracy.

    Columns: source, target, strategy, learning_rate, epochs, steps (of the optimiser), seeds, n (test images
    of the source); ``forgetting`` and ``gain`` of the model that is kept against the baseline on the test
    subsets, each with its paired interval; ``last_forgetting`` and ``last_gain`` after the last epoch on the
    validation subsets, see `engram.studies.lineage.curves.lost_by_epoch`: mean, lowest and highest seed.
    """
    rows = [_row(evidence, point) for point in evidence.sweep]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _row(evidence: Evidence, point: SweepPoint) -> dict:
    trial = point.trial
    source, target = evidence.scores[trial.source], evidence.scores[trial.target]
    model, baseline = str(trial.lineage), str(evidence.baseline(trial.source, trial.target).lineage)
    forgetting, gain = source.difference(baseline, model), target.difference(model, baseline)
    row = {
        "source": trial.source,
        "target": trial.target,
        "strategy": trial.strategy,
        "learning_rate": point.learning_rate,
        "epochs": point.epochs,
        "steps": point.epochs * steps_an_epoch(evidence, point),
        "seeds": len(evidence.seeds),
        "n": len(evidence.predictions[trial.source].rows),
    }
    for kind, estimate in (("forgetting", forgetting), ("gain", gain)):
        row |= {kind: estimate.value, f"{kind}_low": estimate.low, f"{kind}_high": estimate.high}
    return row | _last(evidence, point)


def steps_an_epoch(evidence: Evidence, point: SweepPoint) -> int:
    """Return how many steps of the optimiser an epoch takes, from the record of the first seed."""
    record = evidence.trainings(point.trial.lineage, evidence.seeds[0])[0]
    faces, batch = int(record.metrics["training_faces"]), record.settings["recipe"]["batch_size"]
    return len(batch_slices(faces, batch))


def _last(evidence: Evidence, point: SweepPoint) -> dict[str, float]:
    """Return what is lost and won on validation after the last epoch, where nothing is chosen."""
    row: dict[str, float] = {}
    for name, role, sign in zip(_LAST, ("source", "target"), (1, -1), strict=True):
        # Folds may be trained for unlike numbers of epochs.
        change = sign * lost_by_epoch(evidence, point.trial, role).ffill().iloc[-1]
        row |= {name: change.mean(), f"{name}_low": change.min(), f"{name}_high": change.max()}
    return row


def _sweep_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    """A row a point of the sweep, grouped by strategy."""
    kinds = [*("forgetting", "gain"), *_LAST]
    rows, strategy = [], None
    for line in frame.to_dict("records"):
        name = line["strategy"] if line["strategy"] != strategy else ""
        strategy = line["strategy"]
        settings = [Cell(f"{line['learning_rate']:g}"), Cell(str(line["epochs"])), Cell(f"{line['steps']:,}")]
        cells = [EMPTY if pd.isna(line[kind]) else points_cell(line, kind) for kind in kinds]
        rows.append([Cell(name), *settings, *cells])
    pair = next(iter(frame[["source", "target"]].itertuples(index=False, name=None)), None)
    names = dataset_titles(evidence)
    where = f", {names[pair[0]]} → {names[pair[1]]}" if pair else ""
    n = f" On {int(frame['n'].iloc[0]):,} test images of the source." if len(frame) else ""
    test, validation = "model kept, test", "last epoch, validation"
    return View(
        caption=f"Forgetting and gain by learning rate and number of steps, in points of accuracy{where}.",
        header=[
            ("", "strategy"),
            ("", "learning rate"),
            ("", "epochs"),
            ("", "steps"),
            (test, "forgetting"),
            (test, "gain"),
            (validation, "forgetting"),
            (validation, "gain"),
        ],
        rows=rows,
        notes=[
            "The whole of the target's training subset, no early stopping. The model kept is of the epoch "
            "that is best on the target's validation subset, against the baseline; after the last epoch "
            "nothing is chosen, against the model that is adapted, or where none is, against the kept "
            f"baseline, which was not validated on the target.{n}",
            f"{interval_note(evidence, paired=True)} On validation: the range of the seeds.",
        ],
        wide=True,
        stacked=True,
    )


TABLE = Table(sweep_table, _sweep_view, keys=_KEYS)
