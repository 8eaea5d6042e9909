"""Sections of a table's page: a question, its answer in words, and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Section", "sections_markdown"]


@dataclass(frozen=True)
class Section:
    """A part of a page, above its table."""

    heading: str
    text: str
    items: tuple[str, ...] = ()
    """A list below the text, without full stops."""
    figure: str = ""
    """Name of the figure that shows it; it lies in the folder ``figures`` beside that of tables."""

    @property
    def plain(self) -> str:
        """All its words in one line."""
        listed = f" {'; '.join(self.items)}." if self.items else ""
        return f"{self.heading} {self.text}{listed}"


def sections_markdown(sections: Sequence[Section]) -> str:
    """Return the sections as Markdown; figures are named by their place relative to the page."""
    parts = []
    for section in sections:
        parts += [f"## {section.heading}", section.text]
        if section.items:
            parts.append("\n".join(f"- {item}" for item in section.items))
        if section.figure:
            parts.append(f"![Figure {section.figure}](../figures/{section.figure}.svg)")
    return "\n\n".join(parts)
