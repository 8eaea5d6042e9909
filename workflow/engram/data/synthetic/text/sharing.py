"""Documents that two drawn sets share: tested on in the one, and trained on in the other."""

from __future__ import annotations

from engram.core.errors import ConfigurationError
from engram.data.synthetic.text.casting import TrainingCasting, Used
from engram.data.synthetic.text.document import Document, write_document
from engram.data.synthetic.text.looks import LOOKS
from engram.data.synthetic.text.stream import Stream

__all__ = ["NEIGHBOUR", "shared_documents"]

_ANNOTATED = ("genes", "chemicals", "diseases", "species", "clinic", "pos")
#: Look -> the look whose shared documents it trains on: the one before it, in a ring.
NEIGHBOUR = dict(zip(_ANNOTATED, (_ANNOTATED[-1], *_ANNOTATED[:-1]), strict=True))


def shared_documents(look: str, count: int) -> list[Document]:
    """Return the first ``count`` documents that sets of a look may share with those of the next look.

    They depend on the look alone, not on a seed: so two sets hold the same ones without knowing each other.

    Raises
    ------
    ConfigurationError
        If sets of this look share none.
    """
    if look not in NEIGHBOUR:
        raise ConfigurationError(
            f"Texts of look '{look}' have no neighbour to share documents with: set 'overlap' to 0."
        )
    casting = TrainingCasting(Used(), ambiguous=0, documents=count)
    return [
        write_document(LOOKS[look], f"shared-{look}-{number:04d}", Stream("shared", look, number), casting)
        for number in range(count)
    ]
