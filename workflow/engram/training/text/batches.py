"""The order in which a stage's sentences are learnt: data sets mixed or in turns, by passes or by steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from engram.config import TextRecipe
from engram.core.errors import TrainingError
from engram.core.seeds import derive_seed
from engram.models.text.batch import buckets
from engram.training.distributed import rank, shard
from engram.training.losses.sentence_pairs import Pairs, draw_pairs
from engram.training.text.making import PLAIN_BATCH, Batch, Maker
from engram.training.text.parts import Source, TextPart

__all__ = ["TextBatches", "placed_batches", "plain_batches"]

#: A batch to be made: of which source, which sentences (or pairs of these drawn pairs).
_Planned = tuple[Source, np.ndarray, "Pairs | None"]


class TextBatches:
    """The training data of a stage. Every random choice comes from (seed, epoch).

    A batch is of one data set, and of sentences of about one length. With sampling ``mixed`` an epoch has
    the batches of all sources in one random order; with ``turns`` it has those of one source, drawn at
    random. With ``steps`` the epochs cut a sequence of such passes into equal parts.
    """

    def __init__(self, sources: Sequence[Source], maker: Maker, recipe: TextRecipe, seed: int) -> None:
        self._sources, self._maker, self._recipe, self._seed = sources, maker, recipe, seed
        self._lengths = {id(source): source.part.lengths for source in sources}

    def __len__(self) -> int:
        return sum(len(source.part) for source in self._sources)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch: inputs, targets, and where they are from."""
        generator = torch.Generator().manual_seed(derive_seed(self._seed, "hidden words", number) + rank())
        for source, chosen, pairs in self._planned(number):
            mine = shard(chosen)
            if pairs is None:
                yield self._maker.training(source, mine, generator)
            else:
                yield self._maker.pairs(source, pairs, mine, generator)

    def _planned(self, number: int) -> Iterator[_Planned]:
        recipe = self._recipe
        if recipe.steps is None:
            yield from self._pass(number)
            return
        first, end = (recipe.steps * each // recipe.epochs for each in (number - 1, number))
        size, step = self._pass_size(), first
        while step < end:
            turn = step // size + 1
            for planned in self._pass(turn)[step - (turn - 1) * size :]:
                if step == end:
                    return
                yield planned
                step += 1

    def _pass_size(self) -> int:
        return len(self._pass(1))

    def _pass(self, number: int) -> list[_Planned]:
        """Return the batches of a pass in their order."""
        rng = np.random.default_rng(derive_seed(self._seed, "sentences", number))
        chosen = self._sources
        if self._recipe.sampling == "turns":
            chosen = [self._sources[int(rng.integers(len(self._sources)))]]
        found = [planned for source in chosen for planned in self._batches(source, rng)]
        return [found[place] for place in rng.permutation(len(found))]

    def _batches(self, source: Source, rng: np.random.Generator) -> list[_Planned]:
        if "sentences" not in source.objective:
            lengths = self._lengths[id(source)]
            return [(source, each, None) for each in buckets(lengths, self._recipe.batch_size, rng)]
        pairs, lengths = _pairs(source.part, self._lengths[id(source)], rng)
        return [(source, each, pairs) for each in buckets(lengths, self._recipe.batch_size, rng)]


def plain_batches(sources: Sequence[Source], maker: Maker, seed: int) -> Iterator[Batch]:
    """Yield the sentences of some sources in order of length, the same each time, to measure a network on.

    A source of objective ``sentences`` gives pairs, ``words+sentences`` gives sentences with hidden words.
    """
    for source in sources:
        yield from (batch for _, batch in placed_batches(source, maker, seed))


def placed_batches(source: Source, maker: Maker, seed: int) -> Iterator[tuple[np.ndarray, Batch]]:
    """Yield the same of one source, each batch with the places of its sentences; of pairs, of the first."""
    lengths, pairs = source.part.lengths, None
    if source.objective == "sentences":
        rng = np.random.default_rng(derive_seed(seed, "measured pairs", source.part.dataset))
        pairs, lengths = _pairs(source.part, lengths, rng)
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), PLAIN_BATCH):
        chosen = order[start : start + PLAIN_BATCH]
        if pairs is None:
            yield chosen, maker.plain(source, chosen)
        else:
            yield pairs.first[chosen], maker.pairs(source, pairs, chosen, None)


def _pairs(part: TextPart, lengths: np.ndarray, rng: np.random.Generator) -> tuple[Pairs, np.ndarray]:
    """Return pairs of positions of a part, and how many words each has."""
    index = part.store.index.iloc[part.rows]
    documents = index["subject"].astype(str).to_numpy(object).astype(str)
    pairs = draw_pairs(documents, index["x_sentence"].to_numpy(np.int64), rng)
    if not len(pairs.first):
        raise TrainingError(
            f"{part.dataset}: no sentence follows another of its document, so there are no pairs. Take "
            "objective 'words' for this text."
        )
    return pairs, lengths[pairs.first] + lengths[pairs.second]
