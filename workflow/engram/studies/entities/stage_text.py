"""What a stage on text learns from: its sentences, its heads, and the network that it starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from engram.config import DictionarySettings, TextRecipe
from engram.core.errors import TrainingError
from engram.core.seeds import derive_seed
from engram.data.text.store import TextStore
from engram.data.text.tags import TagSet
from engram.models.text.dictionary import Dictionary
from engram.models.text.files import imported_tagger, load_tagger
from engram.models.text.lexicon import Lexicon
from engram.models.text.tagger import Tagger, new_tagger
from engram.models.text.vector_files import read_word_vectors
from engram.models.text.vocabulary import Vocabulary
from engram.studies.entities.heads import covering_head
from engram.studies.entities.jobs.stages import EntitiesStageParams
from engram.studies.lineage.stage_job import StageJob
from engram.training.text.parts import Objective, Source, TextPart, text_part, training_words

__all__ = ["StageText"]


class StageText:
    """The sentences that a stage may read, and the network before it learns.

    Raises
    ------
    TrainingError
        If the stage has no validation sentence to choose an epoch by.
    """

    def __init__(self, job: StageJob) -> None:
        self.job = job
        self.recipe = cast(TextRecipe, job.recipe)
        self._params = cast(EntitiesStageParams, job.params)
        stage = job.lineage.stage
        self._own = [self.part(part.dataset, "train", part.percent) for part in sorted(stage.data)]
        self._replayed = list(self._replay())
        self.training_parts = [*self._own, *self._replayed]
        self.network = self._network()
        self.training = [self._source(part) for part in self.training_parts]
        held_out = [self.part(part.dataset, "validation") for part in self.training_parts]
        self.validation = [self._source(part) for part in held_out if len(part)]
        held = {source.part.dataset for source in self.validation}
        #: The texts whose scores choose the epoch; empty for all that have validation sentences.
        self.chosen_by = [name for name in self._params.chosen_by.get(str(job.lineage), []) if name in held]
        if not self.validation:
            raise TrainingError(
                f"{job.lineage}: no validation sentence of {', '.join(stage.datasets)} is there to choose "
                "the epoch by. Give a larger 'split.validation'."
            )

    def part(self, dataset: str, subset: str, percent: int = 100) -> TextPart:
        """Return a subset's sentences of a text that the stage may read."""
        return text_part(dataset, self.store(dataset), self.job.splits[dataset], subset, percent)

    def store(self, dataset: str) -> TextStore:
        """Return the store of a text that the stage may read."""
        return cast(TextStore, self.job.stores[dataset])

    def earlier(self) -> list[Source]:
        """Return what earlier stages learnt from, whole, but not from what this stage learns itself."""
        names = [name for name in self.job.lineage.earlier_datasets if name not in self._own_names]
        return [self._source(self.part(name, "validation")) for name in names]

    def tested(self) -> list[Source]:
        """Return the test subsets of what the stage learns from."""
        return [self._source(self.part(name, "test")) for name in self._own_names]

    def earlier_sentences(self, count: int) -> Iterator[tuple[Source, int]]:
        """Yield up to ``count`` training sentences of earlier stages' labelled texts, and their places."""
        names = [name for name in self.job.lineage.earlier_datasets if self.store(name).kind != "language"]
        parts = [self.part(name, "train") for name in names]
        total = sum(map(len, parts))
        rng = np.random.default_rng(derive_seed(self.job.stream, "fisher"))
        for part in parts:
            chosen = part.fraction(min(1.0, count / total), rng)
            source = self._source(chosen)
            yield from ((source, place) for place in range(len(chosen)))

    @property
    def _own_names(self) -> list[str]:
        return self.job.lineage.stage.datasets

    def _replay(self) -> Iterator[TextPart]:
        rng = np.random.default_rng(derive_seed(self.job.stream, "replay"))
        for name in self.job.lineage.earlier_datasets if self.recipe.replay else ():
            if name not in self._own_names:
                yield self.part(name, "train").fraction(cast(float, self.recipe.replay), rng)

    def _source(self, part: TextPart) -> Source:
        """Return a part with what is learnt from it: by its newest head, or the objective of its level."""
        if part.store.kind == "language":
            return Source(part, cast(Objective, self._params.objectives[part.dataset]))
        head = covering_head(self.network, part.dataset)
        assert head is not None
        masked = self.recipe.labels == "masked" and part.dataset in self._own_names
        return Source.of_tags(part, head, self.network.tasks[head], masked=masked)

    def _network(self) -> Tagger:
        torch.manual_seed(derive_seed(self.job.stream, "weights"))
        words = training_words(self.training_parts)
        if self.job.files.parent is None:
            network = self._new(words)
        else:
            network = load_tagger(self.job.files.parent)
            if self.recipe.layers == "all":
                # Where the embeddings do not learn, a new word's would stay random.
                network.extend(words, self._vectors(words))
        if self.recipe.objective == "tags":
            self._add_heads(network)
        return network

    def _new(self, words: Sequence[str] | dict[str, int]) -> Tagger:
        chosen = self._params.network
        settings: dict[str, Any] = chosen.arguments()
        if chosen.folder is not None:
            return imported_tagger(Path(chosen.folder), cast(str, chosen.sha256), settings)
        lexicon = None
        if self.recipe.dictionary is not None:
            lexicon = self._lexicon(self.recipe.dictionary)
            settings |= {"dictionary": lexicon.size, "place": self.recipe.dictionary.place}
        vectors = self._vectors(words)
        network = new_tagger(settings, Vocabulary() if vectors else Vocabulary().grown(words))
        if vectors:
            network.extend(words, vectors)
        network.lexicon = lexicon
        return network

    def _vectors(self, words: Iterable[str]) -> dict[str, np.ndarray] | None:
        """Return the pretrained vectors of words, if the network has a file of them."""
        path = self._params.network.vectors
        return read_word_vectors(path, (word.lower() for word in words)) if path else None

    def _add_heads(self, network: Tagger) -> None:
        if self.recipe.labels == "own":
            for part in self._own:
                network.add_head(part.dataset, part.store.tag_set)
            return
        types = sorted({name for part in self._own for name in part.store.types})
        network.add_head("+".join(self._own_names), TagSet(tuple(types)), self._own_names)

    def _lexicon(self, chosen: DictionarySettings) -> Lexicon:
        """Return the names of the stage's own sentences that two documents have, and all of other texts."""
        documents: dict[tuple[str, ...], set[str]] = {}
        entries: dict[tuple[str, ...], set[str]] = {}
        for name, document, kind in (each for part in self._own for each in _names(part)):
            documents.setdefault(name, set()).add(document)
            entries.setdefault(name, set()).add(kind)
        entries = {name: kinds for name, kinds in entries.items() if len(documents[name]) > 1}
        for text in chosen.texts:
            for name, _, kind in _names(self.part(text, "train")):
                entries.setdefault(name, set()).add(kind)
        types = sorted({kind for kinds in entries.values() for kind in kinds})
        return Lexicon(Dictionary(entries, types or self._own[0].store.types), chosen.features)


def _names(part: TextPart) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield the words in lower case, the document and the type of each entity of a part."""
    subjects = part.store.index["subject"].astype(str)
    for row in part.rows.tolist():
        words = part.store.words(row)
        for span in part.store.entities(row):
            yield tuple(word.lower() for word in words[span.start : span.end]), subjects.iloc[row], span.type
