"""Claims: what a paper says, as statements that a table of values can be compared with.

A claim is data, not code: which values are compared (`for_each`, `left`, `right`), how
(`relation`), and where (`within`, `only`, `except`). A *basis* is a table of values with a rule for the
interval of a difference: our predictions, or the printed figures. The same statements are
judged on every basis, and another study needs another YAML file and another basis.
`engram.reporting.verdicts` says how the intervals decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import nan
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from engram.reporting.study_files import read_study_file
from engram.reporting.verdicts import Difference

__all__ = ["Basis", "Claim", "Claims", "Row", "read_claims"]

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
    relation: Literal["greater", "less", "better", "worse", "within", "not_worse"]
    """``better`` and ``worse`` ask the metric (column ``better``): a small error is a good one. ``not_worse``
    is at most the margin worse."""
    margin: float | None = Field(default=None, gt=0.0)
    """For ``within`` and ``not_worse``: the largest distance, in points, or in percent if it is relative; by
    default the configuration's ``evidence.margin``."""
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
        if not self.has_margin and self.margin is not None:
            raise ValueError(
                "'margin' belongs to relations 'within' and 'not_worse': leave it out, or change the relation"
            )
        if self.has_margin and self.relative and self.margin is None:
            raise ValueError(f"a relative '{self.relation}' needs a 'margin' of its own, in percent")
        return self

    @property
    def has_margin(self) -> bool:
        """Whether it is judged by a margin."""
        return self.relation in ("within", "not_worse")

    def difference(self, left: float, right: float) -> float:
        """Return what is judged, of two values; NaN if it is relative to nothing."""
        return self.relative_difference(left, right) if self.relative else left - self.factor * right

    def relative_difference(self, left: float, right: float) -> float:
        """Return the difference in percent of the right value: comparable whatever the unit."""
        return 100 * (left / (self.factor * right) - 1) if right else nan

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
    difference: Callable[[dict, dict, Callable[[float, float], float]], Difference | None] | None = None
    """From the rows of the left and right value, and the function that is judged, to the difference with
    its interval; None where it has none. Without it there are no verdicts, only an order."""
    pool: Callable[[Sequence[Any]], Difference] | None = None
    """From such differences to their mean."""
    subjects: Callable[[dict, dict], tuple[int, int, int] | None] | None = None
    """From the two rows to how many subjects there are, and on how many left is above and below right; None
    where the values know of no subjects."""
    confidence: float = 0.95
    """Of the intervals and verdicts."""
    margin: float = 2.0
    """For claims that are judged by a margin and have none of their own, in points."""
    digits: int = 1
    """Digits after the point in the page for readers."""


def read_claims(path: Path) -> Claims:
    """Return the claims of a paper from a YAML file.

    Raises
    ------
    ConfigurationError
        If the file is not as `Claims` says.
    """
    return read_study_file(path, Claims, "claims")


def _fill(side: Row, each: Row) -> Row:
    return {column: each[column] if value == "each" else value for column, value in side.items()}
