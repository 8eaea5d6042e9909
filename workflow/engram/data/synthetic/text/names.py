"""Names of things: how a gene, a chemical, a disease, a species or a town is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engram.data.synthetic.text.stream import Stream

__all__ = ["KINDS", "TYPES", "Name", "Word", "invent_name", "known_names", "words"]

#: A word as it is written, and its part of speech (Penn Treebank).
Word = tuple[str, str]

#: The type of entity that each kind of name stands for; None: it is never annotated.
TYPES: dict[str, str | None] = {
    "gene": "Gene",
    "chem": "Chemical",
    "disease": "Disease",
    "species": "Species",
    "animal": "Species",
    "symptom": "Symptom",
    "place": None,
    "company": None,
    "club": None,
}

_ONSETS = tuple("b br c cr d dr f fl g gr k l m n p pl pr r s st t tr v z".split())  # noqa: SIM905
_VOWELS = "aeiou"
_ENDS = "lnrmdtvsx"
#: Syllables that would read badly.
_AVOIDED = ("sex", "tit", "fag", "fak", "fuk", "fuc", "nig", "neg", "pis", "cum", "pus", "ass", "kaf", "sod")
_CAPITALS = "ABCDFGHKLMNPRSTVXZ"


@dataclass(frozen=True)
class Name:
    """A name: its full form, the short form if it has one, and whether that needs an introduction."""

    kind: str
    full: tuple[Word, ...]
    short: tuple[Word, ...] = ()
    introduced: bool = True
    """Whether the short form is first given in brackets, ``T. velensis`` needs none."""
    ambiguous: bool = False
    """Whether things of another type bear the same name."""

    @property
    def type(self) -> str | None:
        """Return the type of entity."""
        return TYPES[self.kind]

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the forms as text."""
        return tuple(" ".join(form for form, _ in words) for words in (self.full, self.short) if words)


def words(text: str, tag: str = "NN") -> tuple[Word, ...]:
    """Return the words of ``text``, each with the part of speech behind its underscore, or else ``tag``."""
    pairs = (item.partition("_") for item in text.split())
    return tuple((form, given or tag) for form, _, given in pairs)


def invent_name(kind: str, stream: Stream) -> Name:
    """Return a new name of a kind; the same name may come again."""
    return _INVENTORS[kind](stream)


def known_names(kind: str) -> tuple[Name, ...]:
    """Return the names of a kind that everybody knows."""
    return tuple(Name(kind, words(text)) for text in _KNOWN.get(kind, ()))


def _stem(stream: Stream, syllables: int) -> str:
    """Return syllables that end in a consonant, such as ``tovel``."""
    while True:
        start = "".join(stream.pick(_ONSETS) + stream.pick(_VOWELS) for _ in range(syllables - 1))
        stem = start + stream.pick(_ONSETS) + stream.pick(_VOWELS) + stream.pick(_ENDS)
        if not any(avoided in stem for avoided in _AVOIDED):
            return stem


def _short(text: str, length: int = 3) -> str:
    """Return capitals that stand for ``text``: the initials, or of one word also its later consonants."""
    parts = text.replace("-", " ").split()
    letters = "".join(part[0] for part in parts)
    if len(parts) < length:
        rest = [letter for letter in parts[0][1:] if letter not in "aeiou"]
        letters = letters[0] + "".join(rest[: length - len(parts)]) + letters[1:]
    return letters[:4].upper()


def _symbol(stream: Stream) -> str:
    """Return a gene's symbol, such as ``BRK-7``, ``TLV2``, ``Nrb4`` or ``p48``."""
    letters = "".join(stream.pick(_CAPITALS) for _ in range(stream.between(3, 4)))
    form = stream.below(10)
    if form < 3:
        return f"{letters[:3]}-{stream.between(1, 12)}"
    if form < 6:
        return f"{letters}{stream.between(1, 9)}"
    if form < 7:
        return f"{letters.capitalize()}{stream.between(1, 9)}"
    if form < 8:
        return f"p{stream.between(14, 190)}"
    if form < 9:
        return f"{letters[:3]}{stream.between(1, 9)}{stream.pick('ABCL')}"
    return letters


def _gene(stream: Stream) -> Name:
    form = stream.below(10)
    if form < 5:
        return Name("gene", words(_symbol(stream)))
    stem = _stem(stream, 2)
    if form < 6:
        return Name("gene", words(stem + stream.pick(("in", "in", "ase"))))
    if form < 7:
        return Name("gene", words(stem + "in"), words(_short(stem + "in", 3) + str(stream.between(1, 5))))
    number = stream.between(1, 6)
    made = stream.pick(
        (
            f"{stem}in receptor",
            f"{stem}in kinase",
            f"{stem}in-binding protein",
            f"{stem} growth factor",
            f"{stem}ate dehydrogenase",
        )
    )
    ending = stream.pick(("alpha", "beta", str(number), str(number)))
    tag = "CD" if ending.isdigit() else "NN"
    return Name(
        "gene",
        words(f"{made} {ending}_{tag}"),
        words(_short(made) + {"alpha": "a", "beta": "b"}.get(ending, ending)),
    )


