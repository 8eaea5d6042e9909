"""Sections of a page: words, lists and figures."""

from __future__ import annotations

import pandas as pd

from engram.reporting.sections import Section, sections_markdown
from engram.reporting.tables import Cell, View, to_latex, write_table

SECTION = Section("1. Is it so?", "It is.", ("here", "there"), "shape_of_it")
VIEW = View("Numbers.", [("name",), ("value",)], [[Cell("a"), Cell("1")]], sections=[SECTION])


def test_markdown_has_heading_text_list_and_figure():
    """The figure is named by its place beside the page."""
    assert sections_markdown([SECTION, Section("2. And?", "No.")]) == (
        "## 1. Is it so?\n\nIt is.\n\n- here\n- there\n\n"
        "![Figure shape_of_it](../figures/shape_of_it.svg)\n\n## 2. And?\n\nNo."
    )


def test_a_page_names_its_figures(tmp_path):
    """The page and its Markdown link to the figure, by its place beside them."""
    write_table(pd.DataFrame({"name": ["a"], "value": [1]}), tmp_path / "tables/t", VIEW)
    for ending in ("html", "md"):
        assert "../figures/shape_of_it.svg" in (tmp_path / f"tables/t.{ending}").read_text(encoding="utf-8")


def test_latex_has_the_words_below_the_table():
    """A table of a paper has no sections: their words are notes."""
    text = to_latex(VIEW, "tab:t")
    assert "1. Is it so? It is. here; there." in text
