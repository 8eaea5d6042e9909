"""A table's three forms say the same, and LaTeX meets no bare special character."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from engram.reporting.tables import Cell, View, escape_latex, to_latex, to_markdown, write_table

VIEW = View(
    caption="50 % of A & B.",
    header=[("", "strategy"), ("A → B", "source"), ("A → B", "target"), ("A → C", "source")],
    rows=[
        [Cell("FC_1"), Cell("62.3", True, "[58.1, 66.0]", "(68.35)"), Cell("–"), Cell("1.0")],
        [Cell(""), Cell("50.0", False, "[40.0, 60.0]"), Cell("−2.0"), Cell("2.0")],
        [Cell("RE"), Cell("3.0"), Cell("4.0"), Cell("5.0")],
    ],
    notes=["n = 120 #1.", "Second."],
)

MARKDOWN = """**50 % of A & B.**

| strategy | A → B, source | A → B, target | A → C, source |
| --- | :---: | :---: | :---: |
| FC\\_1 | **62.3** [58.1, 66.0] (68.35) | – | 1.0 |
|  | 50.0 [40.0, 60.0] | −2.0 | 2.0 |
| RE | 3.0 | 4.0 | 5.0 |

- n = 120 #1.
- Second.
"""

LATEX = r"""% needs \usepackage{booktabs} and UTF-8
\begin{table}
\centering
\footnotesize
\setlength{\tabcolsep}{4pt}
\caption{50 \% of A \& B.}
\label{tab:toy}
\begin{tabular}{lccc}
\toprule
 & \multicolumn{2}{c}{A $\rightarrow$ B} & A $\rightarrow$ C \\
\cmidrule(lr){2-3}
strategy & source & target & source \\
\midrule
FC\_1 & \textbf{62.3} [58.1, 66.0] (68.35) & -- & 1.0 \\
 & 50.0 [40.0, 60.0] & $-$2.0 & 2.0 \\
\addlinespace
RE & 3.0 & 4.0 & 5.0 \\
\bottomrule
\end{tabular}

\smallskip
\parbox{0.95\linewidth}{\scriptsize n = 120 \#1. Second.}
\end{table}
"""


def test_markdown_golden():
    """Markdown has one line of headings, bold numbers, intervals and notes."""
    assert to_markdown(VIEW) == MARKDOWN


def test_latex_golden():
    """LaTeX has joined headings with rules beneath, groups set apart, and everything escaped."""
    assert to_latex(VIEW, "tab:toy") == LATEX


def test_stacked_latex_sets_intervals_beneath():
    """In a stacked table the interval stands under its number, the printed figure beside it."""
    wide = to_latex(View(VIEW.caption, VIEW.header, VIEW.rows, wide=True, stacked=True), "tab:toy")
    assert r"\withinterval{\textbf{62.3} (68.35)}{[58.1, 66.0]}" in wide
    assert wide.count(r"\begin{table*}") == wide.count(r"\end{table*}") == 1


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b & 5 %", r"a\_b \& 5 \%"),
        ("$x^2$ #1", r"\$x\textasciicircum{}2\$ \#1"),
        ("\\cmd{x}", r"\textbackslash{}cmd\{x\}"),
        ("a<b>c~d", r"a\textless{}b\textgreater{}c\textasciitilde{}d"),
    ],
)
def test_escapes(text, escaped):
    """Every character that LaTeX would act on is escaped once."""
    assert escape_latex(text) == escaped


def test_rows_never_open_with_a_bracket():
    """A row that opens with a bracket is guarded, or LaTeX would take it for a length."""
    rows = [[Cell("[a]")], [Cell("b")]]
    assert "{}[a]" in to_latex(View("c", [("h",)], rows), "tab:x")


def test_four_files(tmp_path):
    """One call writes CSV with six digits, Markdown, its page, and LaTeX labelled by the file's name."""
    write_table(pd.DataFrame({"a": [1 / 3], "b": ["x"]}), tmp_path / "sub" / "toy", VIEW)
    assert (tmp_path / "sub" / "toy.csv").read_text() == "a,b\n0.333333,x\n"
    assert (tmp_path / "sub" / "toy.md").read_text(encoding="utf-8") == MARKDOWN
    assert (tmp_path / "sub" / "toy.tex").read_text(encoding="utf-8") == LATEX
    assert len(list((tmp_path / "sub").iterdir())) == 4


def test_latex_is_balanced():
    """Braces and environments open and close equally often."""
    text = re.sub(r"\\[{}%&#_$]", "", to_latex(VIEW, "tab:toy"))
    assert text.count("{") == text.count("}")
    assert re.findall(r"\\begin\{(\w+)", text) == re.findall(r"\\end\{(\w+)", text)[::-1]
