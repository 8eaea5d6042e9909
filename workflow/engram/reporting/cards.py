"""Model cards: a template filled with what records and tables say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["render_card", "template_environment"]


def render_card(template: Path, **fields: Any) -> str:
    """Return a card as Markdown.

    Parameters
    ----------
    template
        A Jinja template; its filter ``number`` writes a number with as many digits as it needs.
    fields
        What the template names.

    Raises
    ------
    jinja2.UndefinedError
        If a field is missing: a card has no empty place.
    """
    environment = template_environment(template.parent)
    environment.filters["number"] = lambda value: f"{value:g}"
    return environment.get_template(template.name).render(fields)


def template_environment(folder: Path, *, escape: bool = False) -> Environment:
    """Return what renders the templates of a folder: a missing field is an error; ``escape`` is for HTML."""
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
