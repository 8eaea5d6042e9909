"""Sections of a page: words, lists and figures, and a page that carries its figures."""

from __future__ import annotations

import base64

import pandas as pd

from engram.reporting.sections import Section, embed_figures, sections_markdown
from engram.reporting.tables import Cell, View, to_latex, write_table

SECTION = Section("1. Is it so?", "It is.", ("here", "there"), "shape_of_it")
VIEW = View("Numbers.", [("name",), ("value",)], [[Cell("a"), Cell("1")]], sections=[SECTION])


def test_markdown_has_heading_text_list_and_figure():
    """The figure is named by its place beside the page."""
    assert sections_markdown([SECTION, Section("2. And?", "No.")]) == (
        "## 1. Is it so?\n\nIt is.\n\n- here\n- there\n\n"
        "![Figure shape_of_it](../figures/shape_of_it.svg)\n\n## 2. And?\n\nNo."
    )


def test_a_page_carries_its_figures(tmp_path):
    """The figure's bytes stand in the page; Markdown names the file."""
    figure = tmp_path / "figures/shape_of_it.svg"
    figure.parent.mkdir()
    figure.write_bytes(b"<svg/>")
    write_table(pd.DataFrame({"name": ["a"], "value": [1]}), tmp_path / "tables/t", VIEW)
    page = (tmp_path / "tables/t.html").read_text(encoding="utf-8")
    assert f'src="data:image/svg+xml;base64,{base64.b64encode(b"<svg/>").decode()}"' in page
    assert "figures/shape_of_it.svg" not in page
    assert "../figures/shape_of_it.svg" in (tmp_path / "tables/t.md").read_text(encoding="utf-8")


def test_a_figure_that_is_not_there_is_named(tmp_path):
    """Other images and figures without a file stay as they are."""
    page = '<img src="../figures/none.svg"><img src="../../etc/passwd.svg">'
    assert embed_figures(page, tmp_path) == page


def test_latex_has_the_words_below_the_table():
    """A table of a paper has no sections: their words are notes."""
    text = to_latex(VIEW, "tab:t")
    assert "1. Is it so? It is. here; there." in text
