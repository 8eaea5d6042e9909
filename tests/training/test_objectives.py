"""Objectives against closed forms and slow references."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from engram.models.vgg import VGG
from engram.training.objectives import (
    ClassificationTask,
    Distillation,
    Elastic,
    distillation_loss,
    fisher_information,
)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return VGG({"expression": 7}, width=0.02, dropout=0.0).eval()


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


def test_elastic_penalty_is_the_weighted_square(network):
    """A known answer: one moved weight of known importance."""
    fisher = {name: torch.full_like(p, 3.0) for name, p in network.named_parameters()}
    elastic = Elastic(network, fisher, weight=2.0)
    assert elastic(network).item() == 0.0
    with torch.no_grad():
        network.heads["expression"].bias[0] += 0.5
    torch.testing.assert_close(elastic(network), torch.tensor(2.0 / 2 * 3.0 * 0.25))


def test_fisher_information_is_the_mean_squared_gradient(network):
    """One face after another gives what torch's per-sample gradients give at once."""
    images = torch.randn(5, 1, 48, 48)
    found = fisher_information(network, "expression", [(images, None)], torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        odds = network(images, "expression").softmax(1)
    drawn = torch.cat([torch.multinomial(row[None], 1, generator=generator)[0] for row in odds])
    values = {name: value.detach() for name, value in network.named_parameters()}

    def loss(values, image, label):
        logits = torch.func.functional_call(network, values, (image[None], "expression"))
        return F.cross_entropy(logits, label[None])

    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(values, images, drawn)
    for name, gradient in gradients.items():
        torch.testing.assert_close(found[name], gradient.square().mean(0), atol=1e-6, rtol=1e-3)


def test_fisher_information_leaves_out_frozen_layers(network):
    """What cannot move needs no anchor."""
    network.freeze(len(network.features))
    fisher = fisher_information(network, "expression", [(torch.randn(2, 1, 48, 48), None)], torch.Generator())
    assert all(not name.startswith("features") for name in fisher)


def test_a_task_returns_its_loss_and_logits(network):
    """The plain loss is the cross-entropy of the task's head."""
    images, labels = torch.randn(4, 1, 48, 48), torch.tensor([0, 1, 2, 3])
    output = ClassificationTask(network, "expression")(images, labels)
    torch.testing.assert_close(output["loss"], F.cross_entropy(network(images, "expression"), labels))
    assert output["logits"].shape == (4, 7)


def test_the_terms_against_forgetting_add_up(network):
    """Loss = cross-entropy + weighted distillation + weighted elasticity."""
    parent = VGG({"expression": 7}, width=0.02, dropout=0.0)
    images, labels = torch.randn(4, 1, 48, 48), torch.tensor([0, 1, 2, 3])
    fisher = {name: torch.ones_like(p) for name, p in network.named_parameters()}
    elastic = Elastic(network, fisher, weight=1.0)
    with torch.no_grad():
        network.heads["expression"].bias += 1.0
    task = ClassificationTask(network, "expression", 0, Distillation(parent, 0.5, 2.0, 0), elastic)
    logits = network(images, "expression")
    expected = (
        F.cross_entropy(logits, labels)
        + 0.5 * distillation_loss(logits, parent(images, "expression"), 2.0)
        + 0.5 * 7.0
    )
    torch.testing.assert_close(task(images, labels)["loss"], expected)


def test_distillation_does_not_train_the_parent(network):
    """The teacher stays as it was."""
    parent = VGG({"expression": 7}, width=0.02)
    task = ClassificationTask(network, "expression", 0, Distillation(parent, 1.0, 2.0, 0))
    task(torch.randn(2, 1, 48, 48), torch.tensor([0, 1]))["loss"].backward()
    assert all(p.grad is None for p in parent.parameters())
