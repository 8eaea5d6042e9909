"""A batch that processes share: loss, gradients, statistics and draws are the whole batch's, in float64."""

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from timm.layers import BatchNormAct2d
from torch import nn
from torch.multiprocessing import start_processes

from engram.core.errors import ConfigurationError
from engram.training.distillation import DistillationTask
from engram.training.distributed import ALONE, Team, present_team
from engram.training.synchronised import Together

#: Faces of each step's batch: shares of different sizes, and in the last of three processes none.
STEPS = (13, 8, 2)
WORLD = 3
TEACHERS = 4
CPU = torch.device("cpu")


class Network(nn.Module):
    """Convolution, batch normalisation, dropout and a head; another head is not used."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 5, 3, stride=2)
        self.norm = nn.BatchNorm2d(5)
        self.dropout = nn.Dropout(0.4)
        self.head, self.idle = nn.Linear(5, TEACHERS), nn.Linear(5, 2)

    def forward(self, images):
        """Return one value a teacher."""
        return self.head(self.dropout(torch.relu(self.norm(self.convolution(images))).mean((2, 3))))


def squares(outputs, targets):
    """Return each face's loss to each teacher."""
    return (outputs - targets).square()


def train(team, dropping):
    """Take some steps; return losses, gradients, weights and statistics by name."""
    torch.manual_seed(3)
    network = Network().double()
    task = DistillationTask(network, squares, dropping)
    task.idle_parameters = True
    data = [(torch.randn(n, 3, 8, 8).double(), torch.randn(n, TEACHERS).double()) for n in STEPS]
    forward = Together(task, team, CPU) if team.size > 1 else task
    torch.manual_seed(5)
    found = {}
    for step, (inputs, targets) in enumerate(data):
        part = team.share(len(targets))
        told = forward(inputs[part], targets[part])
        told["loss"].backward()
        loss = told["loss"].detach() * told.get("faces", len(targets))
        found[f"{step} loss"] = torch.from_numpy(team.sum([loss.item()]))
        for name, parameter in network.named_parameters():
            assert (parameter.grad is None) == name.startswith("idle")
            if parameter.grad is not None:
                found[f"{step} gradient of {name}"] = parameter.grad.clone()
                parameter.data -= 0.1 * parameter.grad
                parameter.grad = None
    return found | {name: value.clone() for name, value in network.state_dict().items()}


def train_together(rank, folder):
    """Be one of the processes: train with and without dropped teachers."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=WORLD)
    for dropping in (0.0, 0.5):
        save_file(train(present_team(), dropping), folder / f"{dropping}-{rank}")
    dist.destroy_process_group()


@pytest.mark.parametrize(
    ("layer", "device"), [(nn.BatchNorm1d(4), "cpu"), (BatchNormAct2d(4), "cpu"), (BatchNormAct2d(4), "cuda")]
)
def test_layers_whose_statistics_cannot_be_shared_are_refused(layer, device):
    """Each process would have its own statistics, or torch's conversion would drop an activation."""
    task = DistillationTask(nn.Sequential(layer), squares, 0.0)
    with pytest.raises(ConfigurationError, match=rf"'{type(layer).__name__}'.*Set compute\.processes"):
        Together(task, Team(0, 2), torch.device(device))


@pytest.mark.slow
def test_three_processes_take_the_steps_that_one_takes(tmp_path):
    """Every loss, gradient, weight and running statistic is that of one process, to the rounding of float64:
    with shares of different sizes or of no face, dropout, dropped teachers and a head without a gradient.
    """
    start_processes(train_together, args=(tmp_path,), nprocs=WORLD, start_method="spawn")
    for dropping in (0.0, 0.5):
        expected = train(ALONE, dropping)
        for rank in range(WORLD):
            found = load_file(tmp_path / f"{dropping}-{rank}")
            assert set(found) == set(expected)
            for name, value in expected.items():
                torch.testing.assert_close(found[name], value, rtol=1e-11, atol=1e-11, msg=f"{rank}: {name}")
