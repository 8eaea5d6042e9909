"""What the memory study's claims are held against: our predictions and the printed figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd
from scipy.special import ndtri

from engram.config import EvidenceSettings
from engram.reporting.claims import Basis, read_claims
from engram.reporting.claims_report import write_claims
from engram.runtime.job_spec import NamedFiles
from engram.statistics.crossed import Effect, Estimate, combine, mean_effect
from engram.statistics.intervals import Scores
from engram.studies.lineage.trials import Trial
from engram.studies.memory.collect import Evidence
from engram.studies.memory.jobs.evidence import EvidenceParams
from engram.studies.memory.notes import stand_in_notes
from engram.studies.memory.printed import printed_test_size, read_printed

__all__ = [
    "CLAIMS_FILE",
    "judge_claims",
    "mean_interval",
    "memory_bases",
    "newcombe",
    "printed_both",
    "write_memory_claims",
]

#: The paper's claims.
CLAIMS_FILE = Path(__file__).with_name("claims.yaml")

#: The printed baseline.
_BASELINE = "BL"


def judge_claims(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Judge the claims and write their files beside ``outputs.page``."""
    write_memory_claims(Evidence.load(inputs, params), Path(outputs.page[0]).parent)


def write_memory_claims(evidence: Evidence, folder: str | Path) -> None:
    """Write the memory study's claims into a folder; see `engram.reporting.claims_report.write_claims`."""
    write_claims(read_claims(CLAIMS_FILE), memory_bases(evidence), folder)


def memory_bases(evidence: Evidence) -> list[Basis]:
    """Return the three bases: our data, the printed figures, and these with binomial intervals."""
    chosen = evidence.settings.evidence
    return [_measured(evidence), _printed(chosen), _binomial(chosen)]


