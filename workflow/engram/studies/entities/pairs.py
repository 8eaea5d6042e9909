"""Targets with their partners: which two models the matrix of pairs compares."""

from __future__ import annotations

from dataclasses import dataclass

from engram.config import EffectsSettings
from engram.core.lineage import Lineage

__all__ = ["BUDGETS", "Pair", "pairs"]

#: What a model of the target alone and one of the pair have equally much of, and its words.
BUDGETS = {"steps": "at equal steps", "passes": "at equal passes over the target"}


@dataclass(frozen=True)
class Pair:
    """A target with a partner."""

    budget: str
    """One of `BUDGETS`."""
    target: str
    partner: str
    alone: Lineage
    """The model of the target alone."""
    joint: Lineage
    """The model of both, which serves as well where the two change places."""


def pairs(effects: EffectsSettings | None) -> list[Pair]:
    """Return every pair, by budget, then target, then partner; none where the settings compare none."""
    made = effects.pairs() if effects else []
    alone = {(one.budget, one.target): one.lineage for one in made if one.partner is None}
    return [
        Pair(one.budget, one.target, one.partner, alone[one.budget, one.target], one.lineage)
        for one in made
        if one.partner is not None
    ]
