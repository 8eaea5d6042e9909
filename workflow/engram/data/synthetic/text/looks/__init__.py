"""The looks of drawn text: what a domain writes about, and how. A file is a look, with its `LOOK`."""

from engram.core.registry import find_modules
from engram.data.synthetic.text.looks._look import Look, Story

__all__ = ["LOOKS", "Look", "Story"]

LOOKS: dict[str, Look] = {
    name: entry.load("LOOK") for name, entry in find_modules(__name__, __file__).items()
}
