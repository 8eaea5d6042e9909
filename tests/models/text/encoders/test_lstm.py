"""The encoder of MTL-BC and MTL-LBC: published sizes, states at blanks, language models."""

import torch

from engram.models.text.batch import sentences_of
from engram.models.text.encoders.lstm import CharacterLstm, Highway
from engram.models.text.vocabulary import FIRST, Vocabulary

_WORDS = [["The", "p53", "gene"], ["yes"]]
_VOCABULARY = Vocabulary(("the", "gene", "yes"))


def _encoder(**settings):
    torch.manual_seed(0)
    small = {"words": 5, "characters": 4, "character_units": 6, "units": 3}
    return CharacterLstm(_VOCABULARY, **{**small, **settings}).eval()


def test_the_published_sizes_have_their_parameters():
    """Characters of 30, two LSTMs of 300, words of 200, a word LSTM of 150; LBC adds three highway layers."""
    vocabulary = Vocabulary(tuple(f"w{n}" for n in range(997)))
    lstm = lambda inputs, units: 4 * units * (inputs + units + 2)  # noqa: E731 - a formula
    shared = 1000 * 200 + 257 * 30 + 2 * lstm(30, 300) + 2 * lstm(200 + 600, 150)
    highways = 2 * 2 * (300 * 300 + 300) + 2 * (600 * 600 + 600)
    outputs = 2 * (1000 * 300 + 1000)
    count = {
        model: sum(p.numel() for p in CharacterLstm(vocabulary, language_model=model).parameters())
        for model in (False, True)
    }
    assert count == {False: shared, True: shared + highways + outputs}


def test_states_are_those_of_the_written_sentence():
    """'The p53 gene' byte by byte, once from the left and once from the right."""
    encoder = _encoder()
    states = encoder.read(sentences_of(_WORDS, _VOCABULARY))
    for row, words in enumerate(_WORDS):
        text = f" {' '.join(words)} ".encode()
        values = encoder.characters(torch.tensor([[byte + 1 for byte in text]]))
        blanks = [place for place, byte in enumerate(text) if byte == ord(" ")]
        right = encoder.right(values)[0][0]
        left = encoder.left(values.flip(1))[0][0].flip(0)
        torch.testing.assert_close(states.right[row, : len(blanks)], right[blanks])
        torch.testing.assert_close(states.left[row, : len(blanks)], left[blanks])


def test_a_sentence_is_encoded_alike_in_every_batch():
    """Longer sentences beside it change nothing."""
    encoder = _encoder()
    together, alone = (encoder(sentences_of(words, _VOCABULARY)) for words in (_WORDS, _WORDS[1:]))
    assert together.shape == (2, 3, 6)
    torch.testing.assert_close(together[1, :1], alone[0])


def test_a_language_model_does_not_see_the_word_it_predicts():
    """Another word in its place, of another length, changes neither model's scores of that place."""
    encoder = _encoder()
    scores = []
    for word in ("p53", "phosphatase"):
        batch = sentences_of([["The", word, "gene"]], _VOCABULARY)
        place = torch.tensor([[False, True, False]])
        scores.append(encoder.word_logits(encoder.read(batch), place))
    for one, other in zip(*scores, strict=True):
        assert one.shape == (1, FIRST + 3)
        torch.testing.assert_close(one, other)


def test_new_words_can_be_predicted():
    """The output layers grow with the vocabulary and score the old words as before."""
    encoder = _encoder()
    batch = sentences_of(_WORDS, _VOCABULARY)
    before = encoder.word_logits(encoder.read(batch), batch.mask)
    assert encoder.extend(["p53"]) == 1
    for old, new in zip(before, encoder.word_logits(encoder.read(batch), batch.mask), strict=True):
        assert new.shape[1] == old.shape[1] + 1
        torch.testing.assert_close(new[:, :-1], old)


def test_a_highway_lets_values_pass():
    """With the gate closed nothing changes; open it is a layer with ReLU."""
    layer = Highway(3)
    values = torch.randn(2, 3)
    with torch.no_grad():
        layer.gate.weight.zero_()
        layer.gate.bias.fill_(-100)
        torch.testing.assert_close(layer(values), values)
        layer.gate.bias.fill_(100)
        torch.testing.assert_close(layer(values), layer.change(values).relu())
