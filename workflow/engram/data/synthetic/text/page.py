"""Shows drawn text with its marks: ``python -m engram.data.synthetic.text.page genes 3`` prints three of it.

The first word is a text of the default configuration. `docs/drawn-text.md` shows what this prints.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import islice

from engram.config import DrawnTextSettings
from engram.data.synthetic.text.dataset import Subset, compose
from engram.data.synthetic.text.looks import LOOKS
from engram.data.text.tags import spans

__all__ = ["marked_sentence", "show_documents"]


def show_documents(settings: DrawnTextSettings, documents: int, subset: str = "train") -> str:
    """Return the first documents of a subset, a line a sentence and a blank line between documents."""
    found = compose(settings)[subset]
    marked = iter(_marked(found, LOOKS[settings.look].kind))
    pages = ["\n".join(islice(marked, len(document.sentences))) for document in found.documents[:documents]]
    return "\n\n".join(pages) + "\n"


def marked_sentence(words: Sequence[str], tags: Sequence[str]) -> str:
    """Return a sentence with its entities in brackets, each with its type: ``the [BRK-7]Gene gene``."""
    written = list(words)
    for span in spans(tags):
        written[span.start] = f"[{written[span.start]}"
        written[span.end - 1] += f"]{span.type}"
    return " ".join(written)


def _marked(subset: Subset, kind: str) -> list[str]:
    if subset.tags is None:
        return [" ".join(words) for words in subset.sentences]
    rows = zip(subset.sentences, subset.tags, strict=True)
    if kind == "tokens":
        return [" ".join(map("/".join, zip(words, tags, strict=True))) for words, tags in rows]
    return [marked_sentence(words, tags) for words, tags in rows]


def _main() -> None:
    from engram.data.synthetic.pinned import default_settings

    name, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    drawn = default_settings().texts[name].drawn
    assert drawn is not None
    sys.stdout.write(show_documents(drawn, count))


if __name__ == "__main__":
    _main()
