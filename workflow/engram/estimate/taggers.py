"""The taggers that a pilot measures: random sentences of some lengths, and a stage's loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engram.data.text.tags import TagSet
from engram.models.text.batch import Forms, Sentences
from engram.models.text.tagger import Tagger, new_tagger
from engram.models.text.vocabulary import Vocabulary
from engram.studies.entities.workload import WORDS_A_SENTENCE
from engram.training.losses.crf_likelihood import crf_loss
from engram.training.losses.masked_words import masked_words_loss
from engram.training.losses.word_language_model import word_language_model_loss
from engram.training.text.making import Encoded
from engram.training.workload import Workload

__all__ = ["build_tagger"]

_TAGS = TagSet(("first", "second"))
#: Of the words, how many are hidden.
_HIDDEN = 7
#: Pieces of words of the published BERT.
_PIECES = 30522


def build_tagger(
    settings: dict[str, Any], workload: Workload
) -> tuple[nn.Module, Callable[[Any], Tensor], Callable[[], Any]]:
    """Return a tagger, what it computes in a step, and what gives random sentences of a batch."""
    words = [f"word{number}" for number in range(settings["words"])]
    arguments, vocabulary = settings["tagger"], Vocabulary(tuple(words))
    if arguments["encoder"] == "imported":
        arguments, vocabulary = {**arguments, **_bert_base(settings["words"])}, Vocabulary()
    tagger = new_tagger(arguments, vocabulary)
    tagger.add_head("head", _TAGS)
    depth = tagger.frozen_depth(settings["layers"])
    tagger.freeze(depth)
    sentences = _sentences(Forms.from_forms(words, tagger.vocabulary), len(words), workload.batch)
    inputs: Sentences | Encoded = sentences
    if depth:
        with torch.inference_mode():
            values = tagger.eval().prefix(sentences, depth)
        inputs = Encoded(values.clone(), sentences.lengths)

    def call(given: Any) -> Tensor:
        if settings["objective"] != "tags":
            return _recovered(tagger, given)
        return _tagged(tagger, given, language_model=settings["language_model"], learns=workload.learns)

    return tagger, call, lambda: inputs


def _bert_base(words: int) -> dict[str, Any]:
    """Return the sizes of BERT base (Devlin et al. 2019), as which each imported one counts.

    Its own are known only when its folder has been read. Each word has two pieces.
    """
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "word", *(f"##{number}" for number in range(words))]
    config = {"vocab_size": max(_PIECES, len(pieces)), "max_position_embeddings": 512}
    sizes = {"hidden_size": 768, "intermediate_size": 3072}
    layers = {"num_hidden_layers": 12, "num_attention_heads": 12}
    return {"config": {**config, **sizes, **layers}, "pieces": pieces, "lower": True}


def _sentences(forms: Forms, words: int, batch: int) -> Sentences:
    rng = np.random.default_rng(1)
    lengths = rng.integers(WORDS_A_SENTENCE // 2, 3 * WORDS_A_SENTENCE // 2 + 1, batch)
    return forms.batch([rng.integers(0, words, length) for length in lengths])


def _tagged(tagger: Tagger, given: Any, *, language_model: bool, learns: bool) -> Tensor:
    beside: Tensor | float = 0.0
    encoder: Any = tagger.encoder
    if language_model and learns:
        states = encoder.read(given)
        encoded = tagger.dropout(encoder.encoded(states, given))
        beside = word_language_model_loss(encoder, states, given)
    elif isinstance(given, Encoded):
        encoded = tagger.encode(given.values, 1)
    else:
        encoded = tagger.encode(given)
    head = tagger.head("head")
    emissions = head(encoded)
    if not learns:
        return head.decode(emissions, given.lengths)
    tags = torch.zeros(emissions.shape[:2], dtype=torch.int64, device=emissions.device)
    return crf_loss(head, emissions, tags, given.lengths).mean() + beside


def _recovered(tagger: Tagger, given: Any) -> Tensor:
    encoder: Any = tagger.encoder
    read = encoder.read(given)
    chosen = given.mask & (torch.arange(given.words.shape[1], device=given.words.device) % _HIDDEN == 0)
    scores = encoder.word_logits(read[:, 1:][chosen])
    return masked_words_loss(scores, given.words[chosen]) + encoder.pair_logits(read[:, 0]).square().mean()
