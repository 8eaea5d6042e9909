"""Claims: what a paper says, as statements that a table of values can be held against.

A claim is data, not code: which values are compared (`for_each`, `left`, `right`), how
(`relation`), and where (`within`, `except`). A *basis* is a table of values with a rule for the
interval of a difference: our predictions, or the printed figures. The same statements are
judged on every basis, and another study needs another YAML file and another basis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engram.ground.errors import ConfigurationError

__all__ = ["VERDICTS", "Basis", "Claim", "Study", "judge", "read_study", "summarise", "verdict"]

#: What a comparison or a claim can come to.
VERDICTS = ("holds", "does not hold", "undecided", "not tested")

Selector = dict[str, str | int]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Claim(_Strict):
    """One claim of a paper."""

    id: str
    text: str
    for_each: list[dict[str, list[str | int]]] = Field(min_length=1)
    left: Selector
    right: Selector
    relation: Literal["greater", "less", "within"]
    margin: float = Field(default=0.0, ge=0.0)
    """For ``within``: the largest distance, in points."""
    excluded: dict[str, list[str]] = Field(default={}, alias="except")

    @model_validator(mode="after")
    def _is_whole(self) -> Claim:
        if self.left.keys() != self.right.keys():
            raise ValueError("'left' and 'right' must name the same columns")
        if (self.relation == "within") != (self.margin > 0):
            raise ValueError("'within' and 'margin' go together: give both or neither")
        return self

    def comparisons(self) -> Iterator[tuple[Selector, Selector]]:
        """Yield the two selectors of each comparison."""
        for block in self.for_each:
            for values in product(*block.values()):
                each = dict(zip(block, values, strict=True))
                yield _fill(self.left, each), _fill(self.right, each)


class Study(_Strict):
    """A paper's claims."""

    study: str
    paper: str
    within: list[str]
    """Columns that both sides of a comparison share."""
    claims: list[Claim]


@dataclass(frozen=True, eq=False)
class Basis:
    """What claims are held against."""

    name: str
    title: str
    note: str
    values: pd.DataFrame
    """One row a value: the columns that claims select by, ``label`` (words for it), ``value`` (percent)."""
    interval: Callable[[dict, dict], tuple[float, float]]
    """From the rows of the left and right value to the ends of their difference's interval, in points."""
    digits: int = 1
    """Digits after the point that people see."""


def read_study(name: str) -> Study:
    """Return the claims of a study, such as ``memory``.

    Raises
    ------
    ConfigurationError
        If the file is not as `Study` says.
    """
    path = Path(__file__).with_name("claims") / f"{name}.yaml"
    try:
        return Study.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise ConfigurationError(f"{path}: the claims cannot be read: {error}") from None


def verdict(relation: str, low: float, high: float, margin: float = 0.0) -> str:
    """Judge one comparison by the interval [low, high] of left minus right, in points.

    It holds if the whole interval lies on the claimed side (``within``: inside the margin),
    does not hold if the whole interval lies on the other side, and is undecided otherwise.
    """
    if relation == "less":
        low, high = -high, -low
    if relation == "within":
        inside, outside = -margin <= low and high <= margin, low > margin or high < -margin
    else:
        inside, outside = low > 0, high < 0
    return "holds" if inside else "does not hold" if outside else "undecided"


def judge(study: Study, basis: Basis) -> pd.DataFrame:
    """Make every comparison of every claim.

    Returns
    -------
    pandas.DataFrame
        One row a comparison: claim, basis, the study's ``within`` columns, left and right (labels),
        left_value and right_value (percent), difference, low, high (points), verdict. A comparison
        with a value that the basis lacks is 'not tested'.
    """
    columns = ["claim", "basis", *study.within, "left", "right", *_NUMBERS, "verdict"]
    rows = [row for claim in study.claims for row in _judge_claim(study, claim, basis)]
    return pd.DataFrame(rows, columns=columns)


def summarise(study: Study, comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return one row a claim and basis: its verdict and how many comparisons came to which.

    A claim holds if all its comparisons hold and does not hold if any does not. Otherwise it is
    undecided, unless none could be made: then it is not tested.
    """
    rows = []
    for claim in study.claims:
        for basis in comparisons["basis"].unique():
            mine = comparisons[(comparisons["claim"] == claim.id) & (comparisons["basis"] == basis)]
            counts = mine["verdict"].value_counts().reindex(VERDICTS, fill_value=0)
            rows.append(
                {
                    "claim": claim.id,
                    "basis": basis,
                    "verdict": _overall(counts),
                    "comparisons": len(mine),
                    **{word.replace(" ", "_"): int(count) for word, count in counts.items()},
                    "text": claim.text,
                }
            )
    return pd.DataFrame(rows)


_NUMBERS = ["left_value", "right_value", "difference", "low", "high"]


def _judge_claim(study: Study, claim: Claim, basis: Basis) -> Iterator[dict[str, Any]]:
    values = basis.values
    for column, names in claim.excluded.items():
        values = values[~values[column].isin(names)]
    for _, group in values.groupby(study.within, sort=False):
        place = {name: group[name].iloc[0] for name in study.within}
        for left, right in claim.comparisons():
            row = {"claim": claim.id, "basis": basis.name, **place}
            yield row | _compare(claim, basis, _find(group, left), _find(group, right))


def _compare(claim: Claim, basis: Basis, left: dict, right: dict) -> dict[str, Any]:
    row = {"left": left["label"], "right": right["label"], "verdict": "not tested"}
    if "value" not in left or "value" not in right:
        return row
    low, high = basis.interval(left, right)
    numbers = (left["value"], right["value"], left["value"] - right["value"], low, high)
    named = dict(zip(_NUMBERS, numbers, strict=True))
    return row | named | {"verdict": verdict(claim.relation, low, high, claim.margin)}


def _find(group: pd.DataFrame, selector: Selector) -> dict[str, Any]:
    """Return the row that a selector means, or only a label if there is none."""
    chosen = group
    for column, value in selector.items():
        chosen = chosen[chosen[column] == value]
    if chosen.empty:
        return {"label": " ".join(map(str, selector.values()))}
    return chosen.iloc[0].to_dict()


def _fill(selector: Selector, each: Selector) -> Selector:
    return {column: each[column] if value == "each" else value for column, value in selector.items()}


def _overall(counts: pd.Series) -> str:
    if counts["not tested"] == counts.sum():
        return "not tested"
    if counts["does not hold"]:
        return "does not hold"
    return "holds" if counts["holds"] == counts.sum() else "undecided"
