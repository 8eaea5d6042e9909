"""Training a tagger on one thread: a BiLSTM of 2 x 128, 50 filters, words of 100, batches of 16 sentences.

The text is drawn: 9,000 words by Zipf's law, sentences of about 27 words. A step makes the batch, hides rare
words, and has forward and backward passes, clipping and AdamW; the bare loop has the passes alone, on tensors
that are ready. The plain tagger is written as tutorials write it: a convolution over every word of the batch,
torch's LSTM on packed sentences, and a CRF in log space whose loop autograd differentiates. Seconds are the
processor's, which others that use the machine do not lengthen; in turns, medians of seven.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from engram.data.text.tags import TagSet
from engram.models.text.batch import Forms, Sentences, buckets, forget_singletons
from engram.models.text.crf import Crf
from engram.models.text.recurrent import BothDirections
from engram.models.text.tagger import Tagger, new_tagger
from engram.models.text.vocabulary import Vocabulary
from engram.training.losses.crf_likelihood import crf_loss

__all__ = ["run"]

_WORDS, _SENTENCES, _BATCH, _TURNS = 9000, 640, 16, 7
_TAGS = TagSet(("disease",))


def run() -> dict[str, float]:
    """Return tokens a second and ratios of speeds."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    text = _Text()
    return _steps(text) | _recurrence(text) | _fields(text)


class _Text:
    """Drawn sentences as numbers of forms, and their batches."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        sizes = np.maximum(1, rng.gamma(4, 1.7, _WORDS).astype(int))
        forms = [f"{bytes(rng.integers(97, 123, size)).decode()}{n}" for n, size in enumerate(sizes)]
        self.vocabulary = Vocabulary(tuple(forms))
        self.table = Forms.from_forms(forms, self.vocabulary)
        self.singletons = torch.from_numpy(rng.random(len(self.vocabulary)) < 0.4)
        chance = 1 / np.arange(1, _WORDS + 1)
        self.lengths = rng.gamma(5, 5, _SENTENCES).astype(int) + 2
        self.rows = [rng.choice(_WORDS, n, p=chance / chance.sum()) for n in self.lengths]
        self.batches = buckets(self.lengths, _BATCH, rng)
        self.tokens = int(self.lengths.sum())

    def ready(self) -> list[Sentences]:
        return [self.table.batch([self.rows[row] for row in rows]) for rows in self.batches]


def _steps(text: _Text) -> dict[str, float]:
    tagger = new_tagger({"encoder": "bilstm"}, text.vocabulary)
    tagger.add_head("diseases", _TAGS)
    plain = _Plain(len(text.vocabulary))
    optimisers = [torch.optim.AdamW(net.parameters(), 1e-3, fused=True) for net in (tagger, plain)]
    ready, generator = text.ready(), torch.Generator().manual_seed(0)

    def step(net: nn.Module, loss: Callable[[Sentences], Tensor], optimiser: torch.optim.Optimizer) -> None:
        for rows in text.batches:
            batch = text.table.batch([text.rows[row] for row in rows])
            batch = forget_singletons(batch, text.singletons, generator)
            optimiser.zero_grad()
            loss(batch).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5)
            optimiser.step()

    def bare() -> None:
        for batch in ready:
            _loss(tagger, batch).backward()
            tagger.zero_grad()

    seconds = _timed(
        step=lambda: step(tagger, lambda batch: _loss(tagger, batch), optimisers[0]),
        bare=bare,
        plain=lambda: step(plain, plain, optimisers[1]),
    )
    return {
        "tokens_per_second": text.tokens / seconds["step"],
        "step_over_bare_loop": seconds["bare"] / seconds["step"],
        "step_over_plain_tagger": seconds["plain"] / seconds["step"],
    }


def _loss(tagger: Tagger, batch: Sentences) -> Tensor:
    # Any tags: what is learnt does not change what it costs.
    return crf_loss(tagger.head("diseases"), tagger(batch, "diseases"), batch.words % 2, batch.lengths).mean()


class _Plain(nn.Module):
    """The same sizes from torch's own parts."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.words, self.bytes = nn.Embedding(words, 100), nn.Embedding(257, 30)
        self.filters = nn.Conv1d(30, 50, 3, padding=1)
        self.lstm = nn.LSTM(150, 128, batch_first=True, bidirectional=True)
        self.dropout, self.crf = nn.Dropout(0.5), _LoopedCrf(256, _TAGS)

    def forward(self, batch: Sentences) -> Tensor:
        characters = batch.characters[batch.forms]
        flat = self.bytes(characters.flatten(0, 1)).transpose(1, 2)
        forms = self.filters(flat).amax(2).view(*batch.words.shape, -1)
        inputs = self.dropout(torch.cat([self.words(batch.words), forms], 2))
        packed = nn.utils.rnn.pack_padded_sequence(inputs, batch.lengths, True, enforce_sorted=False)
        states = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0]
        return crf_loss(self.crf, self.crf(self.dropout(states)), batch.words % 2, batch.lengths).mean()


