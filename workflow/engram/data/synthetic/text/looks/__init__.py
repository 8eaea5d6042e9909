"""The looks of drawn text: what a domain writes about, and how."""

from engram.data.synthetic.text.looks.chemicals import CHEMICALS
from engram.data.synthetic.text.looks.clinic import CLINIC
from engram.data.synthetic.text.looks.diseases import DISEASES
from engram.data.synthetic.text.looks.genes import GENES
from engram.data.synthetic.text.looks.look import Look, Story
from engram.data.synthetic.text.looks.news import GENERAL
from engram.data.synthetic.text.looks.species import SPECIES

__all__ = ["LOOKS", "Look", "Story"]

_SCIENCE = (*GENES.stories, *CHEMICALS.stories, *DISEASES.stories, *SPECIES.stories)

LOOKS: dict[str, Look] = {
    "general": GENERAL,
    "abstracts": Look(kind="language", stories=_SCIENCE),
    "genes": GENES,
    "chemicals": CHEMICALS,
    "diseases": DISEASES,
    "species": SPECIES,
    "clinic": CLINIC,
    "pos": Look(kind="tokens", stories=_SCIENCE),
}
