"""Which names a document's genes, chemicals and so on bear: known ones, or ones not seen in training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from copy import copy
from dataclasses import replace
from typing import Protocol

from engram.data.synthetic.text.names import KINDS, Name
from engram.data.synthetic.text.nomenclature import AMBIGUOUS, ambiguous_name, new_name, nomenclature
from engram.data.synthetic.text.stream import Stream

__all__ = ["Casting", "HeldOutCasting", "TrainingCasting", "Used"]

_AMBIGUOUS_KINDS = ("gene", "disease")
#: Of a thousand new things of training, how many bear a name that everybody knows, one of an earlier
#: document, or one of the nomenclature; the others are invented.
_KNOWN, _EARLIER, _CATALOGUED = 110, 400, 250


class Casting(Protocol):
    """Gives names to things, and hears how often each is mentioned."""

    def cast(self, kind: str, stream: Stream, present: Container[Name]) -> Name:
        """Return the name of a thing that is none of those present in the document."""
        ...

    def mentioned(self, name: Name, form: str) -> None:
        """Note a mention, and the form that it took."""
        ...


class Used:
    """The names that training documents use, but for ambiguous ones, and the forms that they show."""

    def __init__(self) -> None:
        self.taken = set(nomenclature().taken)
        self.names: dict[str, list[Name]] = {kind: [] for kind in KINDS}
        self.forms: dict[Name, set[str]] = {}
        self.shown: set[str] = set()

    def add(self, name: Name, form: str) -> None:
        """Note a mention."""
        if name not in self.forms and not name.ambiguous:
            self.names[name.kind].append(name)
        self.forms.setdefault(name, set()).add(form)
        self.shown.add(form)

    def as_seen(self, name: Name) -> Name:
        """Return the name with those forms only that training documents show."""
        seen = self.forms[name]
        full, *short = name.forms
        if full not in seen:
            return replace(name, full=name.short, short=())
        return name if short and short[0] in seen else replace(name, short=())


class _Shares:
    """Keeps a share of each kind's mentions at what is asked: who is behind comes next."""

    def __init__(self, per_mille: int) -> None:
        self._per_mille = per_mille
        self._all: Counter[str] = Counter()
        self._of_share: Counter[str] = Counter()

    def due(self, kind: str) -> bool:
        """Return whether the next thing of this kind should belong to the share."""
        return self._of_share[kind] * 1000 + 500 < self._per_mille * (self._all[kind] + 1)

    def note(self, kind: str, belongs: bool) -> None:
        """Note a mention."""
        self._all[kind] += 1
        self._of_share[kind] += belongs

    def copy(self) -> _Shares:
        other = copy(self)
        other._all, other._of_share = self._all.copy(), self._of_share.copy()
        return other


class _Ambiguous:
    """Gives acronyms to genes and to diseases alike, and keeps their share."""

    def __init__(self, per_mille: int) -> None:
        self._shares = _Shares(per_mille)
        self._uses: Counter[Name] = Counter()

    def cast(self, kind: str, present: Container[Name], pool: list[int]) -> Name | None:
        """Return the acronym least used so far for this kind, or None if none is due."""
        if kind not in _AMBIGUOUS_KINDS or not self._shares.due(kind):
            return None
        free = [
            number
            for number in pool
            if not any(ambiguous_name(other, number) in present for other in _AMBIGUOUS_KINDS)
        ]
        if not free:
            return None
        name = min((ambiguous_name(kind, number) for number in free), key=lambda name: self._uses[name])
        self._uses[name] += 1
        return name

    def note(self, name: Name) -> None:
        """Note a mention."""
        self._shares.note(name.kind, name.ambiguous)

    def copy(self) -> _Ambiguous:
        other = copy(self)
        other._shares, other._uses = self._shares.copy(), self._uses.copy()
        return other


class TrainingCasting:
    """Names of training documents: some come again from document to document, others do not."""

    def __init__(self, used: Used, ambiguous: int, documents: int) -> None:
        self._used = used
        self._ambiguous = _Ambiguous(ambiguous)
        # Each should serve for both types, so few documents have few acronyms.
        self._pool = list(range(max(2, min(AMBIGUOUS, documents // 6))))

    def cast(self, kind: str, stream: Stream, present: Container[Name]) -> Name:
        """Return the name of a thing that is none of those present in the document."""
        ambiguous = self._ambiguous.cast(kind, present, self._pool)
        if ambiguous is not None:
            return ambiguous
        while True:
            name = self._ordinary(kind, stream)
            if name not in present:
                return name

    def _ordinary(self, kind: str, stream: Stream) -> Name:
        chance = stream.below(1000)
        known = nomenclature().known[kind]
        if known and chance < _KNOWN:
            return stream.pick(known)
        earlier = self._used.names[kind]
        if earlier and chance < _KNOWN + _EARLIER:
            return stream.pick(earlier)
        if chance < _KNOWN + _EARLIER + _CATALOGUED:
            return stream.early(nomenclature().entries[kind])
        return new_name(kind, stream, self._used.taken)

    def mentioned(self, name: Name, form: str) -> None:
        """Note a mention, and the form that it took."""
        self._used.add(name, form)
        self._ambiguous.note(name)


class HeldOutCasting:
    """Names of documents that are not trained on: of a share of their mentions, training has not the name."""

    def __init__(self, used: Used, ambiguous: int, unseen: int) -> None:
        self._used = used
        self._taken = set(used.taken)
        self._ambiguous = _Ambiguous(ambiguous)
        self._unseen = _Shares(unseen)
        self._pools = {
            kind: [number for number in range(AMBIGUOUS) if ambiguous_name(kind, number) in used.forms]
            for kind in _AMBIGUOUS_KINDS
        }

    def cast(self, kind: str, stream: Stream, present: Container[Name]) -> Name:
        """Return the name of a thing that is none of those present in the document."""
        ambiguous = self._ambiguous.cast(kind, present, self._pools.get(kind, []))
        if ambiguous is not None:
            return ambiguous
        if not self._unseen.due(kind) and (seen := self._used.names[kind]):
            for _ in range(20):
                name = self._used.as_seen(stream.pick(seen))
                if name not in present:
                    return name
        return self._new(kind, stream, present)

    def copy(self) -> HeldOutCasting:
        """Return one that has heard of the same mentions, and goes its own way from here."""
        other = copy(self)
        other._ambiguous, other._unseen = self._ambiguous.copy(), self._unseen.copy()
        return other

    def _new(self, kind: str, stream: Stream, present: Container[Name]) -> Name:
        """Return a name that no training document has: one of the nomenclature, or an invented one."""
        if stream.chance(500):
            for _ in range(20):
                name = stream.early(nomenclature().entries[kind])
                if name not in self._used.forms and name not in present:
                    return name
        return new_name(kind, stream, self._taken)

    def mentioned(self, name: Name, form: str) -> None:
        """Note a mention, and the form that it took."""
        self._ambiguous.note(name)
        self._unseen.note(name.kind, form not in self._used.shown)
