"""A tagger: an encoder of sentences, and a conditional random field for each label set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from engram.core.errors import ConfigurationError
from engram.data.text.tags import TagSet
from engram.models.text.batch import Sentences
from engram.models.text.crf import Crf
from engram.models.text.dropout import SentenceDropout
from engram.models.text.encoders import ENCODERS, Encoder
from engram.models.text.lexicon import Lexicon
from engram.models.text.vocabulary import Vocabulary

__all__ = ["HEAD_DROPOUT", "Tagger", "new_tagger"]

#: Probability that a value of what a head reads is dropped, where the settings say none.
HEAD_DROPOUT = 0.5

#: What a stage trains -> how many layers stay fixed: a tagger is the encoder, then its heads.
_DEPTHS = {"all": 0, "head": 1}


class Tagger(nn.Module):
    """An encoder and its heads; a stage with a new label set adds a head, and the old ones stay.

    Parameters
    ----------
    name, encoder
        The encoder and its name in `ENCODERS`.
    dropout
        Probability that a value of what a head reads is dropped throughout a sentence.
    """

    def __init__(self, name: str, encoder: Encoder, *, dropout: float = HEAD_DROPOUT) -> None:
        super().__init__()
        self.name = name
        self.encoder = cast(Any, encoder)
        self.dropout = SentenceDropout(dropout)
        self.heads = nn.ModuleDict()
        self.covers: dict[str, tuple[str, ...]] = {}
        """Label set -> the data sets whose entities its head finds."""
        self.lexicon: Lexicon | None = None
        """What gives the dictionary features that the encoder reads, if it reads any."""
        self._frozen = 0

    @property
    def settings(self) -> dict[str, Any]:
        """The encoder's name and settings, and the dropout."""
        return {"encoder": self.name, **self.encoder.settings, "head_dropout": self.dropout.p}

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that the encoder has embeddings of."""
        return self.encoder.vocabulary

    @property
    def tasks(self) -> dict[str, TagSet]:
        """Label set -> the tags of its head."""
        return {task: self.head(task).tags for task in self.heads}

    def head(self, task: str) -> Crf:
        """Return the head of a label set."""
        return cast(Crf, self.heads[task])

    def add_head(self, task: str, tags: TagSet, covers: Sequence[str] = ()) -> None:
        """Add a head with random weights, unless there is one for ``task``.

        ``covers`` names the data sets whose entities it finds; by default the label set's own name.
        """
        if task not in self.heads:
            reference = next(self.parameters())
            self.heads[task] = Crf(self.encoder.size, tags).to(reference.device)
            self.covers[task] = tuple(covers) or (task,)

    def extend(self, words: Iterable[str], vectors: Mapping[str, np.ndarray] | None = None) -> int:
        """Give new words an embedding and return their number; those of present words stay.

        Optimisers that were made before do not know the new embedding.
        """
        return self.encoder.extend(words, vectors)

    def frozen_depth(self, layers: str) -> int:
        """Return how many layers stay fixed when ``layers`` are trained: ``all`` -> 0, ``head`` -> 1.

        Raises
        ------
        ConfigurationError
            If ``layers`` is neither.
        """
        if layers not in _DEPTHS:
            raise ConfigurationError(f"A tagger cannot train '{layers}': name one of {', '.join(_DEPTHS)}.")
        return _DEPTHS[layers]

    def freeze(self, depth: int) -> None:
        """Fix the encoder, if ``depth`` is 1; it is then without dropout, in training too."""
        self._frozen = depth
        if depth:
            self.encoder.requires_grad_(False)
            self.encoder.eval()

    def train(self, mode: bool = True) -> Tagger:
        """Switch to training or evaluation; a frozen encoder stays in evaluation."""
        super().train(mode)
        if self._frozen:
            self.encoder.eval()
        return self

    def prefix(self, sentences: Sentences, depth: int) -> Any:
        """Return what the first ``depth`` layers make of sentences: themselves, or (B, L, H)."""
        return self.encoder(sentences) if depth else sentences

    def encode(self, inputs: Any, start: int = 0) -> Tensor:
        """Return what the heads read (B, L, H), of sentences or of the output of `prefix`."""
        return self.dropout(inputs if start else self.encoder(inputs))

    def embed(self, inputs: Any, start: int = 0) -> Tensor:
        """Return the same as `encode`, by the name that all networks have."""
        return self.encode(inputs, start)

    def forward(self, inputs: Any, task: str, start: int = 0) -> Tensor:
        """Return the emissions (B, L, I) of the head of ``task``."""
        return self.head(task)(self.encode(inputs, start))

    @torch.no_grad()
    def decode(self, sentences: Sentences, task: str) -> list[list[int]]:
        """Return the best tags of each sentence, as ids of the head's tag set."""
        tags = self.head(task).decode(self(sentences, task), sentences.lengths).tolist()
        return [row[:length] for row, length in zip(tags, sentences.lengths.tolist(), strict=True)]


def new_tagger(settings: Mapping[str, Any], vocabulary: Vocabulary) -> Tagger:
    """Return a tagger with random weights and no head; the caller seeds torch.

    ``settings`` are those of the encoder, its name as ``encoder``, and ``head_dropout`` (default .5).
    """
    own = dict(settings)
    name, dropout = own.pop("encoder"), own.pop("head_dropout", HEAD_DROPOUT)
    return Tagger(name, ENCODERS[name].load("build")(own, vocabulary), dropout=dropout)
