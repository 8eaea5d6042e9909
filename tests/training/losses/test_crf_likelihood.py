"""The likelihood of tags, and of tags known in part."""

import itertools

import torch

from engram.data.text.tags import TagSet
from engram.models.text.crf import Crf
from engram.training.losses.crf_likelihood import admitted_tags, crf_loss, partial_crf_loss

_TAGS = TagSet(("disease", "gene"))


def _field():
    torch.manual_seed(0)
    crf = Crf(3, _TAGS).double()
    for parameter in (crf.transitions, crf.start, crf.end):
        torch.nn.init.normal_(parameter)
    return crf, torch.randn(1, 3, 9, dtype=torch.float64), torch.tensor([3])


def _ids(*tags):
    return torch.from_numpy(_TAGS.ids(tags))[None]


def test_probabilities_of_all_sequences_sum_to_one():
    """Over the sequences that IOB2 permits; a forbidden one has probability 0."""
    crf, emissions, lengths = _field()
    total = 0.0
    for tags in itertools.product(range(5), repeat=3):
        chance = (-crf_loss(crf, emissions, torch.tensor([tags]), lengths)).exp().item()
        fits = _TAGS.starts[tags[0]] and all(_TAGS.allowed[a, b] for a, b in itertools.pairwise(tags))
        assert fits or chance == 0
        total += chance
    torch.testing.assert_close(total, 1.0)


def test_what_a_data_set_does_not_annotate_may_be_anything():
    """A set of diseases only: O may hide genes, a disease's tag is certain."""
    table = admitted_tags(_TAGS, {"disease"})
    names = {
        tag: {_TAGS.names[i] for i in row.nonzero()[:, 0]}
        for tag, row in zip(_TAGS.names, table, strict=True)
    }
    assert names["O"] == {"O", "B-gene", "I-gene"}
    assert names["B-disease"] == {"B-disease"}
    assert torch.equal(admitted_tags(_TAGS, _TAGS.types), torch.eye(5, dtype=torch.bool))


def test_the_partial_loss_is_of_the_sum_of_probabilities():
    """O, B-disease, O of a set of diseases: all sequences with genes around the disease."""
    crf, emissions, lengths = _field()
    written = _ids("O", "B-disease", "O")
    admitted = admitted_tags(_TAGS, {"disease"})[written]
    total = 0.0
    for one, other in itertools.product(("O", "B-gene"), repeat=2):
        tags = _ids(one, "B-disease", other)
        total = total + (-crf_loss(crf, emissions, tags, lengths)).exp()
    torch.testing.assert_close(partial_crf_loss(crf, emissions, admitted, lengths), -total.log())
    whole = admitted_tags(_TAGS, _TAGS.types)[written]
    torch.testing.assert_close(
        partial_crf_loss(crf, emissions, whole, lengths), crf_loss(crf, emissions, written, lengths)
    )
