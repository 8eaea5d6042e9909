"""Which head of a tagger answers for a text."""

from __future__ import annotations

from engram.models.text.tagger import Tagger

__all__ = ["covering_head"]


def covering_head(network: Tagger, dataset: str) -> str | None:
    """Return the newest head that learnt a text's tags: its own, or one over the types of several."""
    found = [task for task, covered in network.covers.items() if dataset in covered]
    return found[-1] if found else None