class _LoopedCrf(Crf):
    """The same field; autograd follows the loop over the words."""

    def log_partition(self, emissions: Tensor, lengths: Tensor, temperature: float = 1.0) -> Tensor:
        pairs, start, end = self.scores(temperature)
        state = start + emissions[:, 0]
        for place in range(1, emissions.shape[1]):
            after = (state[:, :, None] + pairs).logsumexp(1) + emissions[:, place]
            state = torch.where((place < lengths)[:, None], after, state)
        return (state + end).logsumexp(1)


def _recurrence(text: _Text) -> dict[str, float]:
    """Both directions of an LSTM: sentences turned, packed, and padded without regard to lengths."""
    turned, torchs = BothDirections(150, 128), nn.LSTM(150, 128, batch_first=True, bidirectional=True)
    inputs = [(torch.randn(*batch.words.shape, 150), batch.lengths) for batch in text.ready()]

    def packed() -> None:
        for values, lengths in inputs:
            rows = nn.utils.rnn.pack_padded_sequence(values, lengths, True, enforce_sorted=False)
            torchs(rows)[0].data.sum().backward()

    seconds = _timed(
        turned=lambda: [turned(values, lengths).sum().backward() for values, lengths in inputs],
        packed=packed,
        padded=lambda: [torchs(values)[0].sum().backward() for values, _ in inputs],
    )
    return {
        "lstm_turned_over_packed": seconds["packed"] / seconds["turned"],
        "lstm_turned_over_padded": seconds["padded"] / seconds["turned"],
    }


def _fields(text: _Text) -> dict[str, float]:
    """The CRF's loss and its gradients: batched, sentence by sentence, and batched by autograd."""
    batched, looped = Crf(256, _TAGS), _LoopedCrf(256, _TAGS)
    inputs = [
        (torch.randn(*b.words.shape, 5, requires_grad=True), b.words % 2, b.lengths) for b in text.ready()
    ]

    def whole(field: Crf) -> None:
        for emissions, tags, lengths in inputs:
            crf_loss(field, emissions, tags, lengths).sum().backward()

    def alone() -> None:
        for emissions, tags, lengths in inputs:
            for row, length in enumerate(lengths.tolist()):
                part = (slice(row, row + 1), slice(length))
                crf_loss(looped, emissions[part], tags[part], lengths[row : row + 1]).sum().backward()

    seconds = _timed(batched=lambda: whole(batched), looped=lambda: whole(looped), alone=alone)
    return {
        "crf_over_sentence_loop": seconds["alone"] / seconds["batched"],
        "crf_over_autograd": seconds["looped"] / seconds["batched"],
    }


def _timed(**ways: Callable[[], object]) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(_TURNS + 1):
        for name, way in ways.items():
            started = time.process_time()
            way()
            if turn:  # the first is a warm-up
                seconds[name].append(time.process_time() - started)
    return {name: statistics.median(values) for name, values in seconds.items()}