def newcombe(
    first: float, second: float, sizes: tuple[int, int], confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of a difference of two independent proportions.

    Newcombe (1998), method 10: from the two Wilson intervals, without continuity correction.

    Parameters
    ----------
    first, second
        The two shares, in [0, 1]; the interval is that of first minus second.
    sizes
        Number of images behind each.
    confidence
        Of the interval.
    """
    (low1, high1), (low2, high2) = (
        _wilson(share, size, confidence) for share, size in zip((first, second), sizes, strict=True)
    )
    difference = first - second
    low = difference - sqrt((first - low1) ** 2 + (high2 - second) ** 2)
    return low, difference + sqrt((high1 - first) ** 2 + (second - low2) ** 2)


def mean_interval(values: Sequence[float], intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the interval of the mean of independent estimates from the interval of each.

    Zou and Donner (2008): the distances to the ends add in squares, as in Newcombe's method 10.
    """
    middle, count = fmean(values), len(values)
    below = [value - low for value, (low, _) in zip(values, intervals, strict=True)]
    above = [high - value for value, (_, high) in zip(values, intervals, strict=True)]
    return middle - hypot(*below) / count, middle + hypot(*above) / count


def _wilson(share: float, size: int, confidence: float) -> tuple[float, float]:
    z = float(ndtri((1 + confidence) / 2))
    middle = share + z * z / (2 * size)
    half = z * sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    scale = 1 + z * z / size
    return (middle - half) / scale, (middle + half) / scale


def _measured(evidence: Evidence) -> Basis:
    rows = [_measured_row(evidence, trial, role) for trial in evidence.trials for role in trial.roles]
    rows += [row for trial in evidence.trials if trial.learnt_source for row in _both_rows(evidence, trial)]

    def difference(left: dict, right: dict, function: Callable[[float, float], float]) -> Effect:
        scores = _scores(evidence, left)
        return combine(function, scores.effect(left["lineage"]), scores.effect(right["lineage"]))

    def subjects(left: dict, right: dict) -> tuple[int, int, int]:
        return _scores(evidence, left).subjects(left["lineage"], right["lineage"])

    chosen = evidence.settings.evidence
    method = (
        f"Differences have {100 * chosen.confidence:g} % intervals, paired by subject and by seed "
        f"({len(evidence.seeds)} seeds; docs/statistics.md)."
    )
    return Basis(
        "measured",
        "our data",
        " ".join([method, *stand_in_notes(evidence)]),
        pd.DataFrame(rows),
        difference,
        pool=mean_effect,
        subjects=subjects,
        confidence=chosen.confidence,
        margin=chosen.margin,
    )


def _measured_row(evidence: Evidence, trial: Trial, role: str) -> dict:
    lineage = str(trial.lineage)
    row = {
        "source": trial.source,
        "target": trial.target,
        "published_target": evidence.settings.datasets[trial.target].published or "",
        "evaluated_on": role,
        "strategy": trial.strategy,
        "fraction": trial.fraction,
        "lineage": lineage,
        "label": _label(trial.strategy, trial.fraction),
    }
    return row | {"value": _scores(evidence, row).of(lineage).value}


def _both_rows(evidence: Evidence, trial: Trial) -> list[dict]:
    """Return a trial's mean of both sides; the baseline's stands beside each fraction of the others."""
    row = _measured_row(evidence, trial, "both")
    fractions = [trial.fraction] if trial.fraction else evidence.settings.memory.fractions
    return [row | {"fraction": fraction} for fraction in fractions]


def _scores(evidence: Evidence, row: dict) -> Scores:
    """Return the scores of the side that a row is of."""
    if row["evaluated_on"] == "both":
        return evidence.both_sides[row["source"], row["target"]]
    return evidence.scores[row[row["evaluated_on"]]]


def _printed_values() -> pd.DataFrame:
    printed = read_printed("integrity").rename(columns={"accuracy": "value"})
    table = pd.concat([printed, printed_both(printed)], ignore_index=True)
    names = zip(table["strategy"], table["fraction"], strict=True)
    labels = [_label(name, 0 if name == _BASELINE else fraction) for name, fraction in names]
    return table.assign(published_target=table["target"], label=labels)


def printed_both(printed: pd.DataFrame) -> pd.DataFrame:
    """Return the printed figures' mean of source and target, the baseline's beside each fraction.

    Columns: those of ``printed``, where ``evaluated_on`` is ``both``; ``on_source`` and ``on_target``, the
    two that the mean is of.
    """
    keys = ["source", "target", "strategy", "fraction"]
    sides = printed.pivot(index=keys, columns="evaluated_on", values="value").add_prefix("on_").reset_index()
    both = sides.assign(evaluated_on="both", value=sides[["on_source", "on_target"]].mean(axis=1))
    baseline, others = both[both["fraction"] == 0], both[both["fraction"] != 0]
    beside = [baseline.assign(fraction=fraction) for fraction in others["fraction"].unique()]
    return pd.concat([*beside, others], ignore_index=True)


def _printed(settings: EvidenceSettings) -> Basis:
    note = (
        "A check of our transcription: so many of the figures stand in the claimed order. They have no "
        "intervals, so there is no verdict."
    )
    return Basis("printed", "the printed figures", note, _printed_values(), margin=settings.margin, digits=2)


@dataclass(frozen=True)
class _BinomialDifference:
    """The mean over sides (source, target) of differences of printed accuracies, in points."""

    sides: tuple[tuple[float, float, int], ...]
    """Of each side the two accuracies, in percent, and the number of test images behind each."""

    @property
    def value(self) -> float:
        return fmean(left - right for left, right, _ in self.sides)

    def interval(self, confidence: float = 0.95) -> Estimate:
        """Return Newcombe's interval; for the mean of two sides their distances add in squares."""
        found = [
            newcombe(left / 100, right / 100, (size, size), confidence) for left, right, size in self.sides
        ]
        differences = [left - right for left, right, _ in self.sides]
        return Estimate(
            self.value, *mean_interval(differences, [(100 * low, 100 * high) for low, high in found])
        )


def _binomial(settings: EvidenceSettings) -> Basis:
    # Printed differences are never turned round or brought to another unit.
    def difference(left: dict, right: dict, _: Callable) -> Any:
        side = left["evaluated_on"]
        names = {"source": "on_source", "target": "on_target"} if side == "both" else {side: "value"}
        return _BinomialDifference(
            tuple(
                (left[column], right[column], printed_test_size(left[role])) for role, column in names.items()
            )
        )

    confidence = settings.confidence
    note = (
        f"Newcombe's {100 * confidence:g} % intervals for two independent proportions, from the printed test "
        "sizes. Both models saw the same images, which the printed figures do not pair: that makes these "
        "intervals rather too wide. They know nothing of subjects and training runs: that makes them rather "
        "too narrow."
    )
    title = "the printed figures with binomial intervals"
    return Basis(
        "printed_binomial",
        title,
        note,
        _printed_values(),
        difference,
        confidence=confidence,
        margin=settings.margin,
        digits=2,
    )


def _label(strategy: str, fraction: int) -> str:
    return f"{strategy} {fraction} %" if fraction else strategy
