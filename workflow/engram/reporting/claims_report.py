"""Claims, judged and written: two CSV files and a page for readers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.core.files import write_text
from engram.reporting.claims import Basis, Claim, Claims
from engram.reporting.html import to_html
from engram.reporting.judging import Judgement, judge

__all__ = ["claims_page", "write_claims"]

_SIGNS = {
    **{"greater": ">", "less": "<", "within": "≈"},
    **{"better": "better than", "worse": "worse than", "not_worse": "not worse than"},
}

#: So few comparisons are always shown one by one; more only if they have intervals.
_FEW = 3

_METHOD = (
    "A claim gets two verdicts. **On average**: one pooled effect, the mean of its comparisons, with its "
    "interval; it holds if the interval lies wholly on the claimed side (for “within”: inside the margin), "
    "does not hold if it lies wholly on the other, and is undecided otherwise. **Everywhere**: it holds if "
    "each comparison holds (or as many as the claim asks for), and does not hold only if one fails after "
    "Holm's correction for their number. Below five subjects or three seeds there is no interval and no "
    "verdict. A claim is not tested where the configuration lacks what it compares."
)


def write_claims(claims: Claims, bases: list[Basis], folder: str | Path, stem: str = "claims") -> None:
    """Judge a study's claims on every basis and write them, atomically.

    ``claims.csv`` (a row a claim), ``claims_comparisons.csv`` (a row a comparison), ``claims.md``
    and ``claims.html`` for readers; or another ``stem`` for ``claims``.
    """
    folder = Path(folder)
    judged = [judge(claims, basis) for basis in bases]
    summary = pd.concat([one.summary.astype(object) for one in judged], ignore_index=True)
    comparisons = pd.concat([one.comparisons.astype(object) for one in judged], ignore_index=True)
    for name, frame in ((f"{stem}.csv", summary), (f"{stem}_comparisons.csv", comparisons)):
        write_text(
            folder / name,
            frame.infer_objects().to_csv(index=False, float_format="%.6f", lineterminator="\n"),
        )
    page = claims_page(claims, list(zip(bases, judged, strict=True)))
    write_text(folder / f"{stem}.md", page)
    write_text(folder / f"{stem}.html", to_html(page, stem))


def claims_page(claims: Claims, judged: list[tuple[Basis, Judgement]]) -> str:
    """Return the page for readers, as Markdown: an overview, then each claim with its numbers."""
    head, overview = ["claim"], [[f"{_number_of(claims, claim)}. {_name(claim)}"] for claim in claims.claims]
    for basis, found in judged:
        columns = _overview(basis, found.summary)
        head += columns
        for line, entries in zip(overview, zip(*columns.values(), strict=True), strict=True):
            line += entries
    parts = [f"# Which claims hold\n\n{claims.paper}.", _table(head, overview), _METHOD]
    parts += [claims.method] if claims.method else []
    parts.append("\n".join(f"- *{_sentence(basis.title)}:* {basis.note}" for basis, _ in judged))
    for claim in claims.claims:
        parts.append(f"## {_number_of(claims, claim)}. {_name(claim)}\n\n{claim.text}")
        for basis, found in judged:
            mine = found.comparisons[found.comparisons["claim"] == claim.id]
            row = found.summary.set_index("claim").loc[claim.id]
            parts.append(_finding(claim, basis, row, mine))
            if mine["low"].notna().any() or 0 < row["tested"] <= _FEW:
                parts.append(_details(claim, claims, basis, mine))
    return "\n\n".join(parts) + "\n"


def _overview(basis: Basis, summary: pd.DataFrame) -> dict[str, list[str]]:
    """Return a basis's columns of the overview: its verdicts, or how many figures stand as claimed."""
    if basis.difference is None:
        return {f"{basis.title}: as claimed": [_counted(row) for _, row in summary.iterrows()]}
    columns = {}
    if basis.pool is not None:
        columns[f"{basis.title}: on average"] = [
            f"{_marked(row['average'])} {_effect(row, basis.digits)}".strip() for _, row in summary.iterrows()
        ]
    columns[f"{basis.title}: everywhere"] = [
        _marked(row["everywhere"]) + (f" ({_counted(row)})" if row["tested"] else "")
        for _, row in summary.iterrows()
    ]
    return columns


def _counted(row: pd.Series) -> str:
    return f"{row['in_direction']} of {row['tested']}" if row["tested"] else "not tested"


def _effect(row: pd.Series, digits: int) -> str:
    if pd.isna(row["effect"]):
        return ""
    return f"{_with_interval(row['effect'], row['low'], row['high'], digits)} {row['unit']}".strip()


def _finding(claim: Claim, basis: Basis, row: pd.Series, mine: pd.DataFrame) -> str:
    """Say a verdict in a sentence, with the counts and the range of differences behind it."""
    if not row["tested"]:
        return f"On {basis.title}: not tested. The values that it compares are not there."
    counts = f"{row['in_direction']} of {row['tested']} comparisons in the claimed direction"
    counts += f", {row['decided']} decided" if basis.difference else ""
    missing = row["comparisons"] - row["tested"]
    counts += f", {missing} more not tested" if missing else ""
    extent = f"differences from {_extent(claim, basis, mine)}{_margin_words(claim, row)}"
    if basis.difference is None:
        return f"On {basis.title}: {counts}; {extent}."
    words = []
    if basis.pool is not None:
        effect = _effect(row, basis.digits)
        words.append(f"{_marked(row['average'])} on average" + (f" ({effect})" if effect else ""))
    words.append(f"{_marked(row['everywhere'])} everywhere")
    needed = row["margin_needed"]
    decided = (
        f" On average it would hold with any margin from {needed:.{basis.digits}f} on."
        if pd.notna(needed)
        else ""
    )
    return f"On {basis.title}: {', '.join(words)}. {counts}; {extent}.{decided}"


def _margin_words(claim: Claim, row: pd.Series) -> str:
    return f" (margin {row['margin']:g}{' %' if claim.relative else ''})" if pd.notna(row["margin"]) else ""


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
    """Write a difference with its interval, or without one with the number of subjects that it is true of."""
    if pd.isna(row["difference"]):
        return "–"
    text = _with_interval(row["difference"], row["low"], row["high"], digits)
    if pd.isna(row["low"]) and pd.notna(row.get("subjects")):
        text += f" ({row['subjects_for']} of {row['subjects']} subjects)"
    return text


def _with_interval(value: float, low: float, high: float, digits: int) -> str:
    text = _signed(value, digits)
    return text if pd.isna(low) else f"{text} [{_signed(low, digits)}, {_signed(high, digits)}]"


def _number(value: float, digits: int) -> str:
    return "–" if pd.isna(value) else f"{value:.{digits}f}"


def _signed(value: float, digits: int) -> str:
    """Write a difference with its sign; a true minus, and no minus on a rounded zero."""
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


def _marked(word: str) -> str:
    return word if word in ("not tested", "no verdict") else f"**{word}**"


def _number_of(claims: Claims, claim: Claim) -> str:
    return claim.number or str(claims.claims.index(claim) + 1)


def _name(claim: Claim) -> str:
    return _sentence(claim.id.replace("_", " "))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
