"""Claims held against a basis: every comparison, and each claim's verdict on average and everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

import pandas as pd

from engram.reporting.claims import Basis, Claim, Claims, Row
from engram.reporting.verdicts import Difference, everywhere, is_claimed, p_values, verdict
from engram.statistics.crossed import Estimate

__all__ = ["Judgement", "judge"]

_NUMBERS = ["left_value", "right_value", "difference", "low", "high"]
_SUMMARY = [
    *["claim", "basis", "average", "everywhere", "decided", "comparisons", "in_direction", "tested"],
    *["effect", "low", "high", "unit", "margin", "margin_needed", "n_subjects", "n_seeds", "number", "text"],
]


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a basis says of a study's claims."""

    summary: pd.DataFrame
    """One row a claim: claim, basis, ``average`` and ``everywhere`` (verdicts), ``decided`` (comparisons that
    hold or do not), comparisons, ``in_direction`` (of the claim, whatever the interval), ``tested``, the
    pooled ``effect`` with low, high and unit, ``margin`` and ``margin_needed`` (from which on it would
    hold, on average), n_subjects, n_seeds, number, text."""
    comparisons: pd.DataFrame
    """One row a comparison: claim, basis, the study's ``within`` columns, left and right (labels),
    left_value and right_value (percent, or the basis's ``unit``, a column then), difference, low, high
    (points, or percent of the right value for a relative claim), ``subjects_for`` of ``subjects`` (whose
    difference goes in the claimed direction), verdict."""


@dataclass(frozen=True, eq=False)
class _Comparison:
    """Two values that a claim compares, as rows of a basis, and their difference with its interval."""

    place: dict[str, Any]
    left: dict[str, Any]
    right: dict[str, Any]
    value: float = nan
    difference: Difference | None = None

    @property
    def is_tested(self) -> bool:
        return self.value == self.value

    @property
    def better(self) -> int:
        return int(self.left.get("better", 1))


def judge(claims: Claims, basis: Basis) -> Judgement:
    """Make every comparison of every claim, and judge the claims."""
    rows, summary = [], []
    for claim in claims.claims:
        compared = list(_compared(claims, claim, basis))
        made = [_row(claim, basis, one) for one in compared]
        rows += made
        summary.append(_summary(claim, basis, compared, made))
    subjects = [] if basis.subjects is None else ["subjects_for", "subjects"]
    unit = ["unit"] if "unit" in basis.values else []
    columns = ["claim", "basis", *claims.within, "left", "right", *_NUMBERS, *unit, *subjects, "verdict"]
    frame = pd.DataFrame(rows, columns=columns)
    return Judgement(pd.DataFrame(summary, columns=_SUMMARY), frame.astype(dict.fromkeys(subjects, "Int64")))


def _compared(claims: Claims, claim: Claim, basis: Basis) -> Iterator[_Comparison]:
    values = basis.values
    for column, names in claim.only.items():
        values = values[values[column].isin(names)]
    for column, names in claim.excluded.items():
        values = values[~values[column].isin(names)]
    for _, group in values.groupby(claims.within, sort=False):
        place = {name: group[name].iloc[0] for name in claims.within}
        for left, right in claim.comparisons():
            yield _compare(claim, basis, place, _find(group, left), _find(group, right))


def _compare(claim: Claim, basis: Basis, place: dict, left: dict, right: dict) -> _Comparison:
    both = "value" in left and "value" in right and pd.notna(left["value"]) and pd.notna(right["value"])
    if not both or left.get("condition") != right.get("condition"):
        return _Comparison(place, left, right)
    difference = basis.difference and basis.difference(left, right, claim.difference)
    return _Comparison(place, left, right, claim.difference(left["value"], right["value"]), difference)