def _chem(stream: Stream) -> Name:
    form = stream.below(10)
    stem = _stem(stream, 2)
    if form < 5:
        ending = stream.pick(
            ("ol", "ine", "amide", "azole", "statin", "mycin", "idine", "one", "olone", "apine")
        )
        return Name("chem", words(stem + ending))
    if form < 6:
        return Name("chem", words(f"{stream.pick(('sodium', 'potassium', 'magnesium', 'zinc'))} {stem}ate"))
    if form < 7:
        return Name("chem", words(f"{stem}ine {stream.pick(('hydrochloride', 'acetate', 'sulfate'))}"))
    if form < 9:
        group = stream.pick(("methyl", "fluoro", "hydroxy", "amino", "acetyl"))
        made = stream.pick(
            (f"{stream.between(2, 6)}-{group}{stem}ine", f"N-{group}-{stem}ine", f"{group}{stem}ic_JJ acid")
        )
        text = made.replace("_JJ", "")
        return Name("chem", words(made), words(_short(text.lstrip("23456-"), 3)))
    letters = stream.pick(_CAPITALS) + stream.pick(_CAPITALS)
    return Name("chem", words(f"{letters}-{stream.between(1000, 9999)}"))


def _disease(stream: Stream) -> Name:
    form = stream.below(10)
    stem = _stem(stream, 2)
    word = stem + stream.pick(("itis", "osis", "oma", "emia", "opathy", "algia", "uria"))
    if form < 4:
        return Name("disease", words(word))
    if form < 7:
        adjective = stream.pick(
            ("chronic", "acute", "juvenile", "familial", "congenital", "primary", "relapsing")
        )
        return Name("disease", words(f"{adjective}_JJ {word}"), words(_short(f"{adjective} {word}", 3)))
    if form < 9:
        end = stream.pick(("disease", "syndrome"))
        return Name("disease", words(f"{stem.capitalize()}_NNP {end}"), words(_short(f"{stem} {end}", 3)))
    if stream.chance(500):
        return Name("disease", words(f"{stem}in deficiency"))
    return Name("disease", words(f"{word} type {stream.between(1, 4)}_CD"))


def _species(stream: Stream) -> Name:
    stem = _stem(stream, 2).capitalize()
    if stream.chance(200):
        virus = f"{stem} virus"
        return Name("species", words(f"{stem}_NNP virus"), words(_short(virus, 3)))
    genus = stem + stream.pick(("us", "a", "um", "ella", "ium", "ibacter", "ococcus", "omyces"))
    epithet = _stem(stream, stream.between(1, 2)) + stream.pick(("ensis", "ica", "ii", "osa", "aris"))
    return Name(
        "species", words(f"{genus} {epithet}", "FW"), words(f"{genus[0]}. {epithet}", "FW"), introduced=False
    )


def _animal(stream: Stream) -> Name:
    creature = stream.pick(
        ("voles", "shrews", "hamsters", "lizards", "finches", "carp_NN", "bats", "newts", "geckos")
    )
    if stream.chance(500):
        return Name("animal", words(f"{_stem(stream, 2).capitalize()}_NNP {creature}", "NNS"))
    first = stream.pick(("banded", "dwarf", "crested", "spotted", "striped", "brown", "golden"))
    second = stream.pick(("marsh", "river", "sand", "tree", "rock", "field", "cave"))
    return Name("animal", words(f"{first}_JJ {second}_NN {creature}", "NNS"))


_PARTS: tuple[str, ...] = (
    "chest",
    "knee",
    "back",
    "neck",
    "hip",
    "shoulder",
    "ankle",
    "flank",
    "jaw",
    "eye",
    "ear",
    "scalp",
)
_PARTS += ("leg", "arm", "wrist", "heel", "calf", "groin")


def _symptom(stream: Stream) -> Name:
    where = stream.pick(_PARTS)
    what = stream.pick(
        ("pain", "swelling", "stiffness", "weakness", "numbness", "rash", "cramps_NNS", "tightness")
    )
    side = stream.pick(("", "", "left_JJ ", "right_JJ ", "bilateral_JJ "))
    how = stream.pick(("", "", "", "mild_JJ ", "severe_JJ ", "intermittent_JJ ", "nocturnal_JJ "))
    return Name("symptom", words(f"{how}{side}{where} {what}"))


def _town(stream: Stream) -> str:
    stem = _stem(stream, stream.between(1, 2)).capitalize()
    return stem + stream.pick(("ton", "bury", "ford", "mouth", "haven", "dale", "wick"))


def _place(stream: Stream) -> Name:
    return Name("place", words(_town(stream), "NNP"))


def _company(stream: Stream) -> Name:
    stem = _stem(stream, 2).capitalize()
    return Name(
        "company",
        words(f"{stem} {stream.pick(('Motors', 'Foods', 'Energy', 'Airways', 'Steel', 'Systems'))}", "NNP"),
    )


def _club(stream: Stream) -> Name:
    return Name(
        "club", words(f"{_town(stream)} {stream.pick(('Rovers', 'United', 'Athletic', 'Wanderers'))}", "NNP")
    )


_INVENTORS: dict[str, Callable[[Stream], Name]] = {
    "gene": _gene,
    "chem": _chem,
    "disease": _disease,
    "species": _species,
    "animal": _animal,
    "symptom": _symptom,
    "place": _place,
    "company": _company,
    "club": _club,
}
KINDS = tuple(_INVENTORS)

_KNOWN = {
    "gene": ("insulin", "actin", "albumin", "p53", "leptin", "tubulin"),
    "chem": ("glucose", "morphine", "aspirin", "caffeine", "heparin", "lithium", "ibuprofen"),
    "disease": ("cancer", "diabetes", "hypertension", "asthma", "anemia", "pneumonia", "obesity"),
    "species": ("Escherichia_FW coli_FW", "Bacillus_FW subtilis_FW", "Saccharomyces_FW cerevisiae_FW"),
    "animal": ("mice_NNS", "mice_NNS", "rats_NNS", "rabbits_NNS", "zebrafish_NNS", "guinea_NN pigs_NNS"),
    "symptom": (
        "fever",
        "cough",
        "nausea",
        "dizziness",
        "headache",
        "shortness_NN of_IN breath_NN",
        "fatigue",
    ),
}
