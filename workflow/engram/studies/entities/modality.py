"""Stored text and taggers, as the engine of lineages uses them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch

from engram.core.errors import SplitError
from engram.core.lineage import Lineage
from engram.data.split import Split
from engram.data.text.store import TextStore
from engram.data.text.tags import pack
from engram.models.text.files import load_tagger, save_tagger
from engram.models.text.tagger import Tagger
from engram.studies.entities.heads import covering_head
from engram.studies.entities.learner import TextLearner
from engram.training.device import Device
from engram.training.text.answers import answered, counted
from engram.training.text.batches import placed_batches
from engram.training.text.making import Maker
from engram.training.text.parts import Objective, Source, TextPart, text_part

__all__ = ["TextModality"]

#: Seed of the words that are hidden, and of the pairs, where a level of language is measured on test.
_MEASURED = 1
#: Kind of text -> what is measured of its tags.
_MEASURES = {"entities": "f1", "tokens": "accuracy"}


@dataclass
class TextModality:
    """Stored sentences, and taggers; an `engram.studies.lineage.protocols.Modality`."""

    objectives: Mapping[str, str] = field(default_factory=dict)
    """Of a text of language: model -> what it has learnt from it last."""
    unit: str = "sentences"
    _known: TextPart | None = None
    """The training subset of the text that is evaluated: its words alone are asked for."""

    def open_store(self, folder: Path) -> TextStore:
        """Open a stored text."""
        return TextStore.load(folder)

    def load_network(self, path: Path) -> Tagger:
        """Return a stored tagger."""
        return load_tagger(path)

    def save_network(self, path: Path, network: Tagger) -> None:
        """Write a tagger atomically."""
        save_tagger(path, network)

    def learner(self) -> TextLearner:
        """Return what prepares a stage."""
        return TextLearner()

    def head(self, network: Tagger, model: Lineage, dataset: str, task: str) -> str | None:
        """Return the head that answers for a text; of one of language, what is measured of it."""
        return self.objectives.get(str(model)) or covering_head(network, dataset)

    def test_samples(self, store: TextStore, split: Split, task: str, dataset: str) -> pd.DataFrame:
        """Return row, subject and gold (packed entities; None for other kinds) of each tested sentence.

        Raises
        ------
        SplitError
            If none is tested.
        """
        rows = split.tested()["row"].to_numpy()
        if not len(rows):
            raise SplitError(f"{dataset}: the test subset has no sentence. Change its split.")
        self._known = text_part(dataset, store, split, "train")
        labelled = store.kind == "entities"
        gold = [pack(store.entities(int(row))) if labelled else None for row in rows]
        subjects = store.index["subject"].iloc[rows].astype(str).to_numpy()
        return pd.DataFrame({"row": rows, "subject": subjects, "gold": pd.Series(gold, dtype="str")})

    def predict(
        self, network: Tagger, store: TextStore, samples: pd.DataFrame, head: str, device: Device
    ) -> pd.DataFrame:
        """Return ``samples`` with found, right, truth, answered and measure, a row a sentence.

        ``measure`` is ``f1`` (spans), ``accuracy`` (classes of words), ``words`` (hidden words recovered) or
        ``sentences`` (pairs told apart; a row a pair, that of its first sentence).
        """
        assert self._known is not None, "the samples come first"
        part = TextPart(self._known.dataset, store, samples["row"].to_numpy(np.int64))
        maker = Maker(network, [self._known], _MEASURED)
        if store.kind != "language":
            source = Source.of_tags(part, head, network.tasks[head])
            return _measured(network, source, samples, maker, device)
        frames = [
            _measured(network, Source(part, cast(Objective, objective)), samples, maker, device)
            for objective in head.split("+")
        ]
        return pd.concat(frames, ignore_index=True)


def _measured(
    network: Tagger, source: Source, samples: pd.DataFrame, maker: Maker, device: Device
) -> pd.DataFrame:
    """Return a row a sentence, or a row a pair, with what was found and its counts."""
    places, counts, found = [], [], []
    with torch.inference_mode(), device.autocast():
        for chosen, (inputs, targets, origin) in placed_batches(source, maker, _MEASURED):
            sent = device.send(inputs)
            ids, _ = answered(network, sent, device.send(targets), origin, with_loss=False)
            counts.append(counted(network, ids, sent, targets, origin, source.foreign))
            places.append(chosen)
            found += _packed(network, source, ids, inputs.lengths.tolist())
    order = np.argsort(np.concatenate(places), kind="stable")
    right, truth, given = np.concatenate(counts)[order].T
    return samples.iloc[np.concatenate(places)[order]].assign(
        found=pd.Series([found[place] for place in order], dtype="str").to_numpy(),
        right=right,
        truth=truth,
        answered=given,
        measure=_MEASURES.get(source.part.store.kind, source.objective),
    )


def _packed(network: Tagger, source: Source, ids: np.ndarray, lengths: list[int]) -> list[str | None]:
    """Return the entities of each sentence that are of the text's types; None for other kinds of text."""
    store = source.part.store
    if store.kind != "entities":
        return [None] * len(lengths)
    tags = network.tasks[source.head]
    return [
        pack(span for span in tags.decode(row[:length].tolist()) if span.type in store.types)
        for row, length in zip(ids, lengths, strict=True)
    ]
