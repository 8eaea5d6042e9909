"""The small BERT: its parameters, its attention, what it says of hidden words and of pairs."""

import torch
from torch import nn

from engram.models.text.attention import AttentionLayers
from engram.models.text.batch import sentences_of
from engram.models.text.encoders.bert import Bert
from engram.models.text.vocabulary import FIRST, Vocabulary

_WORDS = [["the", "gene", "binds", "p53"], ["yes"]]
_VOCABULARY = Vocabulary(("the", "gene", "yes"))


def _bert(**settings):
    torch.manual_seed(0)
    return Bert(_VOCABULARY, **settings).eval()


def test_the_small_size_has_its_parameters():
    """Two layers of 64 with 128 between, counted from the definitions of section 3."""
    d, hidden, words = 64, 128, 1000
    layer = 4 * (d * d + d) + d * hidden + hidden + hidden * d + d + 4 * d
    inputs = words * d + 257 * 16 + 24 * (16 * 3 + 1) + 24 * d + 256 * d + 2 * d + d + 2 * d
    outputs = (d * d + d + 2 * d + words) + (d * d + d + 2 * d + 2)
    bert = Bert(Vocabulary(tuple(f"w{n}" for n in range(words - FIRST))))
    assert sum(p.numel() for p in bert.parameters()) == inputs + 2 * layer + 2 * d + outputs


def test_a_sentence_is_encoded_alike_in_every_batch():
    """Longer sentences beside it change nothing: attention does not see what stands behind the end."""
    bert = _bert()
    together, alone = (bert.read(sentences_of(words, _VOCABULARY)) for words in (_WORDS, _WORDS[1:]))
    torch.testing.assert_close(together[1, :2], alone[0])


def test_segments_and_places_matter():
    """The same word twice is encoded differently, and so is the second sentence of a pair."""
    bert = _bert()
    batch = sentences_of([["the", "the"]], _VOCABULARY)
    encoded = bert(batch)[0]
    assert not torch.allclose(encoded[0], encoded[1])
    paired = bert(batch._replace(segments=torch.tensor([[0, 1]])))[0]
    assert not torch.allclose(encoded[1], paired[1])


def test_a_long_sentence_is_read():
    """Words behind the last place of their own share its embedding."""
    bert = _bert(longest=4)
    assert bert(sentences_of([["gene"] * 9], _VOCABULARY)).shape == (1, 9, 64)


def test_hidden_words_are_scored_by_the_words_themselves():
    """The output weights are the embeddings; no word is no answer; new words become answers."""
    bert = _bert()
    encoded = torch.randn(5, 64)
    expected = bert.masked(encoded) @ bert.words.table.weight.T
    scores = bert.word_logits(encoded)
    torch.testing.assert_close(scores[:, FIRST:], expected[:, FIRST:])
    assert (scores[:, :FIRST] == -torch.inf).all()
    assert bert.extend(["p53", "acid"]) == 2
    grown = bert.word_logits(encoded)
    assert grown.shape == (5, FIRST + 5)
    torch.testing.assert_close(grown[:, : FIRST + 3], scores)
    assert bert.pair_logits(encoded).shape == (5, 2)


def test_an_attention_layer_equals_the_equations():
    """Section 3.2 of Vaswani et al. (2017) with normalised inputs, one head after another."""
    bert = _bert(layers=1, attention_heads=2, size=8, hidden=12)
    layer = bert.layers.layers[0]
    values = torch.randn(1, 3, 8)
    inside = layer.norm1(values)
    q, k, v = nn.functional.linear(
        inside, layer.self_attn.in_proj_weight, layer.self_attn.in_proj_bias
    ).chunk(3, 2)
    heads = [
        (q[..., part] @ k[..., part].mT / 2).softmax(2) @ v[..., part] for part in (slice(0, 4), slice(4, 8))
    ]
    middle = values + layer.self_attn.out_proj(torch.cat(heads, 2))
    after = middle + layer.linear2(nn.functional.gelu(layer.linear1(layer.norm2(middle))))
    torch.testing.assert_close(bert.layers(values), bert.layers.norm(after))


def test_layers_equal_torchs_own():
    """With two heads and sentences of several lengths; what stands behind an end is not compared."""
    torch.manual_seed(0)
    layers = AttentionLayers(8, 2, 12, 3, 0.1).eval()
    one = nn.TransformerEncoderLayer(8, 2, 12, 0.1, "gelu", batch_first=True, norm_first=True)
    theirs = nn.TransformerEncoder(one, 3, nn.LayerNorm(8), enable_nested_tensor=False).eval()
    for parameter in layers.parameters():
        nn.init.normal_(parameter)
    theirs.load_state_dict(layers.state_dict())
    values, outside = torch.randn(2, 5, 8), torch.arange(5) >= torch.tensor([[5], [3]])
    found, expected = layers(values, outside), theirs(values, src_key_padding_mask=outside)
    torch.testing.assert_close(found[~outside], expected[~outside])
