"""All 63 subsets of six encoders: heads one after another, our brute force, additive kernel ridge.

One after another: a perceptron of torch's layers for each subset, ``torch.optim.AdamW`` as it comes,
the same rate, batches, epochs and choice of the epoch by validation. Made-up embeddings of half the
published sizes (2,744 values, hidden 128), 2,000 training faces, of which the kernel samples 1,500 as
a run does, 20 epochs, one core as a job has. At the published sizes (5,488 values, hidden 256), where
products of matrices are most of the work for both, every seventh subset and three epochs.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from engram.config import ComputeSettings, HeadSettings, TrainingSettings
from engram.models.heads import mlp
from engram.studies.general.selection.rows import Rows, kernel_scores, train_networks
from engram.training.device import Device, choose_device
from engram.training.tasks import LabelSet

__all__ = ["run"]

_SIZES, _HIDDEN, _EPOCHS = (56, 1024, 256, 256, 128, 1024), 128, 20
_TRAINING, _VALIDATION, _FACTORS = 2000, 600, 24
_SUBSETS = [chosen for size in range(1, 7) for chosen in combinations(range(6), size)]
_LABELS = LabelSet("age_group", ("child", "young", "middle", "senior"))


def run() -> dict[str, float]:
    """Return seconds, ratios, and how near the choices come to each other on validation."""
    # The first optimiser of a process imports torch's compiler: no part of what is compared.
    torch.optim.AdamW([torch.zeros(1)])
    device = choose_device(ComputeSettings(device="cpu", precision="fp32"), 1)
    rows = _made_up(_SIZES)
    started = time.perf_counter()
    kernel = kernel_scores(rows.sample(seed=1), _SUBSETS, device)
    seconds = {"kernel": time.perf_counter() - started}
    head = _head(_HIDDEN, _EPOCHS)
    scores, networks_seconds = _in_turns(rows, [_SUBSETS[turn::7] for turn in range(7)], head, device)
    seconds |= networks_seconds
    plain, ours = (scores[name] for name in ("one_after_another", "brute_force"))
    published = _made_up([2 * size for size in _SIZES])
    _, large = _in_turns(published, [_SUBSETS[3::7]], _head(2 * _HIDDEN, 3), device)
    return {
        **{f"{name}_seconds": value for name, value in seconds.items()},
        "brute_force_speedup": seconds["one_after_another"] / seconds["brute_force"],
        "brute_force_speedup_at_published_sizes": large["one_after_another"] / large["brute_force"],
        "kernel_speedup": seconds["one_after_another"] / seconds["kernel"],
        "accuracy_one_after_another": float(plain.mean()),
        "accuracy_brute_force": float(ours.mean()),
        "standard_error_of_an_accuracy": math.sqrt(plain.max() * (1 - plain.max()) / _VALIDATION),
        "best_accuracy_one_after_another": float(plain.max()),
        "accuracy_of_kernel_choice": float(plain[kernel.argmax()]),
        "spearman_of_kernel_and_one_after_another": float(spearmanr(kernel, plain)[0]),
        "spearman_of_brute_force_and_one_after_another": float(spearmanr(ours, plain)[0]),
    }


def _head(hidden: int, epochs: int) -> HeadSettings:
    recipe = TrainingSettings(
        epochs=epochs, patience=epochs, batch_size=64, learning_rate=0.001, weight_decay=0.01
    )
    return HeadSettings(hidden=hidden, dropout=0.2, training=recipe)


def _in_turns(
    rows: Rows, parts: list[list[tuple[int, ...]]], head: HeadSettings, device: Device
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Return both ways' scores, of `_SUBSETS` if these are their strided parts, and seconds.

    In turns, so that a change of the machine's speed touches both alike.
    """
    ways = {
        "one_after_another": lambda part: np.array([_plain(rows, members, head) for members in part]),
        "brute_force": lambda part: train_networks(rows, part, head, device, seed=1).validation,
    }
    scores = {name: np.zeros(sum(map(len, parts))) for name in ways}
    seconds = dict.fromkeys(ways, 0.0)
    for turn, part in enumerate(parts):
        for name, way in ways.items():
            started = time.perf_counter()
            scores[name][turn :: len(parts)] = way(part)
            seconds[name] += time.perf_counter() - started
    return scores, seconds


def _made_up(sizes: Sequence[int]) -> Rows:
    """Return embeddings that each show the factors of the labels through noise of their own."""
    rng = np.random.default_rng(0)
    count = _TRAINING + _VALIDATION
    factors = rng.normal(size=(count, _FACTORS))
    parts = []
    for size in sizes:
        seen = rng.normal(size=(_FACTORS, size)) * rng.uniform(0, 1, (_FACTORS, 1)) ** 2
        parts.append(np.tanh(factors @ seen) + rng.normal(0, 3, (count, size)))
    inputs = np.concatenate(parts, axis=1)
    inputs = (inputs - inputs[:_TRAINING].mean(0)) / inputs[:_TRAINING].std(0)
    told = factors[:, :3].sum(1) + factors[:, 3] * factors[:, 4] + rng.normal(0, 0.5, count)
    classes = np.searchsorted(np.quantile(told, [0.25, 0.5, 0.75]), told).astype(np.int64)
    inputs, cut = inputs.astype(np.float32), _TRAINING
    return Rows(list(sizes), _LABELS, inputs[:cut], classes[:cut], inputs[cut:], classes[cut:], inputs[:0])


def _plain(rows: Rows, members: tuple[int, ...], head: HeadSettings) -> float:
    """Return the best validation accuracy of a head on a subset, trained as a tutorial would."""
    torch.manual_seed(1)
    inputs, unseen = (
        torch.from_numpy(np.concatenate([rows.parts(values)[member] for member in members], axis=1))
        for values in (rows.training, rows.validation)
    )
    targets, truth = torch.from_numpy(rows.training_targets), torch.from_numpy(rows.validation_targets)
    network = mlp(inputs.shape[1], head.hidden, _LABELS.outputs, head.dropout)
    recipe, best, kept = head.training, -1.0, None
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.epochs)
    for _ in range(recipe.epochs):
        network.train()
        for batch in torch.randperm(len(inputs)).split(recipe.batch_size):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimiser.step()
        schedule.step()
        network.eval()
        with torch.no_grad():
            score = float((network(unseen).argmax(1) == truth).float().mean())
        if score > best:
            best, kept = score, copy.deepcopy(network.state_dict())
    network.load_state_dict(kept)
    return best
