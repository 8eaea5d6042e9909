"""Sentences of one data set's subset, and what a stage learns from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from torch import Tensor

from engram.core.errors import TrainingError
from engram.data.split import Split
from engram.data.text.store import TextStore
from engram.data.text.tags import OUTSIDE, TagSet, type_of
from engram.training.losses.crf_likelihood import admitted_tags

__all__ = ["Objective", "Origin", "Source", "TextPart", "labels_in", "text_part", "training_words"]

Objective = Literal["tags", "words", "sentences", "words+sentences"]


class Origin(NamedTuple):
    """Where a batch is from, and what is learnt from it."""

    dataset: str
    objective: Objective
    head: str
    """The label set whose head learns its tags; empty for other objectives."""


@dataclass(frozen=True)
class TextPart:
    """Rows of one data set's stored sentences; words are read from the disk as they are used."""

    dataset: str
    store: TextStore
    rows: np.ndarray
    """(N,) int64."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lengths(self) -> np.ndarray:
        """Words of each sentence, (N,) int64."""
        offsets = self.store.offsets
        return np.asarray(offsets[self.rows + 1] - offsets[self.rows])

    def fraction(self, fraction: float, rng: np.random.Generator) -> TextPart:
        """Return a random ``fraction`` (0 to 1) of the sentences, at least one."""
        count = max(1, round(len(self.rows) * fraction))
        chosen = np.sort(rng.permutation(len(self.rows))[:count])
        return TextPart(self.dataset, self.store, self.rows[chosen])

    def forms(self, positions: Iterable[int]) -> list[np.ndarray]:
        """Return the numbers of the forms of some sentences, (L,) each."""
        return [self.store.form_ids[self._tokens(place)] for place in positions]

    def labels(self, positions: Iterable[int]) -> list[np.ndarray]:
        """Return the numbers of the labels of some sentences, (L,) each."""
        assert self.store.label_ids is not None
        return [self.store.label_ids[self._tokens(place)] for place in positions]

    def tokens(self, positions: Iterable[int]) -> list[np.ndarray]:
        """Return the places of some sentences' words among all words of the store, (L,) each."""
        return [np.arange(chosen.start, chosen.stop) for chosen in map(self._tokens, positions)]

    def form_counts(self) -> np.ndarray:
        """Return how often each form of the store stands in the part, (F,) int64."""
        counts = np.zeros(len(self.store.forms), np.int64)
        for forms in self.forms(range(len(self))):
            np.add.at(counts, forms, 1)
        return counts

    def _tokens(self, position: int) -> slice:
        row = int(self.rows[position])
        return slice(int(self.store.offsets[row]), int(self.store.offsets[row + 1]))


def text_part(dataset: str, store: TextStore, split: Split, subset: str, percent: int = 100) -> TextPart:
    """Return a subset's sentences; of the training subset so many percent.

    Raises
    ------
    TrainingError
        If the training subset is empty.
    """
    rows = split.rows(subset, percent)
    if subset == "train" and not len(rows):
        raise TrainingError(f"{dataset}: the training subset has no sentence. Look at its split.")
    return TextPart(dataset, store, rows)


@dataclass(frozen=True)
class Source:
    """Sentences with what is learnt from them."""

    part: TextPart
    objective: Objective
    head: str = ""
    ids: np.ndarray | None = None
    """The tag of the head for each label of the store, (labels,) int64."""
    admitted: Tensor | None = None
    """The tags (column) that a written tag (row) may stand for, (T, T) bool; None where it is certain."""
    foreign: np.ndarray | None = None
    """Which tags of the head are of types that the data set does not annotate, (T,) bool; None if none is."""

    @property
    def origin(self) -> Origin:
        """Where its batches are from."""
        return Origin(self.part.dataset, self.objective, self.head)

    @classmethod
    def of_tags(cls, part: TextPart, head: str, tags: TagSet, *, masked: bool = False) -> Source:
        """Return sentences whose tags a head learns.

        ``masked``: the head may know types that the data set does not annotate, and ``O`` may hide them.
        """
        ids, types = labels_in(part.store, tags), part.store.types
        if tags.kind == "tokens" or set(tags.types) == set(types):
            return cls(part, "tags", head, ids)
        foreign = np.array([name != OUTSIDE and type_of(name) not in types for name in tags.names])
        return cls(part, "tags", head, ids, admitted_tags(tags, types) if masked else None, foreign)


def labels_in(store: TextStore, tags: TagSet) -> np.ndarray:
    """Return the id of each of a store's labels in a tag set that has them, (labels,) int64."""
    return tags.ids(store.labels, str(store.folder))


def training_words(parts: Sequence[TextPart]) -> dict[str, int]:
    """Return each form of some parts with how often it stands there, in order of first appearance."""
    words: dict[str, int] = {}
    for part in parts:
        counts = part.form_counts()
        for place in np.flatnonzero(counts):
            form = part.store.forms[place]
            words[form] = words.get(form, 0) + int(counts[place])
    return words
