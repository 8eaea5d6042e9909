"""The encoders of sentences, one a file: sentences to a vector a word.

To add one, copy a file beside this. Its name is the value of ``encoder`` of a network, and its function
``build(settings, vocabulary)`` returns an `Encoder` with random weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from engram.core.registry import find_modules
from engram.models.text.batch import Sentences
from engram.models.text.vocabulary import Vocabulary

__all__ = ["ENCODERS", "Encoder"]

#: Every encoder by its name.
ENCODERS = find_modules(__name__, __file__)


class Encoder(Protocol):
    """What reads sentences; besides this it is a `torch.nn.Module`."""

    settings: dict[str, Any]
    """All that ``build`` needs to make it again, besides the vocabulary: plain values."""
    size: int
    """Values of an encoded word, H."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that it has embeddings of."""

    def __call__(self, sentences: Sentences) -> Tensor:
        """Return the encoded words (B, L, H)."""

    def extend(self, words: Iterable[str], vectors: Mapping[str, np.ndarray] | None = None) -> int:
        """Give new words an embedding and return their number."""
