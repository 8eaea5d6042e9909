"""What a model forgot of earlier data and gained on new: differences of accuracy, in points.

Two definitions of forgetting are usual. *First minus last* (Tannugi et al. 2019): the
baseline's accuracy on the source minus the adapted model's. *Best earlier minus last* (Chaudhry
et al. 2018, section 3): the best accuracy that any earlier stage of the model's own
lineage had on the source, minus the final one; a model trained in one stage has none. The two
differ for chains of more than two stages. Negative forgetting means that the source got
easier. A model that was never trained on the source has none by either definition.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from engram.core.lineage import Lineage
from engram.reporting.cells import NONE, spread
from engram.statistics.intervals import Estimate, Scores
from engram.studies.lineage.protocols import StudyEvidence
from engram.studies.lineage.trials import Trial

__all__ = ["forgetting", "levels"]


def forgetting(evidence: StudyEvidence) -> pd.DataFrame:
    """Return forgetting and gain of every trial but the baseline's, in points.

    Columns: source, target, strategy, fraction, seeds, then ``forgetting``,
    ``forgetting_from_best`` and ``gain``, each followed by its paired interval's ``low`` and ``high``.
    Forgetting is against the baseline, gain against the evidence's `reference`.
    """
    rows = [_trial_row(evidence, trial) for trial in evidence.trials if not _is_baseline(evidence, trial)]
    return pd.DataFrame(rows)


def levels(evidence: StudyEvidence) -> pd.DataFrame:
    """Return what each model of two or more stages kept of each stage's data, in percent.

    One row a trial, stage and data set of that stage. Columns: source, target, strategy,
    fraction, lineage, level (1 is the oldest stage), levels, dataset, ``learned`` (accuracy just
    after that stage), ``final`` (accuracy of the finished model), and forgetting, their
    difference, with its paired interval. Where the finished model has no head for that data
    set's classes, ``final`` and forgetting are missing.
    """
    columns = [*_NAMES, "lineage", "level", "levels", "dataset", "learned", "final", *_columns("forgetting")]
    rows = [row for trial in evidence.trials for row in _level_rows(evidence, trial)]
    return pd.DataFrame(rows, columns=columns)


_NAMES = ["source", "target", "strategy", "fraction"]


def _trial_row(evidence: StudyEvidence, trial: Trial) -> dict:
    source, target = evidence.scores[trial.source], evidence.scores[trial.target]
    model = str(trial.lineage)
    baseline = str(evidence.baseline(trial.source, trial.target).lineage)
    reference = evidence.reference(trial)
    earlier = [str(ancestor) for ancestor in _ancestors(trial.lineage) if str(ancestor) in source]
    learnt = trial.learnt_source and model in source
    from_best = source.contrast(earlier, model) if earlier and learnt else NONE
    return {
        **{name: getattr(trial, name) for name in _NAMES},
        "seeds": len(evidence.seeds),
        **spread("forgetting", _difference(source, baseline, model) if learnt else NONE),
        **spread("forgetting_from_best", from_best),
        **spread("gain", _difference(target, model, str(reference.lineage)) if reference else NONE),
    }


def _difference(scores: Scores, minuend: str, subtrahend: str) -> Estimate:
    """Return the paired difference of two models; none where one has no head for the data set."""
    both = minuend in scores and subtrahend in scores
    return scores.difference(minuend, subtrahend) if both else NONE


def _level_rows(evidence: StudyEvidence, trial: Trial) -> Iterator[dict]:
    chain = [*_ancestors(trial.lineage), trial.lineage]
    if len(chain) < 2:
        return
    final = str(trial.lineage)
    for level, stage in enumerate(chain, start=1):
        for dataset in stage.stage.datasets:
            scores, learned = evidence.scores[dataset], str(stage)
            yield {
                **{name: getattr(trial, name) for name in _NAMES},
                "lineage": final,
                "level": level,
                "levels": len(chain),
                "dataset": dataset,
                "learned": _value(scores, learned),
                "final": _value(scores, final),
                **spread("forgetting", _difference(scores, learned, final)),
            }


def _ancestors(lineage: Lineage) -> list[Lineage]:
    """Return the models that a model came from, oldest first, itself left out."""
    return [Lineage(lineage.stages[:count]) for count in range(1, len(lineage.stages))]


def _is_baseline(evidence: StudyEvidence, trial: Trial) -> bool:
    return trial.strategy == evidence.baseline(trial.source, trial.target).strategy


def _value(scores: Scores, lineage: str) -> float:
    return scores.of(lineage).value if lineage in scores else float("nan")


def _columns(name: str) -> list[str]:
    return [name, f"{name}_low", f"{name}_high"]
