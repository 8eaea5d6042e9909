"""From rows of sentences to the batches that a network reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engram.core.arrays import begin_array
from engram.core.errors import CheckpointError
from engram.core.files import atomic_path
from engram.core.reading import open_array
from engram.core.seeds import derive_seed
from engram.models.text.batch import Forms, Sentences, forget_singletons
from engram.models.text.tagger import Tagger
from engram.training.device import Device
from engram.training.losses.masked_words import mask_words
from engram.training.losses.sentence_pairs import Pairs
from engram.training.text.masking import hide, measured_tokens, padded
from engram.training.text.parts import Origin, Source, TextPart

__all__ = ["PLAIN_BATCH", "Batch", "Encoded", "Maker"]

#: Sentences of a batch where nothing is learnt; a field's loop over the words costs as much for few.
PLAIN_BATCH = 128

#: What the loop hands to the task: inputs, targets, and where they are from.
Batch = tuple["Sentences | Encoded", Tensor, Origin]


class Encoded(NamedTuple):
    """Sentences as a frozen encoder gave them."""

    values: Tensor
    """(B, L, H)."""
    lengths: Tensor
    """Words of each sentence, (B,) int64."""


class Maker:
    """Makes batches for one network; it looks each data set's forms up once.

    Parameters
    ----------
    tagger
        The network with the vocabulary and dictionary that it is trained with.
    training
        The parts that it learns from, which say which words are singletons and which words a measured
        language level may be asked for.
    seed
        Of the places that are hidden where a network is measured.
    scratch
        Folder of caches; None where nothing is cached.
    """

    def __init__(
        self, tagger: Tagger, training: Sequence[TextPart], seed: int, scratch: Path | None = None
    ) -> None:
        self._tagger, self._seed, self._scratch = tagger, seed, scratch
        self._forms: dict[str, Forms] = {}
        self._asked: dict[str, np.ndarray] = {}
        self._encoded: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]] = {}
        counts: dict[str, int] = {}
        for part in training:
            for form, count in _counted(part).items():
                counts[form] = counts.get(form, 0) + count
        self._singletons = torch.from_numpy(tagger.vocabulary.singletons(counts))
        self._known = {form.lower() for form in counts}

    def training(self, source: Source, positions: np.ndarray, generator: torch.Generator) -> Batch:
        """Return sentences to learn from: singletons become unknown, or words are hidden, at random."""
        if source.objective == "tags":
            inputs = self.inputs(source.part, positions)
            if isinstance(inputs, Sentences):
                inputs = forget_singletons(inputs, self._singletons, generator)
            return inputs, self._tags(source, positions), source.origin
        masked = mask_words(self._sentences(source.part, positions), generator)
        targets = torch.full(masked.chosen.shape, -1)
        targets[masked.chosen] = masked.words
        return masked.sentences, targets, source.origin

    def plain(self, source: Source, positions: np.ndarray) -> Batch:
        """Return sentences to measure a network on, the same each time."""
        if source.objective == "tags":
            return self.inputs(source.part, positions), self._tags(source, positions), source.origin
        part = source.part
        chosen = self._measured(part, positions)
        seen, targets = hide(self._sentences(part, positions), chosen)
        # Of the objective "words+sentences" the words are measured.
        return seen, targets, source.origin._replace(objective="words")

    def pairs(
        self, source: Source, drawn: Pairs, chosen: np.ndarray, generator: torch.Generator | None
    ) -> Batch:
        """Return pairs of sentences; the last column of the targets says whether the second follows.

        ``generator`` hides words at random, for the objective ``words+sentences``; without it, or for the
        objective ``sentences``, nothing is hidden.
        """
        part = source.part
        sentences = self._of(part).pairs(part.forms(drawn.first[chosen]), part.forms(drawn.second[chosen]))
        targets = torch.full(sentences.words.shape, -1)
        if generator is not None and source.objective == "words+sentences":
            masked = mask_words(sentences, generator)
            sentences = masked.sentences
            targets[masked.chosen] = masked.words
        follows = torch.from_numpy(drawn.follows[chosen].astype(np.int64))
        return sentences, torch.cat([targets, follows[:, None]], 1), source.origin

    def inputs(self, part: TextPart, positions: np.ndarray) -> Sentences | Encoded:
        """Return sentences, or what the frozen encoder gave for them where that is cached."""
        cached = self._encoded.get((part.dataset, id(part)))
        if cached is None:
            return self._sentences(part, positions)
        features, offsets = cached
        rows = [features[offsets[place] : offsets[place + 1]] for place in positions]
        lengths = np.array([len(row) for row in rows])
        values = np.zeros((len(rows), int(lengths.max()), features.shape[1]), np.float32)
        for place, row in enumerate(rows):
            values[place, : len(row)] = row
        return Encoded(torch.from_numpy(values), torch.from_numpy(lengths))

    def cache(self, part: TextPart, name: str, device: Device) -> None:
        """Run the frozen encoder once over a part; its outputs (words, H) float16 lie in a file."""
        assert self._scratch is not None
        path = self._scratch / f"{name}.npy"
        lengths = part.lengths
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        if not path.exists():
            self._tagger.eval()
            with atomic_path(path) as temporary, open(temporary, "wb") as stream, torch.inference_mode():
                begin_array(stream, (int(offsets[-1]), self._tagger.encoder.size), np.float16)
                for start in range(0, len(part), PLAIN_BATCH):
                    positions = np.arange(start, min(start + PLAIN_BATCH, len(part)))
                    sentences = device.send(self._sentences(part, positions))
                    encoded = self._tagger.prefix(sentences, 1).cpu().half().numpy()
                    for row, length in zip(encoded, lengths[positions], strict=True):
                        stream.write(np.ascontiguousarray(row[:length]).tobytes())
        self._encoded[part.dataset, id(part)] = open_array(path, CheckpointError), offsets

    def _measured(self, part: TextPart, positions: np.ndarray) -> Tensor:
        seed = derive_seed(self._seed, part.dataset) % 2**31
        if part.dataset not in self._asked:
            self._asked[part.dataset] = np.array([form.lower() in self._known for form in part.store.forms])
        rows = [
            measured_tokens(tokens, seed) & self._asked[part.dataset][forms]
            for tokens, forms in zip(part.tokens(positions), part.forms(positions), strict=True)
        ]
        return padded(rows).bool()

    def _sentences(self, part: TextPart, positions: np.ndarray) -> Sentences:
        sentences = self._of(part).batch(part.forms(positions))
        lexicon = self._tagger.lexicon
        if lexicon is None:
            return sentences
        return lexicon.add(sentences, [part.store.words(int(row)) for row in part.rows[positions]])

    def _tags(self, source: Source, positions: np.ndarray) -> Tensor:
        assert source.ids is not None
        return padded([source.ids[labels] for labels in source.part.labels(positions)])

    def _of(self, part: TextPart) -> Forms:
        if part.dataset not in self._forms:
            self._forms[part.dataset] = Forms.from_forms(part.store.forms, self._tagger.vocabulary)
        return self._forms[part.dataset]


def _counted(part: TextPart) -> Mapping[str, int]:
    counts = part.form_counts()
    return {part.store.forms[place]: int(counts[place]) for place in np.flatnonzero(counts)}
