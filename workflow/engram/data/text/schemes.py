"""Schemes of tags that data sets are published in, turned into IOB2."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from engram.core.errors import TextError
from engram.data.text.sentences import TextFormat
from engram.data.text.tags import OUTSIDE

__all__ = ["to_iob2"]

#: Scheme -> its letters for the first token of an entity, further ones, the last, and a single one.
_LETTERS = {"iob2": "BI", "iob1": "BI", "iobes": "BIES", "bilou": "BILU", "bmes": "BMES"}
#: What those letters are called here, whatever the scheme.
_OURS = "BIES"
#: A letter that a scheme does not have -> the scheme that it suggests.
_SUGGESTED = {"E": "iobes", "S": "iobes", "L": "bilou", "U": "bilou", "M": "bmes"}


class _Tag(NamedTuple):
    """One of `_OURS`, and a type that is empty outside of entities."""

    letter: str
    type: str

    @property
    def open(self) -> bool:
        """Whether the entity may go on."""
        return self.letter in ("B", "I")


_OUTSIDE = _Tag(OUTSIDE, "")


def to_iob2(tags: Sequence[str], form: TextFormat, place: Callable[[int], str]) -> list[str]:
    """Return the tags of a sentence in IOB2.

    Parameters
    ----------
    tags
        Tags in ``form.scheme``.
    place
        Gives the file and line of a token, for messages.

    Raises
    ------
    TextError
        At the first tag that the scheme does not have, or does not allow where it stands.
    """
    converted: list[str] = []
    before = _OUTSIDE
    for number, text in enumerate(tags):
        tag = _parse(text, form, place, number)
        _check_step(before, tag, form, place, number)
        converted.append(_convert(before, tag, form.scheme))
        before = tag
    _check_step(before, _OUTSIDE, form, place, len(tags) - 1)
    return converted


@lru_cache(maxsize=1024)
def _known(text: str, scheme: str) -> _Tag | None:
    match = re.fullmatch(rf"([{_LETTERS[scheme]}])-(\S+)", text)
    return _Tag(_OURS[_LETTERS[scheme].index(match[1])], match[2]) if match else None


def _parse(text: str, form: TextFormat, place: Callable[[int], str], number: int) -> _Tag:
    if text == OUTSIDE:
        return _OUTSIDE
    tag = _known(text, form.scheme)
    if tag is not None:
        return tag
    letters = _LETTERS[form.scheme]
    known = ", ".join(f"{letter}-x" for letter in letters)
    way_out = (
        f"Set '{form.setting}.scheme' to '{_SUGGESTED[text[0]]}'"
        if re.fullmatch(r"[ESLUM]-\S+", text)
        else f"Correct the line, or '{form.setting}.column', or '{form.setting}.kind' for other labels"
    )
    raise TextError(
        f"{place(number)}: '{text}' is no tag of scheme '{form.scheme}', which has O, {known} with a type x. "
        f"{way_out}."
    )


def _check_step(before: _Tag, now: _Tag, form: TextFormat, place: Callable[[int], str], number: int) -> None:
    """Refuse a tag inside of what nothing begins, and an entity without end where ends are marked."""
    if form.scheme == "iob1":
        return
    names = dict(zip(_OURS, _LETTERS[form.scheme], strict=False))
    if now.letter in ("I", "E") and not (before.open and before.type == now.type):
        raise TextError(
            f"{place(number)}: '{names[now.letter]}-{now.type}' follows no 'B-{now.type}' or "
            f"'{names['I']}-{now.type}'. Write 'B-{now.type}' where the entity begins, or "
            f"correct '{form.setting}.scheme'."
        )
    if "E" in names and before.open and now.letter not in ("I", "E"):
        raise TextError(
            f"{place(number)}: the entity '{before.type}' has no end, '{names['E']}-{before.type}'. Correct "
            f"its tags, or '{form.setting}.scheme'."
        )


def _convert(before: _Tag, tag: _Tag, scheme: str) -> str:
    if tag == _OUTSIDE:
        return OUTSIDE
    begins = tag.letter in ("B", "S") or (scheme == "iob1" and before.type != tag.type)
    return f"{'B' if begins else 'I'}-{tag.type}"
