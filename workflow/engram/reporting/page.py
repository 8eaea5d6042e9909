"""The results page: one file that opens anywhere, with questions, verdicts, figures and tables of a run.

It loads nothing: style, script and figures stand inside it. Its links lead to files beside it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from markdown_it import MarkdownIt
from PIL import Image

from engram.core.errors import ReportError
from engram.reporting.cards import template_environment
from engram.reporting.page_claims import PageClaim
from engram.reporting.page_tables import Link, PageTable
from engram.reporting.questions import Question

__all__ = ["Page", "PageFigure", "PageStudy", "embed_figure", "read_layout", "render_page"]

_TEMPLATE = Path(__file__).with_name("page.html.j2")
_PARTS = ("page.css.j2", "page.js.j2")
#: Of a figure that holds pictures. Its file beside the page has them without loss.
_QUALITY = 85


@dataclass(frozen=True)
class PageFigure:
    """A figure of the page."""

    name: str
    caption: str
    source: str
    """The figure itself, as a data URI."""
    width: float
    """In points, as it was drawn."""
    lines: bool
    """Whether it is made of lines and words alone, whose colours may be turned round in the dark."""
    files: list[Link]


@dataclass(frozen=True)
class PageStudy:
    """A study of the page."""

    name: str
    title: str
    about: str
    paper: str
    questions: list[Question]
    claims: list[PageClaim]
    figures: list[PageFigure]
    tables: list[PageTable]

    def claims_of(self, question: Question) -> list[PageClaim]:
        """Return the claims that answer a question."""
        return [claim for claim in self.claims if claim.id in question.claims]

    def figures_of(self, question: Question) -> list[PageFigure]:
        """Return the figures that answer a question, as it names them; each with the first that names it."""
        mine = [figure for figure in self.figures if self._first(figure) is question]
        named = {name: place for place, name in enumerate(question.figures)}
        return sorted(mine, key=lambda one: named.get(one.name, named.get(one.name.partition("-")[0], 0)))

    def _first(self, figure: PageFigure) -> Question | None:
        named = {figure.name, figure.name.partition("-")[0]}
        return next((question for question in self.questions if named & {*question.figures}), None)

    @property
    def other_claims(self) -> list[PageClaim]:
        """The claims that no question names."""
        named = {name for question in self.questions for name in question.claims}
        return [claim for claim in self.claims if claim.id not in named]

    @property
    def other_figures(self) -> list[PageFigure]:
        """The figures that no question names."""
        return [figure for figure in self.figures if self._first(figure) is None]

    @property
    def counted(self) -> Counter[str]:
        """How many claims come to which verdict on our data, by the first verdict of each."""
        return Counter(claim.own[0].word for claim in self.claims if claim.own)


@dataclass(frozen=True)
class Page:
    """All that the page shows."""

    results: str
    facts: list[tuple[str, str]]
    """What the run is: a word and what it stands for."""
    studies: list[PageStudy] = field(default_factory=list)


def render_page(page: Page) -> str:
    """Return the page as HTML."""
    environment = template_environment(_TEMPLATE.parent, escape=True)
    style, script = ((_TEMPLATE.parent / name).read_text(encoding="utf-8") for name in _PARTS)
    return environment.get_template(_TEMPLATE.name).render(page=page, style=style, script=script)


def embed_figure(name: str, caption: str, svg: Path, png: Path, links: Sequence[Link]) -> PageFigure:
    """Return a figure with its picture inside: the SVG, or where that holds pictures itself a small WebP.

    Raises
    ------
    ReportError
        If one of the two files is not there, or the SVG is none of ours.
    """
    missing = [path for path in (svg, png) if not path.is_file()]
    if missing:
        raise ReportError(f"{missing[0]} is not there, and the results page shows it. Run snakemake again.")
    drawn = svg.read_bytes()
    lines = b"<image" not in drawn
    kind, data = ("svg+xml", drawn) if lines else ("webp", _as_webp(png))
    source = f"data:image/{kind};base64,{b64encode(data).decode()}"
    return PageFigure(name, caption, source, _width(svg, drawn), lines, [*links])


def _width(path: Path, svg: bytes) -> float:
    found = re.search(rb'<svg[^>]* width="([0-9.]+)pt"', svg)
    if not found:
        raise ReportError(f"{path}: this figure does not say its width. Delete it and run snakemake again.")
    return float(found.group(1))


def _as_webp(png: Path) -> bytes:
    made = BytesIO()
    with Image.open(png) as picture:
        picture.convert("RGB").save(made, "WEBP", quality=_QUALITY)
    return made.getvalue()


def read_layout(path: Path) -> str:
    """Return a table's Markdown, with its caption and notes, as a piece of HTML."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} cannot be read: {error}. Delete it and run snakemake again.") from None
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
