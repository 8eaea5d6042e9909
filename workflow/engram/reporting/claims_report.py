"""Claims, judged and written: two CSV files and a page for readers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.core.files import write_text
from engram.reporting.claims import Basis, Claim, Claims, judge, summarise
from engram.reporting.html import to_html

__all__ = ["claims_page", "write_claims"]

_SIGNS = {"greater": ">", "less": "<", "within": "≈", "better": "better than", "worse": "worse than"}

#: So few comparisons are always shown one by one; more only if they have intervals.
_FEW = 3

_METHOD = (
    "A comparison **holds** if the interval of its difference lies wholly on the claimed side (for "
    "“within”: inside the margin), **does not hold** if it lies wholly on the other, and is **undecided** "
    "otherwise. A claim holds if all its comparisons hold and does not hold if any does not; it is not "
    "tested where the configuration lacks its strategies. Intervals are not widened for the number of "
    "comparisons: of many true ones, a few percent may fail by chance, so a claim that fails by a single "
    "comparison deserves a look at its table."
)


def write_claims(claims: Claims, bases: list[Basis], folder: str | Path, stem: str = "claims") -> None:
    """Judge a study's claims on every basis and write them, atomically.

    ``claims.csv`` (a row a claim), ``claims_comparisons.csv`` (a row a comparison), ``claims.md``
    and ``claims.html`` for readers; or another ``stem`` for ``claims``.
    """
    folder = Path(folder)
    comparisons = pd.concat([judge(claims, basis) for basis in bases], ignore_index=True)
    summary = summarise(claims, comparisons)
    write_text(folder / f"{stem}.csv", summary.to_csv(index=False, lineterminator="\n"))
    write_text(
        folder / f"{stem}_comparisons.csv",
        comparisons.to_csv(index=False, float_format="%.6f", lineterminator="\n"),
    )
    page = claims_page(claims, bases, summary, comparisons)
    write_text(folder / f"{stem}.md", page)
    write_text(folder / f"{stem}.html", to_html(page, stem))


def claims_page(claims: Claims, bases: list[Basis], summary: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    """Return the page for readers, as Markdown: an overview, then each claim with its numbers."""
    verdicts = summary.set_index(["claim", "basis"])
    head = ["claim", *(basis.title for basis in bases)]
    overview = [
        [
            f"{claim.number or place}. {_name(claim)}",
            *(_marked(verdicts.loc[(claim.id, basis.name), "verdict"]) for basis in bases),
        ]
        for place, claim in enumerate(claims.claims, start=1)
    ]
    parts = [f"# Which claims hold\n\n{claims.paper}.", _table(head, overview), _METHOD]
    parts += [claims.method] if claims.method else []
    parts.append("\n".join(f"- *{_sentence(basis.title)}:* {basis.note}" for basis in bases))
    for place, claim in enumerate(claims.claims, start=1):
        parts.append(f"## {claim.number or place}. {_name(claim)}\n\n{claim.text}")
        for basis in bases:
            mine = comparisons[(comparisons["claim"] == claim.id) & (comparisons["basis"] == basis.name)]
            parts.append(_finding(claim, basis, verdicts.loc[(claim.id, basis.name)], mine))
            if (mine["low"] < mine["high"]).any() or 0 < mine["low"].notna().sum() <= _FEW:
                parts.append(_details(claim, claims, basis, mine))
    return "\n\n".join(parts) + "\n"


def _finding(claim: Claim, basis: Basis, counts: pd.Series, mine: pd.DataFrame) -> str:
    """Say a verdict in a sentence, with the counts and the range of differences behind it."""
    text = f"On {basis.title}: {_marked(counts['verdict'])}."
    if counts["verdict"] == "not tested":
        return f"{text} The values that it compares are not there."
    words = {
        "holds": "hold",
        "does_not_hold": "do not hold",
        "undecided": "undecided",
        "not_tested": "not tested",
    }
    rest = [f"{counts[key]} {word}" for key, word in words.items() if counts[key] and key != "holds"]
    counted = ", ".join([f"{counts['holds']} of {counts['comparisons']} comparisons hold", *rest])
    margin = f" (margin {claim.margin:g}{' %' if claim.relative else ''})" if claim.margin else ""
    return f"{text} {counted}; differences from {_extent(claim, basis, mine)}{margin}."


def _extent(claim: Claim, basis: Basis, mine: pd.DataFrame) -> str:
    """Return the range of the differences, one for each unit."""
    tested = mine[mine["difference"].notna()]
    units = _units(claim, tested)
    ranges = []
    for unit in units.unique():
        found = tested["difference"][units == unit]
        low, high = (_signed(value, basis.digits) for value in (found.min(), found.max()))
        ranges.append(f"{low} to {high} {unit}".strip())
    return ", ".join(ranges)


def _units(claim: Claim, comparisons: pd.DataFrame) -> pd.Series:
    """Return the unit of each difference: percent of a percentage would mislead, so those are points."""
    if claim.relative:
        return pd.Series("%", comparisons.index)
    if "unit" not in comparisons:
        return pd.Series("points", comparisons.index)
    return comparisons["unit"].fillna("").replace("%", "points")


def _details(claim: Claim, claims: Claims, basis: Basis, mine: pd.DataFrame) -> str:
    """Return a line a comparison; units stand in the headings where all values are percent."""
    mixed = "unit" in mine
    units = _units(claim, mine)
    rows = [
        [
            " → ".join(str(row[name]) for name in claims.within),
            _claimed(claim, row),
            *(_number(row[name], basis.digits) for name in ("left_value", "right_value")),
            " ".join([_difference(row, basis.digits), *([units[place]] if mixed else [])]).strip(),
            _marked(row["verdict"]),
        ]
        for place, row in mine.iterrows()
    ]
    numbers = ["left", "right", "difference"] if mixed else ["left, %", "right, %", "difference, points"]
    return _table([" → ".join(claims.within), "claimed", *numbers, "verdict"], rows)


def _claimed(claim: Claim, row: pd.Series) -> str:
    factor = "" if claim.factor == 1 else f"{claim.factor:g} × "
    return f"{row['left']} {_SIGNS[claim.relation]} {factor}{row['right']}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _difference(row: pd.Series, digits: int) -> str:
    if pd.isna(row["difference"]):
        return "–"
    value, low, high = (_signed(row[name], digits) for name in ("difference", "low", "high"))
    return f"{value} [{low}, {high}]"


def _number(value: float, digits: int) -> str:
    return "–" if pd.isna(value) else f"{value:.{digits}f}"


def _signed(value: float, digits: int) -> str:
    """Write a difference with its sign; a true minus, and no minus on a rounded zero."""
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


def _marked(word: str) -> str:
    return word if word == "not tested" else f"**{word}**"


def _name(claim: Claim) -> str:
    return _sentence(claim.id.replace("_", " "))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
