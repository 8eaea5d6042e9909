"""The distance to the parent's outputs: known values, gradient, and a slow reference."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from engram.training.losses.distillation import distillation_loss


def test_distillation_of_equal_outputs_is_the_entropy():
    """With equal logits the loss is T^2 times the entropy of the softened output."""
    logits = torch.tensor([[0.0, math.log(3.0)]])
    entropy = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    torch.testing.assert_close(distillation_loss(logits, logits, 1.0), torch.tensor(entropy))
    torch.testing.assert_close(distillation_loss(2 * logits, 2 * logits, 2.0), torch.tensor(4 * entropy))


def test_distillation_pulls_towards_the_teacher():
    """The gradient at the student's logits is T (softened student - softened teacher) / batch."""
    student = torch.tensor([[1.0, -1.0, 0.5]], requires_grad=True)
    teacher = torch.tensor([[0.0, 2.0, 0.0]])
    distillation_loss(student, teacher, 2.0).backward()
    expected = 2.0 * (F.softmax(student.detach() / 2, 1) - F.softmax(teacher / 2, 1))
    torch.testing.assert_close(student.grad, expected)


@pytest.mark.parametrize("temperature", [1.0, 2.0, 5.0])
def test_it_equals_a_slow_reference(temperature):
    """What plain loops over numbers give."""
    generator = torch.Generator().manual_seed(1)
    student, teacher = torch.randn(2, 6, 4, generator=generator)

    def softened(logits):
        powers = [math.exp(value / temperature) for value in logits]
        return [power / sum(powers) for power in powers]

    losses = [
        -sum(q * math.log(p) for p, q in zip(softened(ours), softened(theirs), strict=True))
        for ours, theirs in zip(student.tolist(), teacher.tolist(), strict=True)
    ]
    expected = temperature**2 * sum(losses) / len(losses)
    assert distillation_loss(student, teacher, temperature).item() == pytest.approx(expected, rel=1e-5)