def _row(claim: Claim, basis: Basis, one: _Comparison) -> dict[str, Any]:
    row = {"claim": claim.id, "basis": basis.name, **one.place}
    row |= {"left": one.left["label"], "right": one.right["label"], "verdict": "not tested"}
    row |= {key: side[key] for side in (one.left, one.right) for key in side if key == "unit"}
    if not one.is_tested:
        return row
    found = one.difference.interval(basis.confidence) if one.difference else Estimate(one.value)
    numbers = (one.left["value"], one.right["value"], one.value, found.low, found.high)
    row |= dict(zip(_NUMBERS, numbers, strict=True))
    counted = basis.subjects(one.left, one.right) if basis.subjects and one.difference else None
    if counted is not None and not claim.has_margin:
        number, above, below = counted
        is_above = is_claimed(claim.relation, 1.0, better=one.better)
        row |= {"subjects_for": above if is_above else below, "subjects": number}
    row["verdict"] = verdict(claim.relation, found.low, found.high, _margin(claim, basis), one.better)
    return row


def _summary(claim: Claim, basis: Basis, compared: list[_Comparison], rows: list[dict]) -> dict[str, Any]:
    tested = [one for one in compared if one.is_tested]
    words = [row["verdict"] for row in rows]
    claimed = [is_claimed(claim.relation, one.value, _margin(claim, basis), one.better) for one in tested]
    summary = {
        "claim": claim.id,
        "basis": basis.name,
        "average": "not tested",
        "everywhere": "not tested",
        "decided": sum(word in ("holds", "does not hold") for word in words),
        "comparisons": len(compared),
        "in_direction": sum(claimed),
        "tested": len(tested),
        "margin": _margin(claim, basis) if claim.has_margin else nan,
        "number": claim.number,
        "text": claim.text,
    }
    if tested:
        summary |= {"everywhere": _everywhere(claim, basis, compared), **_average(claim, basis, tested)}
    return summary


def _everywhere(claim: Claim, basis: Basis, compared: list[_Comparison]) -> str:
    if not any(one.difference for one in compared):
        return "no verdict"
    pairs = [
        p_values(claim.relation, one.difference.interval, _margin(claim, basis), one.better)
        if one.difference
        else (nan, nan)
        for one in compared
    ]
    for_it, against = zip(*pairs, strict=True)
    return everywhere(for_it, against, claim.fraction, 1 - basis.confidence)


def _average(claim: Claim, basis: Basis, tested: list[_Comparison]) -> dict[str, Any]:
    """Return the pooled effect of the comparisons, more being better where the metric is asked."""
    units = {one.left.get("unit", "%") for one in tested}
    is_relative = claim.relative or len(units) > 1
    function = claim.relative_difference if is_relative else claim.difference
    signed = claim.relation in ("better", "worse", "not_worse")
    values = [
        (one.better if signed else 1) * function(one.left["value"], one.right["value"]) for one in tested
    ]
    unit = "%" if is_relative else units.pop().replace("%", "points")
    found: dict[str, Any] = {"effect": sum(values) / len(values), "unit": unit, "average": "no verdict"}
    if basis.pool is None or basis.difference is None or not all(one.difference for one in tested):
        return found
    parts = [(one, basis.difference(one.left, one.right, function)) for one in tested]
    pooled = basis.pool([part * one.better if signed else part for one, part in parts if part is not None])
    estimate = pooled.interval(basis.confidence)
    relation = {"better": "greater", "worse": "less"}.get(claim.relation, claim.relation)
    found |= {
        "effect": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "average": verdict(relation, estimate.low, estimate.high, _margin(claim, basis)),
        "n_subjects": estimate.n_subjects,
        "n_seeds": estimate.n_seeds,
    }
    if claim.relation == "within":
        found["margin_needed"] = max(abs(estimate.low), abs(estimate.high))
    elif claim.relation == "not_worse":
        found["margin_needed"] = max(0.0, -estimate.low)
    return found


def _margin(claim: Claim, basis: Basis) -> float:
    return basis.margin if claim.margin is None else claim.margin


def _find(group: pd.DataFrame, wanted: Row) -> dict[str, Any]:
    """Return the row with these values, or only a label if there is none."""
    chosen = group
    for column, value in wanted.items():
        chosen = chosen[chosen[column] == value]
    if chosen.empty:
        return {"label": " ".join(map(str, wanted.values()))}
    return chosen.iloc[0].to_dict()
