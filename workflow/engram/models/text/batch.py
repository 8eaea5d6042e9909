"""Sentences as the tensors that a network reads, and their making from words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engram.core.errors import TextError
from engram.models.text.vocabulary import FIRST, PADDING, UNKNOWN, Vocabulary

__all__ = ["LONGEST", "Forms", "Sentences", "buckets", "forget_singletons", "sentences_of"]

#: Bytes of a form that are read; of a longer one its beginning and its end.
LONGEST = 40


class Sentences(NamedTuple):
    """A batch of B sentences of up to L words, with U distinct forms of up to C bytes."""

    words: Tensor
    """Ids in the network's vocabulary, (B, L) int64; `PADDING` behind a sentence's end."""
    characters: Tensor
    """The distinct forms as UTF-8 bytes plus one, (U, C) int64, 0 behind a form's end; row 0 is empty."""
    forms: Tensor
    """The row of ``characters`` of each word, (B, L) int64; 0 behind a sentence's end."""
    lengths: Tensor
    """Words of each sentence, (B,) int64, at least 1."""
    dictionary: Tensor | None = None
    """Features of words that a dictionary gives, (B, L, F) float."""
    segments: Tensor | None = None
    """0 for words of the first and 1 for words of the second sentence of a pair, (B, L) int64."""

    def to(self, device: torch.device) -> Sentences:
        """Return the batch on a device."""
        moved = [part if part is None else part.to(device, non_blocking=True) for part in self]
        return Sentences._make(moved)

    @property
    def mask(self) -> Tensor:
        """Which places hold a word, (B, L) bool."""
        places = torch.arange(self.words.shape[1], device=self.words.device)
        return places < self.lengths[:, None]


@dataclass(frozen=True)
class Forms:
    """The distinct forms of a data set, looked up once, so that a batch is made by indexing alone."""

    words: np.ndarray
    """The id of each form in a vocabulary, (F + 1,) int64; place 0 is `PADDING`."""
    characters: np.ndarray
    """The bytes plus one of each form, (F + 1, C) int16; row 0 is empty."""
    widths: np.ndarray
    """Bytes of each form, (F + 1,) int64; 0 at place 0."""

    @classmethod
    def from_forms(cls, forms: Sequence[str], vocabulary: Vocabulary) -> Forms:
        """Look up distinct forms, such as those of a store, in this order."""
        encoded = [b"", *(_shortened(form.encode()) for form in forms)]
        widths = np.array([len(form) for form in encoded], dtype=np.int64)
        characters = np.zeros((len(encoded), max(1, int(widths.max()))), dtype=np.int16)
        characters[np.arange(characters.shape[1]) < widths[:, None]] = (
            np.frombuffer(b"".join(encoded), dtype=np.uint8).astype(np.int16) + 1
        )
        words = np.concatenate([[PADDING], vocabulary.ids(forms)]).astype(np.int64)
        return cls(words, characters, widths)

    def batch(self, sentences: Sequence[np.ndarray]) -> Sentences:
        """Return sentences, each given as the numbers of its forms (L,), as one batch.

        Raises
        ------
        TextError
            If a sentence has no word.
        """
        lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
        if not len(lengths) or lengths.min() == 0:
            raise TextError("A batch has no sentence, or one without words. Leave empty sentences out.")
        numbers = np.zeros((len(lengths), int(lengths.max())), dtype=np.int64)
        numbers[np.arange(numbers.shape[1]) < lengths[:, None]] = (
            np.concatenate(sentences).astype(np.int64) + 1
        )
        distinct, rows = np.unique(np.append(numbers, 0), return_inverse=True)
        rows = rows[:-1].reshape(numbers.shape)
        width = max(1, int(self.widths[distinct].max()))
        return Sentences(
            torch.from_numpy(self.words[distinct][rows]),
            torch.from_numpy(self.characters[distinct, :width].astype(np.int64)),
            torch.from_numpy(rows),
            torch.from_numpy(lengths),
        )

    def pairs(self, first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> Sentences:
        """Return pairs of sentences as one batch, each pair as one sentence with segments."""
        joined = self.batch([np.concatenate(both) for both in zip(first, second, strict=True)])
        border = torch.tensor([len(sentence) for sentence in first])
        places = torch.arange(joined.words.shape[1])
        return joined._replace(segments=((places >= border[:, None]) & joined.mask).long())


def sentences_of(words: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Sentences:
    """Return sentences of words as one batch; raise `TextError` if a sentence has no word."""
    numbers: dict[str, int] = {}
    rows = [np.array([numbers.setdefault(word, len(numbers)) for word in sentence]) for sentence in words]
    return Forms.from_forms(list(numbers), vocabulary).batch(rows)


def forget_singletons(
    sentences: Sentences, singletons: Tensor, generator: torch.Generator, others: float = 0.1
) -> Sentences:
    """Return the batch with half of the words that training has once made unknown (Lample et al. 2016).

    Of the other words a fraction ``others`` becomes unknown too, so that the network also reads what stands
    around a name, and its letters. ``singletons`` (V,) bool is from `Vocabulary.singletons`, on the CPU as
    the batch.
    """
    known = sentences.words >= FIRST
    chance = torch.where(singletons[sentences.words], 0.5, others)
    # One draw a place, used or not: what is drawn for a word depends on no other word.
    drawn = torch.rand(chance.shape, generator=generator) < chance
    return sentences._replace(words=sentences.words.masked_fill(known & drawn, UNKNOWN))


def buckets(lengths: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return batches of up to ``size`` sentences of about the same length, in random order.

    ``lengths`` (N,) counts the words of the sentences. Sentences of the same length are shuffled before
    they are cut into batches, and the batches are shuffled: each epoch has others.
    """
    order = rng.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    return [batches[place] for place in rng.permutation(len(batches))]


def _shortened(form: bytes) -> bytes:
    return form if len(form) <= LONGEST else form[: LONGEST // 2] + form[-LONGEST // 2 :]
