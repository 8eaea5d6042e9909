"""Model cards: a template filled with what records and tables say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["render_card", "template_environment"]

#: What the templates of all cards import.
_PIECES = Path(__file__).with_name("card_pieces.md.j2")


def render_card(template: Path, **fields: Any) -> str:
    """Return a card as Markdown.

    Parameters
    ----------
    template
        A Jinja template; its filter ``number`` writes a number with as many digits as it needs, and it can
        import ``card_pieces.md.j2``.
    fields
        What the template names.

    Raises
    ------
    jinja2.UndefinedError
        If a field is missing: a card has no empty place.
    """
    environment = template_environment(template.parent, _PIECES.parent)
    environment.filters["number"] = lambda value: f"{value:g}"
    return environment.get_template(template.name).render(fields)


def template_environment(*folders: Path, escape: bool = False) -> Environment:
    """Return what renders the templates of folders: a missing field is an error; ``escape`` is for HTML."""
    return Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
