"""The parts of encoders against plain, slow references."""

import numpy as np
import pytest
import torch
from torch import nn

from engram.core.errors import TextError
from engram.models.text.batch import sentences_of
from engram.models.text.characters import Characters
from engram.models.text.recurrent import BothDirections, turn
from engram.models.text.vocabulary import FIRST, Vocabulary
from engram.models.text.words import Words


@pytest.mark.parametrize("widths", [(3,), (2, 3, 4), (1, 5)])
def test_filters_over_bytes_equal_a_convolution(widths):
    """Form by form with torch's own convolution and padding of zeros; and so do their gradients."""
    torch.manual_seed(0)
    layer = Characters(6, 8, widths).double()
    batch = sentences_of([["a", "kinase", "IL-2é", "x" * 30]], Vocabulary())
    found = layer(batch.characters)
    expected = [torch.zeros(8, dtype=torch.float64)]
    for row in batch.characters[1:]:
        values = layer.table(row[row > 0]).T
        parts = []
        for filters, width in zip(layer.filters, widths, strict=True):
            padded = nn.functional.pad(values, ((width - 1) // 2, width // 2))
            parts.append(filters(padded).amax(1))
        expected.append(torch.cat(parts))
    torch.testing.assert_close(found, torch.stack(expected))
    weights = torch.randn_like(found)
    inputs = list(layer.parameters())
    ours = torch.autograd.grad((found * weights).sum(), inputs)
    theirs = torch.autograd.grad((torch.stack(expected) * weights).sum(), inputs)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("layers", [1, 2])
def test_both_directions_equal_torch_on_packed_sentences(layers):
    """The same weights in torch's bidirectional LSTM, which packs sentences."""
    torch.manual_seed(1)
    ours = BothDirections(5, 4, layers)
    theirs = nn.LSTM(5, 4, layers, batch_first=True, bidirectional=True)
    for place in range(layers):
        for suffix, module in (("", ours.right[place]), ("_reverse", ours.left[place])):
            for name, value in module.named_parameters():
                getattr(theirs, f"{name[:-1]}{place}{suffix}").data.copy_(value)
    values, lengths = torch.randn(3, 6, 5), torch.tensor([6, 3, 1])
    packed = nn.utils.rnn.pack_padded_sequence(values, lengths, batch_first=True)
    expected = nn.utils.rnn.pad_packed_sequence(theirs(packed)[0], batch_first=True)[0]
    found = ours(values, lengths)
    mask = (torch.arange(6) < lengths[:, None])[..., None]
    torch.testing.assert_close(found * mask, expected)


def test_turning_twice_is_nothing():
    """A sentence's words in reverse order; what stands behind its end may be anything."""
    values = torch.arange(8.0).view(2, 4, 1)
    assert turn(values, torch.tensor([4, 2]))[..., 0].tolist() == [[3, 2, 1, 0], [5, 4, 4, 4]]


def test_new_words_get_their_vector_and_old_ones_stay():
    """A vector for a word that is there already is not taken; another size is refused."""
    torch.manual_seed(2)
    layer = Words(Vocabulary(("the",)), 3)
    before = layer.table.weight.detach().clone()
    assert layer.extend(["The", "gene", "acid"], {"gene": np.array([1, 2, 3]), "the": np.zeros(3)}) == 2
    assert layer.vocabulary.words == ("the", "gene", "acid")
    assert torch.equal(layer.table.weight[: FIRST + 1], before)
    assert layer(torch.tensor([FIRST + 1])).tolist() == [[1, 2, 3]]
    assert layer(torch.tensor([0])).abs().sum() == 0
    with pytest.raises(TextError, match="'x' has 2 values, but the network's words have 3"):
        layer.extend(["x"], {"x": np.zeros(2)})
