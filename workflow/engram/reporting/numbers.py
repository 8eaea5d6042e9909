"""The numbers of a run's tables as macros of LaTeX, so that a paper cites the run and not a copy of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from engram.core.errors import ReportError
from engram.reporting.quantities import key_columns, quantities
from engram.reporting.tables import escape_latex

__all__ = ["NumberTable", "macro_name", "macros"]

_HEAD = (
    "% Every number of this run's tables as a macro: \\engram, the table, the words that name the row, and\n"
    "% the column; numbers in names are spelled out. A number that the table lacks has no macro.\n"
)
_ONES = [
    *("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven"),
    *("Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"),
]
_TENS = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
#: Signs in the names of strategies and data sets that make a difference.
_SIGNS = {"+": "Plus", "%": "Percent", "/": "Then", "-": "Of", ".": "By", "&": "And"}


@dataclass(frozen=True)
class NumberTable:
    """A table whose numbers get macros."""

    name: str
    frame: pd.DataFrame
    """Its entries as the CSV file has them: text, empty where there is none."""
    keys: Sequence[str] = ()
    """The columns that together name a row."""
    words: Sequence[str] = ()
    """Columns of words that get a macro as well, such as verdicts."""


def macros(tables: Iterable[NumberTable]) -> str:
    """Return a macro for each number of some tables, as LaTeX.

    Raises
    ------
    ReportError
        If two numbers would have the same name.
    """
    known: dict[str, str] = {}
    lines = [_HEAD]
    for table in tables:
        lines.append(f"% {table.name}\n")
        for name, value, place in _named(table):
            if name in known:
                raise ReportError(
                    f"numbers.tex: '{place}' and '{known[name]}' would have the same macro \\{name}. Give "
                    "one of them another name in the configuration."
                )
            known[name] = place
            lines.append(f"\\newcommand{{\\{name}}}{{{value}}}\n")
    return "".join(lines)


def macro_name(*words: str) -> str:
    """Return the name of a macro: letters only, each word with a capital."""
    return "engram" + "".join(map(_letters, words))


def _named(table: NumberTable) -> Iterator[tuple[str, str, str]]:
    """Yield each number's name, the number as the CSV file has it, and where it stands."""
    typed = table.frame.apply(_numbers)
    keys = key_columns(typed, table.keys)
    columns = [name for number in quantities(typed, keys) for name in number.columns]
    columns += [name for name in table.words if name in table.frame]
    for row in table.frame.to_dict("records"):
        words = [row[key] for key in keys]
        for column in columns:
            if row[column]:
                name = macro_name(table.name, *words, column)
                yield name, escape_latex(row[column]), f"{table.name}: {', '.join([*words, column])}"


def _numbers(column: pd.Series) -> pd.Series:
    """Return a column of text as numbers, or as it is if one entry is none."""
    try:
        return pd.to_numeric(column.replace("", None))
    except ValueError:
        return column


def _letters(text: str) -> str:
    """Return text as words of letters, each with a capital."""
    return "".join(map(_word, re.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9\s_]", text)))


def _word(part: str) -> str:
    if part.isascii() and part.isalpha():
        return part[0].upper() + part[1:]
    if part.isascii() and part.isdigit():
        zeros = part[: len(part) - len(part.lstrip("0"))] if part.strip("0") else part[1:]
        return len(zeros) * _ONES[0] + _spelled(int(part))
    return _SIGNS.get(part, f"U{_spelled(ord(part))}")


def _spelled(number: int) -> str:
    """Write a whole number in words: 50 is Fifty, 1024 OneThousandTwentyFour."""
    for unit, word in ((1_000_000, "Million"), (1_000, "Thousand"), (100, "Hundred")):
        if number >= unit:
            count, rest = divmod(number, unit)
            return _spelled(count) + word + (_spelled(rest) if rest else "")
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (_ONES[ones] if ones else "")
