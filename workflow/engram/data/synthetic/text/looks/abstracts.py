"""Abstracts: the stories of all annotated abstracts, without tags."""

from engram.data.synthetic.text.looks._look import Look
from engram.data.synthetic.text.looks.chemicals import LOOK as CHEMICALS
from engram.data.synthetic.text.looks.diseases import LOOK as DISEASES
from engram.data.synthetic.text.looks.genes import LOOK as GENES
from engram.data.synthetic.text.looks.species import LOOK as SPECIES

__all__ = ["LOOK"]

LOOK = Look(
    kind="language", stories=(*GENES.stories, *CHEMICALS.stories, *DISEASES.stories, *SPECIES.stories)
)
