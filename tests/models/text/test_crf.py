"""Conditional random fields against the enumeration of all tag sequences."""

import itertools

import pytest
import torch

from engram.data.text.tags import TagSet
from engram.models.text.crf import Crf

_GENES = TagSet(("disease", "gene"))
_LENGTHS = torch.tensor([4, 1, 3])


def _field(tags=_GENES, features=6):
    torch.manual_seed(3)
    crf = Crf(features, tags).double()
    for parameter in (crf.transitions, crf.start, crf.end):
        torch.nn.init.normal_(parameter)
    emissions = torch.randn(len(_LENGTHS), int(_LENGTHS.max()), len(crf.start), dtype=torch.float64)
    return crf, emissions


def _sequences(crf, emissions, length):
    """Every tag sequence that the tag set permits, with its score, one term after another."""
    found = {}
    for tags in itertools.product(range(len(crf.tags)), repeat=length):
        fits = crf.tags.starts[tags[0]] and all(crf.tags.allowed[a, b] for a, b in itertools.pairwise(tags))
        if fits:
            inner = _inner(crf.tags, tags)
            score = crf.start[inner[0]] + crf.end[inner[-1]]
            score = score + sum(emissions[place, tag] for place, tag in enumerate(inner))
            found[tags] = score + sum(crf.transitions[a, b] for a, b in itertools.pairwise(inner))
    return found


def _inner(tags, sequence):
    """The sequence in IOBES, in the order O, B-a, I-a, E-a, S-a, B-b, ...; classes as they are."""
    if tags.kind == "tokens":
        return list(sequence)
    inner = [0] * len(sequence)
    for name, start, end in tags.decode(sequence):
        first = 1 + 4 * tags.types.index(name)
        inner[start:end] = (
            [first] + [first + 1] * (end - start - 2) + [first + 2] if end - start > 1 else [first + 3]
        )
    return inner


@pytest.mark.parametrize("tags", [_GENES, TagSet.of_tokens(("NN", "VB", "DT"))])
def test_the_partition_sums_all_sequences(tags):
    """Forbidden sequences do not count, and neither does what stands behind a sentence's end."""
    crf, emissions = _field(tags)
    totals = crf.log_partition(emissions, _LENGTHS)
    for total, row, length in zip(totals, emissions, _LENGTHS, strict=True):
        scores = torch.stack(list(_sequences(crf, row, int(length)).values()))
        torch.testing.assert_close(total, scores.logsumexp(0))


def test_the_gradient_is_that_of_the_enumeration():
    """Of the emissions, the transitions, the first and the last tags; finite differences agree."""
    crf, emissions = _field()
    emissions.requires_grad_()
    inputs = (emissions, crf.transitions, crf.start, crf.end)
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    found = torch.autograd.grad((crf.log_partition(emissions, _LENGTHS) * weights).sum(), inputs)
    rows = [torch.stack(list(_sequences(crf, emissions[b], int(n)).values())) for b, n in enumerate(_LENGTHS)]
    slow = torch.stack([row.logsumexp(0) for row in rows])
    expected = torch.autograd.grad((slow * weights).sum(), inputs)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
    assert torch.autograd.gradcheck(lambda values: crf.log_partition(values, _LENGTHS), (emissions,))


def test_a_forbidden_transition_learns_nothing():
    """Its gradient is exactly zero, in float32 too; and only what no sequence has is forbidden."""
    crf, emissions = _field()
    crf.float()
    crf.log_partition(emissions.float(), _LENGTHS).sum().backward()
    sequences = [_inner(_GENES, tags) for tags in _sequences(crf, emissions[0], 4)]
    pairs = {pair for inner in sequences for pair in itertools.pairwise(inner)}
    assert {tuple(pair) for pair in crf.transitions.grad.nonzero().tolist()} == pairs
    assert set(crf.start.grad.nonzero()[:, 0].tolist()) == {inner[0] for inner in sequences}
    assert set(crf.end.grad.nonzero()[:, 0].tolist()) == {inner[-1] for inner in sequences}


