"""Two language models beside the tags: next and previous word (Liu et al. 2018, Zuo and Zhang 2020)."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor

from engram.models.text.batch import Sentences
from engram.models.text.encoders.lstm import CharacterLstm, States
from engram.models.text.vocabulary import FIRST

__all__ = ["word_language_model_loss"]


def word_language_model_loss(encoder: CharacterLstm, states: States, sentences: Sentences) -> Tensor:
    """Return the mean cross-entropy of the forward plus that of the backward language model, a scalar.

    ``states`` are of ``encoder.read(sentences)``. Words without an embedding are not predicted. Equation 4
    of Liu et al. (2018): it is added to the loss of the tags, times a weight that is 1 there.
    """
    known = sentences.words >= FIRST
    words = sentences.words[known]
    forward, backward = encoder.word_logits(states, known)
    if not len(words):
        return (forward.sum() + backward.sum()) * 0
    return F.cross_entropy(forward.float(), words) + F.cross_entropy(backward.float(), words)
