"""Word embeddings of a vocabulary that may grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.core.errors import TextError
from engram.models.text.vocabulary import FIRST, PADDING, Vocabulary

__all__ = ["WordOutputs", "Words", "uniform_embedding"]


class Words(nn.Module):
    """Ids of words (B, L) to embeddings (B, L, D); that of `PADDING` is 0.

    Parameters
    ----------
    vocabulary
        Its words get an embedding each, and so do the unknown and the hidden word.
    size
        Values of an embedding, D.
    """

    def __init__(self, vocabulary: Vocabulary, size: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.table = uniform_embedding(len(vocabulary), size)

    def forward(self, words: Tensor) -> Tensor:
        """Return the embeddings of words."""
        return self.table(words)

    def extend(self, words: Iterable[str], vectors: Mapping[str, np.ndarray] | None = None) -> int:
        """Give new words an embedding and return their number; those of present words stay.

        ``vectors`` (D,) are taken for new words that have one; others are drawn from torch's own generator.

        Raises
        ------
        TextError
            If a vector has another size.
        """
        before, size = len(self.vocabulary), self.table.embedding_dim
        self.vocabulary = self.vocabulary.grown(words)
        new = uniform_embedding(len(self.vocabulary), size).to(self.table.weight)
        new.weight.requires_grad_(self.table.weight.requires_grad)
        with torch.no_grad():
            new.weight[:before] = self.table.weight
            for place, word in enumerate(self.vocabulary.words[before - FIRST :], before):
                if vectors is not None and word in vectors:
                    new.weight[place] = _checked(vectors[word], size, word)
        self.table = new
        return len(self.vocabulary) - before


class WordOutputs(nn.Module):
    """Scores of all words of a vocabulary, (N, D) to (N, V): its ids that mean no word are impossible.

    Parameters
    ----------
    words
        Ids of the vocabulary, V.
    size
        Values that it reads, D; None where the caller brings the weights (V, D).
    """

    def __init__(self, words: int, size: int | None = None) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(words))
        self.weight = None if size is None else nn.Parameter(uniform_embedding(words, size).weight.detach())

    def forward(self, values: Tensor, weight: Tensor | None = None) -> Tensor:
        """Return the scores, by its own weights or by those of the caller."""
        used = self.weight if weight is None else weight
        assert used is not None, "weights are its own or the caller's"
        scores = F.linear(values, used, self.bias)
        return torch.cat([torch.full_like(scores[:, :FIRST], -torch.inf), scores[:, FIRST:]], 1)

    def extend(self, words: int) -> None:
        """Add random weights for so many words more."""
        with torch.no_grad():
            self.bias = nn.Parameter(F.pad(self.bias, (0, words)), self.bias.requires_grad)
            if self.weight is not None:
                rows = uniform_embedding(FIRST + words, self.weight.shape[1]).weight[FIRST:]
                grown = torch.cat([self.weight, rows.to(self.weight)])
                self.weight = nn.Parameter(grown, self.weight.requires_grad)


def uniform_embedding(rows: int, size: int) -> nn.Embedding:
    """Return an embedding with values of variance 1/D (Ma and Hovy 2016, section 3.1); row 0 is padding."""
    table = nn.Embedding(rows, size, padding_idx=PADDING)
    bound = (3 / size) ** 0.5
    with torch.no_grad():
        table.weight.uniform_(-bound, bound)
        table.weight[PADDING] = 0
    return table


def _checked(vector: np.ndarray, size: int, word: str) -> Tensor:
    if np.shape(vector) != (size,):
        raise TextError(
            f"The vector of '{word}' has {np.size(vector)} values, but the network's words have {size}. "
            "Set the network's size of words to that of the vectors."
        )
    return torch.as_tensor(np.asarray(vector, dtype=np.float32))
