"""Tables: CSV as the source of truth, and the same for readers as Markdown, HTML and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import pandas as pd

from engram.core.files import write_text
from engram.reporting.html import to_html
from engram.reporting.sections import Section, sections_markdown
from engram.statistics.crossed import MIN_SEEDS, MIN_SUBJECTS

__all__ = [
    "CLAIM_FORMS",
    "FIGURE_FORMS",
    "TABLE_FORMS",
    "Cell",
    "Table",
    "View",
    "bracketed",
    "escape_latex",
    "interval_words",
    "to_latex",
    "to_markdown",
    "write_table",
]


#: The files that each table comes in.
TABLE_FORMS = ("csv", "md", "html", "tex")
#: The files that each figure comes in.
FIGURE_FORMS = ("svg", "png")
#: The files of checked claims: what each holds, and what its name ends in.
CLAIM_FORMS = {
    "summary": ".csv",
    "comparisons": "_comparisons.csv",
    "markdown": ".md",
    "page": ".html",
}

Evidence = TypeVar("Evidence")


class Cell(NamedTuple):
    """One entry of a table for readers: a number or word, its interval, and what stands beside it."""

    text: str
    bold: bool = False
    interval: str = ""
    beside: str = ""


@dataclass(frozen=True)
class View:
    """A table as it is laid out for readers.

    A row whose first entry is empty continues the group above it; groups are set apart.
    """

    caption: str
    header: Sequence[tuple[str, ...]]
    """One tuple a column, outermost heading first; equal neighbours are joined. All of one length."""
    rows: list[list[Cell]]
    text_columns: int = 1
    """How many of the first columns are words, set to the left; the others are centred."""
    notes: list[str] = field(default_factory=list)
    wide: bool = False
    """Whether it spans both columns of a page."""
    sections: list[Section] = field(default_factory=list)
    """What stands above it on its page: questions, answers, figures."""
    stacked: bool = False
    """Whether intervals stand beneath their numbers in LaTeX, where beside them there is no room."""


@dataclass(frozen=True)
class Table(Generic[Evidence]):
    """A table of a study: how its numbers and its layout are made from the study's evidence.

    A module of the study's folder ``tables`` defines one as ``TABLE``. The module's name is the table's name
    and the first paragraph of its docstring is the table's caption in the report.
    """

    frame: Callable[[Evidence], pd.DataFrame]
    """Returns the numbers, one observation a row."""
    view: Callable[[pd.DataFrame, Evidence], View]
    """Lays the frame out for readers, with a heading and notes."""
    keys: tuple[str, ...] = ()
    """The columns that together name a row, for readers who look for one number; by default all words."""

    def write(self, evidence: Evidence, stem: str | Path) -> None:
        """Write the table in all of `TABLE_FORMS`, atomically; see `write_table`."""
        frame = self.frame(evidence)
        write_table(frame, stem, self.view(frame, evidence))


def bracketed(low: float, high: float, write: Callable[[float], str]) -> str:
    """Return the ends of an interval in brackets, each as ``write`` writes it; nothing if there is none."""
    return "" if pd.isna(low) or pd.isna(high) else f"[{write(low)}, {write(high)}]"


def interval_words(confidence: float, paired: bool = False) -> str:
    """Say what the brackets in a table hold."""
    pairing = ", paired" if paired else ""
    return (
        f"In brackets: {100 * confidence:g} % intervals{pairing}, with subjects and seeds as crossed random "
        f"effects; none below {MIN_SUBJECTS} subjects or {MIN_SEEDS} seeds."
    )


def write_table(frame: pd.DataFrame, stem: str | Path, view: View) -> None:
    """Write ``stem.csv`` with all digits that matter, and ``.md``, ``.html`` and ``.tex``, atomically.

    Parameters
    ----------
    frame
        The table, one observation a row.
    stem
        Path without an ending; its last part is the LaTeX label.
    view
        The same table for readers.
    """
    stem = Path(stem)
    write_text(f"{stem}.csv", frame.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    markdown = to_markdown(view)
    write_text(f"{stem}.md", markdown)
    write_text(f"{stem}.html", to_html(markdown, stem.name))
    write_text(f"{stem}.tex", to_latex(view, label=f"tab:{stem.name}"))


def to_markdown(view: View) -> str:
    """Return the table as Markdown: caption, table with one line of headings, notes as a list."""
    head = [", ".join(_escape_markdown(part) for part in column if part) for column in view.header]
    rule = ["---" if index < view.text_columns else ":---:" for index in range(len(head))]
    body = [[_markdown_cell(cell) for cell in row] for row in view.rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *body])
    notes = "\n".join(f"- {note}" for note in view.notes)
    above = sections_markdown(view.sections)
    return "\n\n".join(part for part in (above, f"**{view.caption}**", table, notes) if part) + "\n"


def to_latex(view: View, label: str) -> str:
    """Return the table as LaTeX; it needs the package booktabs and nothing else."""
    environment = "table*" if view.wide else "table"
    alignment = "l" * view.text_columns + "c" * (len(view.header) - view.text_columns)
    lines = [
        rf"\begin{{{environment}}}",
        r"\centering",
        r"\footnotesize",
        r"\setlength{\tabcolsep}{4pt}",
        *([_WITH_INTERVAL] if view.stacked else []),
        rf"\caption{{{escape_latex(view.caption)}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        *_latex_header(view.header),
        r"\midrule",
        *_latex_body(view.rows, view.stacked),
        r"\bottomrule",
        r"\end{tabular}",
        *_latex_notes([*(section.plain for section in view.sections), *view.notes]),
        rf"\end{{{environment}}}",
    ]
    return "% needs \\usepackage{booktabs} and UTF-8\n" + "\n".join(lines) + "\n"


def escape_latex(text: str) -> str:
    """Return text with everything escaped that LaTeX would take for a command."""
    return "".join(_LATEX.get(character, character) for character in text)


_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "−": "$-$",
    "–": "--",
    "→": r"$\rightarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "×": r"$\times$",
    "\u2009": r"\,",
}


_WITH_INTERVAL = (
    r"\providecommand{\withinterval}[2]{\begin{tabular}[t]{@{}c@{}}#1 \\ {\scriptsize #2}\end{tabular}}"
)


def _latex_header(header: Sequence[tuple[str, ...]]) -> list[str]:
    """Return one line a level of headings; joined headings get a rule beneath."""
    lines = []
    depth = len(header[0])
    for level in range(depth):
        # Neighbours are joined only beneath the same heading.
        runs = [(key, len(list(run))) for key, run in groupby(column[: level + 1] for column in header)]
        entries, rules, first = [], [], 1
        for key, width in runs:
            text = escape_latex(key[-1])
            joined = width > 1 and text and level < depth - 1
            entries.append(
                rf"\multicolumn{{{width}}}{{c}}{{{text}}}" if joined else " & ".join([text] * width)
            )
            if joined:
                rules.append(rf"\cmidrule(lr){{{first}-{first + width - 1}}}")
            first += width
        lines.append(" & ".join(entries) + r" \\")
        lines.extend(rules)
    return lines


def _latex_body(rows: list[list[Cell]], stacked: bool) -> list[str]:
    grouped = not all(row[0].text for row in rows)
    lines = []
    for index, row in enumerate(rows):
        if grouped and index and row[0].text:
            lines.append(r"\addlinespace")
        line = " & ".join(_latex_cell(cell, stacked) for cell in row) + r" \\"
        # A bracket at the start of a row would be read as an option of the line break before it.
        lines.append(f"{{}}{line}" if line.startswith("[") else line)
    return lines


def _latex_cell(cell: Cell, stacked: bool) -> str:
    """Write an entry; ``stacked`` sets the interval beneath the number, to fit wide tables on a page."""
    text = escape_latex(cell.text)
    text = rf"\textbf{{{text}}}" if cell.bold else text
    interval, beside = escape_latex(cell.interval), escape_latex(cell.beside)
    if not (stacked and interval):
        return " ".join(part for part in (text, interval, beside) if part)
    first = " ".join(part for part in (text, beside) if part)
    return rf"\withinterval{{{first}}}{{{interval}}}"


def _latex_notes(notes: list[str]) -> list[str]:
    if not notes:
        return []
    text = " ".join(escape_latex(note) for note in notes)
    return ["", r"\smallskip", rf"\parbox{{0.95\linewidth}}{{\scriptsize {text}}}"]


def _markdown_cell(cell: Cell) -> str:
    text = _escape_markdown(cell.text)
    parts = (f"**{text}**" if cell.bold else text, cell.interval, cell.beside)
    return " ".join(part for part in parts if part)


def _escape_markdown(text: str) -> str:
    return text.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*")
