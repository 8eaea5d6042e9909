"""The training task of a stage: its loss is the sum of its terms."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from engram.models.vgg import VGG
from engram.training.classification import ClassificationTask
from engram.training.losses.distillation import Distillation, distillation_loss
from engram.training.losses.elastic import Elastic


@pytest.fixture
def network():
    torch.manual_seed(0)
    return VGG({"expression": 7}, width=0.02, dropout=0.0).eval()


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
