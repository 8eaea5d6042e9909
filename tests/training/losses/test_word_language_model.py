"""Two language models: the loss word by word."""

import torch

from engram.models.text.batch import sentences_of
from engram.models.text.encoders.lstm import CharacterLstm
from engram.models.text.vocabulary import Vocabulary
from engram.training.losses.word_language_model import word_language_model_loss


def test_the_loss_is_that_of_both_directions_at_known_words():
    """A word without an embedding is not predicted; without any known word the loss is 0."""
    torch.manual_seed(0)
    vocabulary = Vocabulary(("the", "gene"))
    encoder = CharacterLstm(vocabulary, words=4, characters=3, character_units=5, units=3).eval()
    batch = sentences_of([["The", "p53", "gene"], ["gene"]], vocabulary)
    states = encoder.read(batch)
    terms = []
    for row, place in ((0, 0), (0, 2), (1, 0)):
        here = torch.zeros_like(batch.mask)
        here[row, place] = True
        scores = encoder.word_logits(states, here)
        terms.append(sum(-s.log_softmax(1)[0, batch.words[row, place]] for s in scores))
    torch.testing.assert_close(word_language_model_loss(encoder, states, batch), torch.stack(terms).mean())
    unknown = sentences_of([["p53"]], vocabulary)
    assert word_language_model_loss(encoder, encoder.read(unknown), unknown).item() == 0
