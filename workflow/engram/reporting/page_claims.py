"""A study's checked claims as the results page shows them: verdicts, effects and every comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import isnan
from typing import Any

import pandas as pd

from engram.reporting.page_tables import Entry, Evidence, Origins, links_of, rounded

__all__ = ["Comparison", "Finding", "PageClaim", "Verdict", "page_claims"]

#: What is measured here comes first, under this name.
MEASURED = "measured"
_BASES = {MEASURED: "our data", "printed": "as printed"}
#: Columns of a claim's summary that hold a verdict, and what they are called.
_VERDICTS = {"average": "on average", "everywhere": "everywhere"}
#: What printed figures have, which come without intervals: not worth a word beside each claim.
_NONE = "no verdict"
#: Heads the number of subjects whose own difference goes in the claimed direction.
_SUBJECTS = ["subjects for it"]


@dataclass(frozen=True)
class Verdict:
    """What a claim comes to."""

    scope: str
    """``on average`` or ``everywhere``."""
    word: str


@dataclass(frozen=True)
class Finding:
    """What a claim comes to on one basis: its verdicts, and a sentence of numbers."""

    basis: str
    verdicts: list[Verdict]
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """One comparison behind a claim."""

    basis: str
    place: list[str]
    claimed: str
    difference: Entry
    entries: list[Entry]
    """The two values and, where they are counted, the subjects."""
    verdict: str
    picture: str
    """Its interval against zero, as SVG."""
    evidence: Sequence[Evidence] = ()


@dataclass(frozen=True)
class PageClaim:
    """A claim of the page."""

    id: str
    number: str
    name: str
    text: str
    findings: list[Finding]
    """One for each basis, our data first."""
    place_head: list[str]
    entry_head: list[str]
    comparisons: list[Comparison] = field(default_factory=list)

    @property
    def own(self) -> list[Verdict]:
        """The verdicts on our data."""
        mine = (one.verdicts for one in self.findings if one.basis == _BASES[MEASURED])
        return next(mine, [])


def page_claims(
    summary: pd.DataFrame, comparisons: pd.DataFrame, origins: Origins, words: Mapping[str, str]
) -> list[PageClaim]:
    """Return a study's claims in their order, from its two CSV files."""
    columns = [*comparisons]
    within = columns[columns.index("basis") + 1 : columns.index("left")]
    found = []
    for place, (name, rows) in enumerate(summary.groupby("claim", sort=False), start=1):
        mine = comparisons[comparisons["claim"] == name]
        first = rows.iloc[0]
        number = str(place) if pd.isna(first["number"]) else str(first["number"])
        found.append(
            PageClaim(
                id=str(name),
                number=number,
                name=_sentence(str(name).replace("_", " ")),
                text=str(first["text"]),
                findings=[_finding(row) for row in rows.to_dict("records")],
                place_head=[column.replace("_", " ") for column in within],
                entry_head=["left", "right", *_SUBJECTS[: "subjects" in columns]],
                comparisons=_comparisons(mine, within, origins, words),
            )
        )
    return found


def basis_words(basis: str) -> str:
    """Return what a basis is called on the page."""
    return _BASES.get(basis, basis.replace("_", " "))


def _finding(row: Mapping[str, Any]) -> Finding:
    verdicts = [
        Verdict(scope, str(row[column]))
        for column, scope in _VERDICTS.items()
        if row["basis"] == MEASURED or row[column] != _NONE
    ]
    return Finding(basis_words(row["basis"]), verdicts, _counted(row))


def _counted(row: Mapping[str, Any]) -> str:
    """Say how many comparisons stand as claimed, and the effect with its interval and what is behind it."""
    total, tested = int(row["comparisons"]), int(row["tested"])
    if not tested:
        return ""
    parts = [f"{int(row['in_direction'])} of {tested} comparisons as claimed"]
    parts += [f"{int(row['decided'])} decided"] if row["basis"] == MEASURED else []
    parts += [f"{total - tested} not tested"] if tested < total else []
    if not pd.isna(row["effect"]):
        unit = "" if pd.isna(row["unit"]) else f" {row['unit']}"
        ends = [_float(row[end]) for end in ("low", "high")]
        interval = "" if any(map(isnan, ends)) else f" [{', '.join(rounded(end, 2) for end in ends)}]"
        margin = "" if pd.isna(row["margin"]) else f", margin {row['margin']:g}"
        parts.append(f"mean difference {rounded(float(row['effect']), 2)}{interval}{unit}{margin}")
    if not pd.isna(row["n_subjects"]):
        parts.append(f"{int(row['n_subjects']):,} subjects, {int(row['n_seeds'])} seeds")
    return "; ".join(parts)


def _comparisons(
    rows: pd.DataFrame, within: Sequence[str], origins: Origins, words: Mapping[str, str]
) -> list[Comparison]:
    widest = {basis: _widest(part) for basis, part in rows.groupby("basis", sort=False)}
    return [
        Comparison(
            basis=basis_words(row["basis"]),
            place=[words.get(str(row[column]), str(row[column])) for column in within],
            claimed=f"{row['left']} against {row['right']}",
            difference=_difference(row),
            entries=_entries(row),
            verdict=str(row["verdict"]),
            picture=interval_picture(
                _float(row["difference"]), _float(row["low"]), _float(row["high"]), widest[row["basis"]]
            ),
            evidence=links_of(origins(row)) if row["basis"] == MEASURED else (),
        )
        for row in rows.to_dict("records")
    ]


def _difference(row: Mapping[str, Any]) -> Entry:
    value, low, high = (_float(row[name]) for name in ("difference", "low", "high"))
    interval = "" if isnan(low) or low == high else f"[{rounded(low, 2)}, {rounded(high, 2)}]"
    return Entry(rounded(value, 2), "" if isnan(value) else repr(value), interval)


def _entries(row: Mapping[str, Any]) -> list[Entry]:
    values = (_float(row[name]) for name in ("left_value", "right_value"))
    entries = [Entry(rounded(value, 2), "" if isnan(value) else repr(value)) for value in values]
    if "subjects" not in row:
        return entries
    if pd.isna(row["subjects"]):
        return [*entries, Entry("–")]
    number, total = int(row["subjects_for"]), int(row["subjects"])
    return [*entries, Entry(f"{number} of {total}", repr(number / total))]


def _float(value: Any) -> float:
    return float("nan") if pd.isna(value) else float(value)


def _widest(rows: pd.DataFrame) -> float:
    return float(rows[["difference", "low", "high"]].abs().max(axis=None))


def interval_picture(difference: float, low: float, high: float, widest: float, width: int = 120) -> str:
    """Return a difference and its interval on an axis from minus to plus ``widest``, zero marked, as SVG."""
    if isnan(difference) or isnan(widest) or widest == 0:
        return ""

    def across(value: float) -> str:
        return f"{width / 2 + value / widest * (width / 2 - 4):.1f}"

    whisker = ""
    if not isnan(low) and not isnan(high):
        whisker = f'<line class="whisker" x1="{across(low)}" x2="{across(high)}" y1="7" y2="7"/>'
    title = escape(f"{rounded(difference, 2)}")
    return (
        f'<svg class="interval" viewBox="0 0 {width} 14" width="{width}" height="14" role="img" '
        f'aria-label="{title}"><line class="zero" x1="{width / 2:g}" x2="{width / 2:g}" y1="0" y2="14"/>'
        f'{whisker}<circle cx="{across(difference)}" cy="7" r="3"/></svg>'
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
