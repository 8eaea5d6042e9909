"""docs/other-libraries.md: other libraries' terms, written out, pull as ours with the weight it gives."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from engram.training.losses.distillation import distillation_loss
from engram.training.losses.elastic import Elastic


@pytest.fixture
def logits():
    generator = torch.Generator().manual_seed(1)
    student, teacher = torch.randn(2, 6, 7, generator=generator)
    return student.requires_grad_(), teacher


def gradient(loss, student):
    return torch.autograd.grad(loss, student)[0]


def test_avalanche_distils_without_the_squared_temperature(logits):
    """Alpha KL is ours with alpha / T^2."""
    student, teacher = logits
    alpha, t = 3.0, 2.5
    divergence = F.kl_div(F.log_softmax(student / t, 1), F.softmax(teacher / t, 1), reduction="batchmean")
    ours = alpha / t**2 * distillation_loss(student, teacher, t)
    torch.testing.assert_close(gradient(alpha * divergence, student), gradient(ours, student))


def test_mammoth_softens_probabilities_with_two(logits):
    """Probabilities to the power 1 / 2, normalised, are logits at temperature 2; alpha is ours times 4."""
    student, teacher = logits

    def smooth(probabilities):
        powers = probabilities ** (1 / 2)
        return powers / powers.sum(1, keepdim=True)

    entropy = -(smooth(F.softmax(teacher, 1)) * smooth(F.softmax(student, 1)).log()).sum(1).mean()
    ours = 0.5 / 4 * distillation_loss(student, teacher, 2.0)
    torch.testing.assert_close(gradient(0.5 * entropy, student), gradient(ours, student))


def test_torchdistill_scales_the_cross_entropy_too(logits):
    """Alpha CE + beta T^2 KL is alpha times ours with beta / alpha."""
    student, teacher = logits
    labels, alpha, beta, t = torch.arange(6), 0.3, 0.7, 4.0
    divergence = F.kl_div(F.log_softmax(student / t, 1), F.softmax(teacher / t, 1), reduction="batchmean")
    theirs = alpha * F.cross_entropy(student, labels) + beta * t**2 * divergence
    ours = F.cross_entropy(student, labels) + beta / alpha * distillation_loss(student, teacher, t)
    torch.testing.assert_close(gradient(theirs, student), alpha * gradient(ours, student))


def test_a_lambda_without_the_half_is_ours_times_two():
    """Avalanche and mammoth: lambda times the sum of F (theta - theta*)^2."""
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    fisher = {name: torch.rand_like(value) for name, value in network.named_parameters()}
    start = {name: value.detach().clone() for name, value in network.named_parameters()}
    elastic = Elastic(network, fisher, weight=2 * 5.0)
    with torch.no_grad():
        network.weight += 0.3
    theirs = 5.0 * sum(
        (fisher[name] * (value - start[name]).square()).sum() for name, value in network.named_parameters()
    )
    torch.testing.assert_close(elastic(network), theirs)


def test_the_fisher_information_of_batch_means_is_smaller_by_the_batch():
    """Of independent gradients of mean zero, the squared mean of B is a B-th of the mean square."""
    gradients = torch.randn(40_000, generator=torch.Generator().manual_seed(2))
    of_batches = gradients.reshape(-1, 32).mean(1).square().mean()
    assert (gradients.square().mean() / of_batches).item() == pytest.approx(32, rel=0.1)
