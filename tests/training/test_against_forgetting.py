"""EWC, LwF, L2-SP and replay forget less than plain fine-tuning, on a toy where it is certain.

Of two inputs the source's class is in the first. In the target the first says the opposite and the second,
twice as large, the truth: the target can be learnt by either, and only who leaves the first alone keeps the
source.
"""

import pytest
import torch
from torch import nn

from engram.config import ComputeSettings, TrainingSettings
from engram.training.classification import ClassificationTask
from engram.training.device import choose_device
from engram.training.loop import fit, score
from engram.training.losses.distillation import Distillation
from engram.training.losses.elastic import Elastic, fisher_information
from engram.training.losses.l2_sp import StartingPoint

RECIPE = TrainingSettings(epochs=30, patience=30, learning_rate=0.03)


class Toy(nn.Module):
    """A network of one linear layer, with a head as the engine of lineages has."""

    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleDict({"side": nn.Linear(2, 2)})

    def embed(self, inputs, start=0):
        """Return what the head reads: the inputs."""
        return inputs

    def forward(self, inputs, task, start=0):
        """Return the logits."""
        return self.heads[task](inputs)


class Samples:
    """Batches of inputs and labels, the same each epoch."""

    def __init__(self, *parts):
        self.inputs, self.labels = (torch.cat(each) for each in zip(*parts, strict=True))

    def epoch(self, number):
        """Yield inputs and labels."""
        yield from zip(self.inputs.split(32), self.labels.split(32), strict=True)

    def validation(self):
        """Yield the same."""
        return self.epoch(0)


def draw(seed, first, second):
    """Return 128 inputs, whose two values are so often the class's sign, and the classes."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(128) % 2
    signs = 2.0 * labels[:, None] - 1
    return signs * torch.tensor([[first, second]]) + 0.3 * torch.randn(128, 2, generator=generator), labels


SOURCE, TARGET = draw(1, 1.0, 0.0), draw(2, -1.0, 2.0)


def train(network, *parts, **terms):
    """Train on the parts; return the accuracy on source and target."""
    device = choose_device(ComputeSettings(device="cpu", precision="fp32"), 1)
    task, samples = ClassificationTask(network, "side", **terms), Samples(*parts)
    fit(task, samples, samples.validation, RECIPE, device=device, seed=1)
    return [float(score(task, Samples(part).validation(), device)[0]) for part in (SOURCE, TARGET)]


@pytest.fixture
def parent():
    torch.manual_seed(0)
    network = Toy()
    assert train(network, SOURCE)[0] > 0.99
    return network


def adapt(parent, method):
    """Return the accuracy on source and target of a copy that a method adapts to the target."""
    network = Toy()
    network.load_state_dict(parent.state_dict())
    if method == "RE":
        return train(network, TARGET)
    if method == "replay":
        return train(network, TARGET, [part[:32] for part in SOURCE])
    if method == "EWC":
        fisher = fisher_information(network, "side", [SOURCE], torch.Generator().manual_seed(3))
        return train(network, TARGET, elastic=Elastic(network, fisher, 100.0))
    if method == "LwF":
        return train(network, TARGET, distillation=Distillation(parent, 0.5, 2.0, 0))
    return train(network, TARGET, starting_point=StartingPoint(network, 0.3))


@pytest.mark.parametrize("method", ["replay", "EWC", "LwF", "L2-SP"])
def test_it_forgets_less_than_fine_tuning(parent, method):
    """Plain fine-tuning loses the source; each method keeps more of it, and still learns the target."""
    lost, learnt = adapt(parent, "RE")
    kept, adapted = adapt(parent, method)
    assert learnt > 0.99
    assert lost < 0.5
    assert kept > lost + 0.2
    assert adapted > 0.8
