"""What a tagger answers for a batch, and its loss; and what of it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

from engram.models.text.crf import Crf
from engram.training.losses.crf_likelihood import crf_loss, partial_crf_loss
from engram.training.losses.masked_words import masked_words_loss
from engram.training.text.counts import span_counts, token_counts
from engram.training.text.making import Encoded
from engram.training.text.parts import Origin

__all__ = ["answered", "counted", "hidden_words", "likelihood", "values_of"]


def answered(
    network: Any,
    inputs: Any,
    targets: Tensor,
    origin: Origin,
    start: int = 0,
    admitted: Tensor | None = None,
    *,
    with_loss: bool = True,
) -> tuple[np.ndarray, Tensor]:
    """Return a network's answers to a batch, and its loss (scalar) as `likelihood` and others give it.

    Without ``with_loss`` the loss of tags, which takes a seventh of the time, is not computed: it is NaN.

    The answers are the best tags (B, L), the recovered words (B, L; -1 where none is hidden), or whether the
    second sentence follows (B,). Inputs and targets are on the device.
    """
    if origin.objective == "tags":
        head = network.head(origin.head)
        emissions = head(network.encode(*values_of(inputs, start)))
        found = head.decode(emissions, inputs.lengths)
        if not with_loss:
            return found.cpu().numpy(), emissions.new_tensor(torch.nan)
        return found.cpu().numpy(), likelihood(head, emissions, targets, inputs.lengths, admitted)
    read = network.encoder.read(inputs)
    if origin.objective == "sentences":
        scores = network.encoder.pair_logits(read[:, 0])
        return scores.argmax(1).cpu().numpy(), F.cross_entropy(scores.float(), targets[:, -1])
    hidden = hidden_words(inputs, targets)
    chosen = hidden >= 0
    scores = network.encoder.word_logits(read[:, 1:][chosen])
    found = torch.full_like(hidden, -1)
    found[chosen] = scores.argmax(1)
    return found.cpu().numpy(), masked_words_loss(scores, hidden[chosen])


def counted(
    network: Any, found: np.ndarray, inputs: Any, targets: Tensor, origin: Origin, foreign: np.ndarray | None
) -> np.ndarray:
    """Return right, gold and answered of each sentence of a batch, (B, 3) int64.

    Spans where the head finds entities, words where it classes tokens or recovers hidden ones; for the
    objective ``sentences`` pairs. ``found`` are `answered`, ``targets`` are on the CPU. What is found of
    types that the data set does not annotate, ``foreign`` (T,), is no answer.
    """
    gold, lengths = targets.numpy(), inputs.lengths.cpu().numpy()
    if origin.objective == "tags":
        if network.tasks[origin.head].kind == "tokens":
            return token_counts(gold, found, lengths)
        return span_counts(gold, found if foreign is None else found * ~foreign[found], lengths)
    if origin.objective == "sentences":
        right = (gold[:, -1] == found).astype(np.int64)
        return np.stack([right, np.ones_like(right), np.ones_like(right)], 1)
    hidden = gold[:, : found.shape[1]] >= 0
    right, count = ((gold[:, : found.shape[1]] == found) & hidden).sum(1), hidden.sum(1)
    return np.stack([right, count, count], 1)


def likelihood(
    head: Crf, emissions: Tensor, tags: Tensor, lengths: Tensor, admitted: Tensor | None
) -> Tensor:
    """Return the negative log-likelihood of a batch's tags for each of its words, a scalar.

    With ``admitted`` (T, T) bool, that of all tags that the written ones may stand for.
    """
    if admitted is None:
        losses = crf_loss(head, emissions, tags, lengths)
    else:
        losses = partial_crf_loss(head, emissions, admitted.to(tags.device)[tags], lengths)
    return losses.sum() / lengths.sum()


def hidden_words(inputs: Any, targets: Tensor) -> Tensor:
    """Return what stands at hidden places, (B, L) int64; -1 elsewhere. The last column of pairs goes."""
    return targets[:, : inputs.words.shape[1]]


def values_of(inputs: Any, start: int) -> tuple[Any, int]:
    """Return what a tagger encodes of a batch, and from which layer on."""
    return (inputs.values, start) if isinstance(inputs, Encoded) else (inputs, 0)
