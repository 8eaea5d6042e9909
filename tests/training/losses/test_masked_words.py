"""Hidden words: how many, how, and the loss of recovering them."""

import torch

from engram.models.text.batch import sentences_of
from engram.models.text.encoders.bert import Bert
from engram.models.text.vocabulary import FIRST, MASK, Vocabulary
from engram.training.losses.masked_words import mask_words, masked_word_scores, masked_words_loss

_VOCABULARY = Vocabulary(("the", "gene", "binds", "acid"))


def test_words_are_hidden_in_the_published_fractions():
    """15 % of known words; 80 % of them hidden, 10 % other words (or by chance the same), 10 % as before."""
    batch = sentences_of([["the", "gene", "xyz", "binds", "acid"]] * 6000, _VOCABULARY)
    seen, chosen, words = mask_words(batch, torch.Generator().manual_seed(0))
    known = batch.words >= FIRST
    assert not chosen[~known].any()
    assert abs(chosen[known].float().mean().item() - 0.15) < 0.01
    assert torch.equal(words, batch.words[chosen])
    hidden = seen.words[chosen] == MASK
    same = seen.words[chosen] == words
    assert abs(hidden.float().mean().item() - 0.8) < 0.02
    assert abs(same.float().mean().item() - (0.1 + 0.1 / 5)) < 0.02
    assert torch.equal(seen.words[~chosen], batch.words[~chosen])
    assert torch.equal(seen.forms[~chosen], batch.forms[~chosen])
    assert (seen.forms[seen.words == MASK] == 0).all()


def test_another_word_comes_with_its_form():
    """Id and bytes are of the same word, and no padding is taken for one."""
    batch = sentences_of([["the", "gene", "acid"], ["binds"]] * 500, _VOCABULARY)
    seen = mask_words(batch, torch.Generator().manual_seed(1)).sentences
    pairs = set(zip(batch.words[batch.mask].tolist(), batch.forms[batch.mask].tolist(), strict=True))
    found = set(zip(seen.words[batch.mask].tolist(), seen.forms[batch.mask].tolist(), strict=True))
    assert found <= pairs | {(MASK, 0)}
    assert (seen.words[~batch.mask] == 0).all()


def test_the_loss_is_the_cross_entropy_of_what_was_hidden():
    """The mean over hidden words; 0 with a gradient where nothing is hidden."""
    torch.manual_seed(0)
    encoder = Bert(_VOCABULARY, size=8, layers=1, hidden=8).eval()
    batch = sentences_of([["the", "gene", "binds", "acid"] * 5], _VOCABULARY)
    masked = mask_words(batch, torch.Generator().manual_seed(3))
    encoded = encoder(masked.sentences)
    loss = masked_words_loss(masked_word_scores(encoder, encoded, masked), masked.words)
    places = masked.chosen[0].nonzero()[:, 0].tolist()
    assert places
    terms = [
        -encoder.word_logits(encoded[0, place][None]).log_softmax(1)[0, batch.words[0, place]]
        for place in places
    ]
    torch.testing.assert_close(loss, torch.stack(terms).mean())
    nothing = masked._replace(chosen=torch.zeros_like(masked.chosen), words=masked.words[:0])
    empty = masked_words_loss(masked_word_scores(encoder, encoded, nothing), nothing.words)
    assert empty.item() == 0
    empty.backward()
