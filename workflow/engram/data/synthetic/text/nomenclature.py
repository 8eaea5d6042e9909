"""Names that all of drawn text shares, as the literature shares those of its catalogues."""

from __future__ import annotations

from functools import cache

from engram.data.synthetic.text.names import KINDS, Name, invent_name, known_names, words
from engram.data.synthetic.text.stream import Stream

__all__ = ["AMBIGUOUS", "Nomenclature", "ambiguous_name", "new_name", "nomenclature"]

#: How many names of each kind have an entry.
_ENTRIES = 500
#: How many acronyms stand for a gene here and for a disease there.
AMBIGUOUS = 40
_CONSONANTS = "BCDFGKLMNPRSTVXZ"


class Nomenclature:
    """The catalogued names of each kind, and every form that is taken by one of any kind."""

    def __init__(self) -> None:
        acronyms = Stream("nomenclature", "ambiguous")
        self.taken: set[str] = set()
        self.acronyms: list[str] = []
        while len(self.acronyms) < AMBIGUOUS:
            acronym = "".join(acronyms.pick(_CONSONANTS) for _ in range(3))
            if acronym.lower() not in self.taken:
                self.acronyms.append(acronym)
                self.taken.add(acronym.lower())
        self.known = {kind: known_names(kind) for kind in KINDS}
        for names in self.known.values():
            self.taken.update(form.lower() for name in names for form in name.forms)
        self.entries = {kind: self._entries(kind) for kind in KINDS}

    def _entries(self, kind: str) -> tuple[Name, ...]:
        stream = Stream("nomenclature", kind)
        return tuple(new_name(kind, stream, self.taken) for _ in range(_ENTRIES))


def new_name(kind: str, stream: Stream, taken: set[str]) -> Name:
    """Return a name of which no form is taken, and take its forms."""
    while True:
        name = invent_name(kind, stream)
        forms = [form.lower() for form in name.forms]
        if not taken.intersection(forms):
            taken.update(forms)
            return name


@cache
def nomenclature() -> Nomenclature:
    """Return the nomenclature, made at the first call."""
    return Nomenclature()


def ambiguous_name(kind: str, number: int) -> Name:
    """Return one of the acronyms as the name of a gene or of a disease."""
    return Name(kind, words(nomenclature().acronyms[number]), ambiguous=True)
