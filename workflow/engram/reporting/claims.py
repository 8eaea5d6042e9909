"""Claims: what a paper says, as statements that a table of values can be compared with.

A claim is data, not code: which values are compared (`for_each`, `left`, `right`), how
(`relation`), and where (`within`, `only`, `except`). A *basis* is a table of values with a rule for the
interval of a difference: our predictions, or the printed figures. The same statements are
judged on every basis, and another study needs another YAML file and another basis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import floor
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engram.core.errors import ConfigurationError

__all__ = ["VERDICTS", "Basis", "Claim", "Claims", "judge", "read_claims", "summarise", "verdict"]

#: What a comparison or a claim can come to.
VERDICTS = ("holds", "does not hold", "undecided", "not tested")

#: Column -> value: the row of a basis that one side of a comparison means.
Row = dict[str, str | int]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Claim(_Strict):
    """One claim of a paper."""

    id: str
    text: str
    for_each: list[dict[str, list[str | int]]] = Field(min_length=1)
    left: Row
    right: Row
    relation: Literal["greater", "less", "better", "worse", "within"]
    """``better`` and ``worse`` ask the metric (column ``better``): a small error is a good one."""
    margin: float = Field(default=0.0, ge=0.0)
    """For ``within``: the largest distance, in points, or in percent if it is relative."""
    factor: float = Field(default=1.0, gt=0.0)
    """What the right value is multiplied by first, for claims such as "half of"."""
    relative: bool = False
    """Whether differences are in percent of the right value, so that metrics of any unit compare."""
    fraction: float = Field(default=1.0, gt=0.0, le=1.0)
    """More than this fraction of the comparisons must hold: 0.5 is "on most"; 1 asks for all."""
    only: dict[str, list[str]] = {}
    """Where the claim is made: column -> values."""
    excluded: dict[str, list[str]] = Field(default={}, alias="except")
    number: str = ""
    """What it is called by, such as ``5a`` for part of a claim; by default its place."""

    @model_validator(mode="after")
    def _is_whole(self) -> Claim:
        if self.left.keys() != self.right.keys():
            raise ValueError("'left' and 'right' must name the same columns")
        if (self.relation == "within") != (self.margin > 0):
            raise ValueError("'within' and 'margin' go together: give both or neither")
        return self

    @property
    def is_plain(self) -> bool:
        """Whether its difference is left minus right, as the values stand."""
        return self.factor == 1 and not self.relative

    def difference(self, left: Any, right: Any) -> Any:
        """Return what is judged, of two numbers or of two arrays of draws."""
        expected = self.factor * right
        return 100 * (left / expected - 1) if self.relative else left - expected

    def comparisons(self) -> Iterator[tuple[Row, Row]]:
        """Yield the two sides of each comparison."""
        for block in self.for_each:
            for values in product(*block.values()):
                each = dict(zip(block, values, strict=True))
                yield _fill(self.left, each), _fill(self.right, each)


class Claims(_Strict):
    """A paper's claims: a study's ``claims.yaml``."""

    study: str
    paper: str
    within: list[str]
    """Columns whose values are the same on both sides of a comparison."""
    method: str = ""
    """What else readers should know of how these claims are judged."""
    claims: list[Claim]


@dataclass(frozen=True, eq=False)
class Basis:
    """What claims are held against."""

    name: str
    title: str
    note: str
    values: pd.DataFrame
    """One row a value: the columns that claims select by, ``label`` (words for it), ``value``; where
    values are not all percent, ``unit`` and ``better`` (1 or -1: whether more is better); where not all
    were measured alike, ``condition``: values under different conditions are not compared."""
    interval: Callable[..., tuple[float, float]]
    """From the rows of the left and right value to the ends of their difference's interval. For a claim
    that is not plain the third argument is its ``difference``."""
    digits: int = 1
    """Digits after the point in the page for readers."""


def read_claims(path: Path) -> Claims:
    """Return the claims of a paper from a YAML file.

    Raises
    ------
    ConfigurationError
        If the file is not as `Claims` says.
    """
    try:
        return Claims.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError, yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{path}: the claims cannot be read: {error}") from None


def verdict(relation: str, low: float, high: float, margin: float = 0.0, better: int = 1) -> str:
    """Judge one comparison by the interval [low, high] of left minus right.

    ``better`` is -1 where less is better. It holds if the whole interval lies on the claimed side
    (``within``: inside the margin), does not hold if the whole interval lies on the other side, and
    is undecided otherwise.
    """
    if {"less": -1, "better": better, "worse": -better}.get(relation, 1) < 0:
        low, high = -high, -low
    if relation == "within":
        inside, outside = -margin <= low and high <= margin, low > margin or high < -margin
    else:
        inside, outside = low > 0, high < 0
    return "holds" if inside else "does not hold" if outside else "undecided"


def judge(claims: Claims, basis: Basis) -> pd.DataFrame:
    """Make every comparison of every claim.

    Returns
    -------
    pandas.DataFrame
        One row a comparison: claim, basis, the study's ``within`` columns, left and right (labels),
        left_value and right_value (percent, or the basis's ``unit``, a column then), difference, low,
        high (points, or percent of the right value for a relative claim), verdict. A comparison with a
        value that the basis lacks is 'not tested'.
    """
    unit = ["unit"] if "unit" in basis.values else []
    columns = ["claim", "basis", *claims.within, "left", "right", *_NUMBERS, *unit, "verdict"]
    rows = [row for claim in claims.claims for row in _judge_claim(claims, claim, basis)]
    return pd.DataFrame(rows, columns=columns)


def summarise(claims: Claims, comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return one row a claim and basis: its verdict and how many comparisons came to which.

    A claim holds if all its comparisons hold and does not hold if any does not, or by its
    ``fraction`` of them. Otherwise it is undecided, unless none could be made: then it is not tested.
    """
    rows = []
    for claim in claims.claims:
        for basis in comparisons["basis"].unique():
            mine = comparisons[(comparisons["claim"] == claim.id) & (comparisons["basis"] == basis)]
            counts = mine["verdict"].value_counts().reindex(VERDICTS, fill_value=0)
            rows.append(
                {
                    "claim": claim.id,
                    "basis": basis,
                    "verdict": _overall(counts, claim.fraction),
                    "comparisons": len(mine),
                    **{word.replace(" ", "_"): int(count) for word, count in counts.items()},
                    "text": claim.text,
                }
            )
    return pd.DataFrame(rows)


_NUMBERS = ["left_value", "right_value", "difference", "low", "high"]


def _judge_claim(claims: Claims, claim: Claim, basis: Basis) -> Iterator[dict[str, Any]]:
    values = basis.values
    for column, names in claim.only.items():
        values = values[values[column].isin(names)]
    for column, names in claim.excluded.items():
        values = values[~values[column].isin(names)]
    for _, group in values.groupby(claims.within, sort=False):
        place = {name: group[name].iloc[0] for name in claims.within}
        for left, right in claim.comparisons():
            row = {"claim": claim.id, "basis": basis.name, **place}
            yield row | _compare(claim, basis, _find(group, left), _find(group, right))


def _compare(claim: Claim, basis: Basis, left: dict, right: dict) -> dict[str, Any]:
    row = {"left": left["label"], "right": right["label"], "verdict": "not tested"}
    row |= {key: side[key] for side in (left, right) for key in side if key == "unit"}
    if "value" not in left or "value" not in right or left.get("condition") != right.get("condition"):
        return row
    low, high = basis.interval(left, right, *([] if claim.is_plain else [claim.difference]))
    difference = claim.difference(left["value"], right["value"])
    numbers = (left["value"], right["value"], difference, low, high)
    found = verdict(claim.relation, low, high, claim.margin, left.get("better", 1))
    return row | dict(zip(_NUMBERS, numbers, strict=True)) | {"verdict": found}


def _find(group: pd.DataFrame, wanted: Row) -> dict[str, Any]:
    """Return the row with these values, or only a label if there is none."""
    chosen = group
    for column, value in wanted.items():
        chosen = chosen[chosen[column] == value]
    if chosen.empty:
        return {"label": " ".join(map(str, wanted.values()))}
    return chosen.iloc[0].to_dict()


def _fill(side: Row, each: Row) -> Row:
    return {column: each[column] if value == "each" else value for column, value in side.items()}


def _overall(counts: pd.Series, fraction: float) -> str:
    total = counts.sum()
    needed = total if fraction == 1 else floor(fraction * total) + 1
    if counts["not tested"] == total:
        return "not tested"
    if counts["does not hold"] > total - needed:
        return "does not hold"
    return "holds" if counts["holds"] >= needed else "undecided"
