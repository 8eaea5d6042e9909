"""Parts of speech: the stories of abstracts, in which every word has its part of speech."""

from engram.data.synthetic.text.looks._look import Look
from engram.data.synthetic.text.looks.abstracts import LOOK as ABSTRACTS

__all__ = ["LOOK"]

LOOK = Look(kind="tokens", stories=ABSTRACTS.stories)
