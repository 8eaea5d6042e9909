"""Distance of tag sequences against the sum over all of them; token by token against softmax."""

import itertools

import pytest
import torch

from engram.data.text.tags import TagSet
from engram.models.text.crf import Crf
from engram.training.losses.crf_distillation import crf_distillation_loss, emission_distillation_loss
from engram.training.losses.crf_likelihood import crf_loss

_TAGS = TagSet(("gene",))
_LENGTHS = torch.tensor([3, 2])


def _fields():
    torch.manual_seed(0)
    fields = [Crf(3, _TAGS).double(), Crf(3, _TAGS).double()]
    for crf in fields:
        for parameter in (crf.transitions, crf.start, crf.end):
            torch.nn.init.normal_(parameter)
    return (*fields, *torch.randn(2, 2, 3, 5, dtype=torch.float64))


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_the_loss_is_the_cross_entropy_over_all_sequences(temperature):
    """With every score of both fields divided by the temperature by hand."""
    student, teacher, emissions, taught = _fields()
    found = crf_distillation_loss(student, emissions, teacher, taught, _LENGTHS, temperature)
    with torch.no_grad():
        for crf in (student, teacher):
            for parameter in (crf.transitions, crf.start, crf.end):
                parameter /= temperature
    for row, length in enumerate(_LENGTHS.tolist()):
        lengths, total = torch.tensor([length]), 0.0
        for tags in itertools.product(range(3), repeat=length):
            given = torch.tensor([tags])
            fits = _TAGS.starts[tags[0]] and all(_TAGS.allowed[a, b] for a, b in itertools.pairwise(tags))
            if fits:
                ours, theirs = (
                    crf_loss(crf, values[row : row + 1, :length] / temperature, given, lengths)
                    for crf, values in ((student, emissions), (teacher, taught))
                )
                total = total + (-theirs).exp() * ours
        torch.testing.assert_close(found[row : row + 1], total * temperature**2)


def test_the_teacher_itself_is_the_nearest():
    """The gradient vanishes where the student is the teacher."""
    student, _, emissions, _ = _fields()
    emissions.requires_grad_()
    crf_distillation_loss(student, emissions, student, emissions.detach(), _LENGTHS, 2.0).sum().backward()
    torch.testing.assert_close(emissions.grad, torch.zeros_like(emissions))


def test_token_by_token_equals_softmax():
    """Summed over the words of each sentence alone."""
    _, _, emissions, taught = _fields()
    found = emission_distillation_loss(emissions, taught, _LENGTHS, 2.0)
    for row, length in enumerate(_LENGTHS.tolist()):
        target = (taught[row, :length] / 2).softmax(1)
        expected = -4 * (target * (emissions[row, :length] / 2).log_softmax(1)).sum()
        torch.testing.assert_close(found[row], expected)
