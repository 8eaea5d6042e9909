"""Steps for several processes, as tests launch them: what a rank does, without a study around it."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from engram.config import AugmentSettings, TrainingSettings
from engram.core.errors import TrainingError
from engram.training.batches import ImageBatches, plain_batches
from engram.training.checkpoints import Checkpoint
from engram.training.device import choose_device
from engram.training.distributed import barrier, rank
from engram.training.labelled_faces import Part, Subset
from engram.training.loop import fit
from engram.training.tasks import LabelSet, SolvingTask

FACES = 37


class Network(nn.Module):
    """Batch normalisation, dropout, a head, and another head that no loss uses."""

    def __init__(self):
        super().__init__()
        self.convolution, self.norm = nn.Conv2d(1, 4, 3, stride=2), nn.BatchNorm2d(4)
        self.dropout, self.head, self.idle = nn.Dropout(0.3), nn.Linear(4, 2), nn.Linear(4, 3)

    def forward(self, images):
        """Return two logits."""
        features = torch.relu(self.norm(self.convolution(images))).mean((2, 3))
        return self.head(self.dropout(features))


def train_small(inputs, outputs, params, *, threads, code):
    """Train a small network; every rank writes its weights and its history's losses."""
    torch.manual_seed(1)
    rng = np.random.default_rng(2)
    faces = rng.integers(0, 256, (FACES, 12, 12, 1), np.uint8)
    subset = Subset([Part(faces, np.arange(FACES), rng.integers(0, 2, FACES))])
    network, folder = Network(), Path(outputs.folder)
    state = fit(
        SolvingTask(network, LabelSet("gender", ("female", "male"))),
        ImageBatches(subset, 8, AugmentSettings(shift=1), seed=3),
        lambda: plain_batches(subset),
        TrainingSettings(epochs=3, patience=3, batch_size=8, learning_rate=0.01),
        device=choose_device(params.compute, threads),
        seed=3,
        checkpoint=Checkpoint(folder / "scratch", code, 0.0),
        title="small",
    )
    losses = torch.tensor([[entry["loss"], entry["validation_loss"]] for entry in state.history])
    save_file({**network.state_dict(), "losses": losses}, folder / f"rank-{rank()}.safetensors")


def fail_on_rank_one(inputs, outputs, params, *, threads, code):
    """Raise an error of Engram in rank 1, while rank 0 waits for it."""
    if rank() == 1:
        raise TrainingError("face 7 has no label")
    barrier()


def fail_unexpectedly(inputs, outputs, params, *, threads, code):
    """Raise an error that nobody expected in rank 1, while rank 0 waits for it."""
    if rank() == 1:
        raise ValueError("a mistake")
    barrier()
