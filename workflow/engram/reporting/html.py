"""Markdown tables as pages of their own, for the report and the browser."""

from __future__ import annotations

from markdown_it import MarkdownIt

__all__ = ["to_html"]

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
  body {{ font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #222; margin: 2em; }}
  table {{ border-collapse: collapse; margin: 1em 0; border-top: 2px solid; border-bottom: 2px solid; }}
  th, td {{ padding: 0.25em 0.8em; white-space: nowrap; }}
  th {{ border-bottom: 1px solid; text-align: left; }}
  tbody tr:hover {{ background: #f0f4f8; }}
  p, li {{ max-width: 60em; }}
  img {{ max-width: 100%; }}
</style>
<body>
{body}
</body>
</html>
"""


def to_html(markdown: str, title: str) -> str:
    """Return Markdown as a page that needs nothing else; HTML inside it is shown, not run."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return _PAGE.format(title=title, body=parser.render(markdown))