def test_scores_and_viterbi_equal_the_enumeration():
    """Of each sentence the score of every sequence, and the best sequence."""
    crf, emissions = _field()
    best = crf.decode(emissions, _LENGTHS)
    for b, length in enumerate(_LENGTHS.tolist()):
        known = _sequences(crf, emissions[b], length)
        assert tuple(best[b, :length].tolist()) == max(known, key=lambda tags, known=known: known[tags])
        assert (best[b, length:] == 0).all()
        for tags, score in known.items():
            # Any value behind the end: it is not read.
            given = torch.tensor([[*tags, *[-100] * (4 - length)]])
            torch.testing.assert_close(crf.score(emissions[b : b + 1], given, _LENGTHS[b : b + 1])[0], score)


def test_marginals_are_expectations():
    """Of the tags, the pairs, the first and the last; they give another field's expected score."""
    crf, emissions = _field()
    found = crf.marginals(emissions, _LENGTHS)
    for b, length in enumerate(_LENGTHS.tolist()):
        known = _sequences(crf, emissions[b], length)
        chances = torch.stack(list(known.values())).softmax(0)
        tags, pairs = torch.zeros(4, 9, dtype=torch.float64), torch.zeros(9, 9, dtype=torch.float64)
        for sequence, chance in zip(known, chances, strict=True):
            inner = _inner(_GENES, sequence)
            for place, tag in enumerate(inner):
                tags[place, tag] += chance.item()
            for one, other in itertools.pairwise(inner):
                pairs[one, other] += chance.item()
        torch.testing.assert_close(found.tags[b], tags)
        torch.testing.assert_close(found.pairs[b], pairs)
        torch.testing.assert_close(found.first[b], tags[0])
        torch.testing.assert_close(found.last[b], tags[length - 1])
        mean = crf.expected_score(emissions[b : b + 1], type(found)(*(part[b : b + 1] for part in found)))[0]
        expected = sum(p * score for p, score in zip(chances, known.values(), strict=True))
        torch.testing.assert_close(mean, expected)


def test_the_masked_partition_sums_what_is_admitted():
    """Over the permitted sequences whose every tag is admitted."""
    crf, emissions = _field()
    torch.manual_seed(5)
    allowed = torch.rand(*emissions.shape[:2], len(_GENES)) < 0.6
    allowed[..., 0] = True
    totals = crf.masked_partition(emissions, allowed, _LENGTHS)
    for b, length in enumerate(_LENGTHS.tolist()):
        known = _sequences(crf, emissions[b], length)
        kept = [
            s for tags, s in known.items() if all(allowed[b, place, tag] for place, tag in enumerate(tags))
        ]
        torch.testing.assert_close(totals[b], torch.stack(kept).logsumexp(0))


def test_samples_come_as_often_as_their_probability():
    """Twenty thousand draws of one sentence: every permitted sequence within five standard errors."""
    crf, emissions = _field()
    draws = 20_000
    rows = emissions[2:3].expand(draws, -1, -1)
    lengths = _LENGTHS[2:3].expand(draws)
    found = crf.sample(rows, lengths, torch.Generator().manual_seed(1))[:, :3]
    seen = {
        tuple(row): n
        for row, n in zip(*map(torch.Tensor.tolist, found.unique(dim=0, return_counts=True)), strict=True)
    }
    known = _sequences(crf, emissions[2], 3)
    assert set(seen) <= set(known)
    for tags, chance in zip(known, torch.stack(list(known.values())).softmax(0).tolist(), strict=True):
        error = (chance * (1 - chance) / draws) ** 0.5
        assert abs(seen.get(tags, 0) / draws - chance) < 5 * error + 1 / draws


def test_padding_changes_nothing():
    """A sentence alone has the same partition and tags as in a batch with longer ones."""
    crf, emissions = _field()
    alone = crf.log_partition(emissions[1:2, :1], _LENGTHS[1:2])
    torch.testing.assert_close(alone[0], crf.log_partition(emissions, _LENGTHS)[1])


def test_an_extreme_emission_stays_finite():
    """Scores of thousands overflow no exponential."""
    crf, emissions = _field()
    crf.float()
    large = (1e4 * emissions.float()).requires_grad_()
    total = crf.log_partition(large, _LENGTHS)
    total.sum().backward()
    assert total.isfinite().all()
    assert large.grad.isfinite().all()
