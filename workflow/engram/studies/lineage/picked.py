"""What tables and figures of a study of lineages say of a data set, picked from its settings."""

from __future__ import annotations

from typing import TypeVar

from engram.config.base import Strict

__all__ = ["SplitScheme", "picked"]

_Picked = TypeVar("_Picked", bound=Strict)


class SplitScheme(Strict):
    """How a data set is split, for the notes of tables and the names of models."""

    scheme: str
    folds: int | None


def picked(kind: type[_Picked], chosen: Strict) -> _Picked:
    """Return a ``kind`` with the fields that it shares with ``chosen``, of ``split`` the scheme alone."""
    values = {name: getattr(chosen, name) for name in kind.model_fields}
    split = values["split"]
    return kind(**values | {"split": SplitScheme(scheme=split.scheme, folds=split.folds)})
