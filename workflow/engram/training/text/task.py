"""The training task of a stage on text: tags, masked words, pairs of sentences, terms against forgetting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

from engram.models.text.tagger import Tagger
from engram.training.losses.elastic import Elastic
from engram.training.losses.l2_sp import StartingPoint
from engram.training.losses.masked_words import masked_words_loss
from engram.training.losses.word_language_model import word_language_model_loss
from engram.training.objective import Task
from engram.training.text.answers import answered, counted, hidden_words, likelihood, values_of
from engram.training.text.counts import f1
from engram.training.text.held import HeldHeads
from engram.training.text.parts import Origin, Source

__all__ = ["TextTask"]

#: Sums of a data set: right, in the gold standard, answered, the summed loss, words.
_SUMS = 5


class TextTask(Task):
    """What a stage minimises: of each batch the loss of its own objective, for each word.

    Parameters
    ----------
    network
        A tagger.
    sources
        The sources of its training and validation batches.
    start
        1 where batches are the outputs of the frozen encoder, else 0.
    language_model
        Weight of the losses of the next and the previous word.
    held, elastic, starting_point
        Terms against forgetting.
    chosen_by
        The data sets whose mean score is the score of the stage; by default all.
    with_loss
        Whether the loss is measured beside the score; without it the mean loss is NaN.
    """

    score_name = "validation_score"
    compiles = False

    def __init__(
        self,
        network: Tagger,
        sources: Sequence[Source],
        start: int = 0,
        *,
        language_model: float = 0.0,
        held: HeldHeads | None = None,
        elastic: Elastic | None = None,
        starting_point: StartingPoint | None = None,
        chosen_by: Sequence[str] = (),
        with_loss: bool = True,
    ) -> None:
        super().__init__(network)
        self.with_loss = with_loss
        self.start, self.language_model = start, language_model
        self.held, self.elastic, self.starting_point = held, elastic, starting_point
        self._datasets = list(dict.fromkeys(source.part.dataset for source in sources))
        chosen = set(chosen_by or self._datasets)
        self._choosing = [place for place, name in enumerate(self._datasets) if name in chosen]
        self._admitted = {
            source.part.dataset: source.admitted for source in sources if source.admitted is not None
        }
        self._foreign = {source.part.dataset: source.foreign for source in sources}
        self.sum_count = _SUMS * len(self._datasets)
        self.latest: dict[str, float] = {}
        """Data set -> its score, 0 to 1, in the last validation."""

    def forward(self, inputs: Any, targets: Tensor, origin: Origin) -> dict[str, Tensor]:
        """Return ``loss``, a scalar."""
        loss = self._objective(inputs, targets, origin)
        if self.held is not None and origin.objective == "tags":
            loss = loss + self.held(self.network, inputs)
        if self.elastic is not None:
            loss = loss + self.elastic(self.network)
        if self.starting_point is not None:
            loss = loss + self.starting_point(self.network)
        return {"loss": loss}

    def _objective(self, inputs: Any, targets: Tensor, origin: Origin) -> Tensor:
        if origin.objective == "tags":
            return self._tags(inputs, targets, origin)
        encoder: Any = self.network.encoder
        read = encoder.read(inputs)
        loss = read.new_zeros(())
        if "words" in origin.objective:
            hidden = hidden_words(inputs, targets)
            chosen = hidden >= 0
            loss = loss + masked_words_loss(encoder.word_logits(read[:, 1:][chosen]), hidden[chosen])
        if "sentences" in origin.objective:
            loss = loss + F.cross_entropy(encoder.pair_logits(read[:, 0]).float(), targets[:, -1])
        return loss

    def _tags(self, inputs: Any, targets: Tensor, origin: Origin) -> Tensor:
        network: Any = self.network
        beside: Tensor | float = 0.0
        if self.language_model:
            states = network.encoder.read(inputs)
            encoded = network.dropout(network.encoder.encoded(states, inputs))
            beside = self.language_model * word_language_model_loss(network.encoder, states, inputs)
        else:
            encoded = network.encode(*values_of(inputs, self.start))
        head = network.head(origin.head)
        admitted = self._admitted.get(origin.dataset)
        return likelihood(head, head(encoded), targets, inputs.lengths, admitted) + beside

    def sums(self, inputs: Any, targets: Tensor, origin: Origin) -> Tensor:
        """Return for each data set right, gold and answered spans or words, the loss and its words."""
        total = torch.zeros(len(self._datasets), _SUMS, dtype=torch.float64)
        admitted, foreign = self._admitted.get(origin.dataset), self._foreign[origin.dataset]
        sent = targets.to(inputs.lengths.device)
        found, loss = answered(
            self.network, inputs, sent, origin, self.start, admitted, with_loss=self.with_loss
        )
        counts = counted(self.network, found, inputs, targets, origin, foreign)
        words = int(inputs.lengths.sum())
        row = total[self._datasets.index(origin.dataset)]
        row[:3] = torch.from_numpy(counts.sum(0))
        row[3], row[4] = float(loss) * words, words
        return total.flatten()

    def summary(self, total: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean score of those that choose and the mean loss of all; an entity's score is F1."""
        right, truth, answered, loss, tokens = total.reshape(-1, _SUMS).T
        scores = f1(right, truth, answered)
        self.latest = dict(zip(self._datasets, scores.tolist(), strict=True))
        return scores[self._choosing].mean(), (loss / tokens.clamp_min(1)).mean()
