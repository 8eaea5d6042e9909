"""Against what an expert would write: training, PCA, heads, LogME.

- *Training*: all faces in memory as one tensor, shifted and mirrored a batch at a time by one gather,
  channels last, the same number format, ``torch.optim.AdamW(fused=True)``; the simplified VGG of a quarter
  of the published width, batches of 64.
- *PCA*: scikit-learn's ``svd_solver="covariance_eigh"`` in float64, all rows in memory, against ours, which
  reads float32 blocks from a file; 256 of 1,024 components of 10,000 rows.
- *Heads*: ten heads of one task one after another with fused AdamW, tensors in memory, against ours side by
  side: at the demonstration's sizes (96 values, hidden 64, 600 faces) and larger (1,024, 256, 2,000).
- *LogME*: You et al.'s algorithm (a singular value decomposition for each subset, then their fixed point
  for each class) against ours, on all 63 subsets of six embeddings of 1,500 faces.

One thread. Seconds are the processor's, which others that use the machine do not lengthen; in turns,
medians of five, with the smallest and the largest ratio of a turn. Above 1 ours is faster.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits
from torch import Tensor

from benchmarks.data import make_subset
from benchmarks.throughput import our_epoch
from engram.config import AugmentSettings, ComputeSettings, TrainingSettings
from engram.models.heads import mlp
from engram.models.pca import fit_pca
from engram.models.vgg import VGG
from engram.studies.general.selection.logme import logme
from engram.studies.general.selection.spectra import Spectra
from engram.training.device import Device, choose_device
from engram.training.heads import Head, train_heads
from engram.training.labelled_faces import Subset
from engram.training.tasks import LabelSet

__all__ = ["published_logme", "run"]

_TURNS, _FACES, _BATCH, _WIDTH, _SHIFT = 5, 1500, 64, 0.25, 3
_LABELS = LabelSet("age_group", ("child", "young", "middle", "senior"))


def run() -> dict[str, float]:
    """Return the ratios, expert's seconds over ours, with their spread."""
    # The first optimiser of a process imports torch's compiler: no part of what is compared.
    torch.optim.AdamW([torch.zeros(1)])
    device = choose_device(ComputeSettings(device="cpu", precision="fp32"), threads=1)
    with threadpool_limits(1), tempfile.TemporaryDirectory() as name:
        subset = make_subset(Path(name), _FACES)
        found = {}
        for precision in ("fp32", "bf16"):
            chosen = Device(torch.device("cpu"), precision)
            ways = (
                _expert_epoch(subset, chosen),
                our_epoch(subset, chosen, AugmentSettings(shift=_SHIFT), 0.01),
            )
            found |= _ratio(f"training_{precision}", *ways)
        found |= _ratio("pca", *_pca(Path(name) / "rows.npy"))
        found |= _ratio("heads", *_heads(device, 96, 64, 600, 5))
        found |= _ratio("large_heads", *_heads(device, 1024, 256, 2000, 1))
        embeddings, classes = _made_up()
        found |= _ratio("logme", *_logmes(embeddings, classes))
        return found | _agreement(embeddings, classes)


def _ratio(name: str, theirs: Callable[[], object], ours: Callable[[], object]) -> dict[str, float]:
    seconds: dict[str, list[float]] = {"theirs": [], "ours": []}
    for turn in range(_TURNS + 1):
        for key, way in (("theirs", theirs), ("ours", ours)):
            started = time.process_time()
            way()
            if turn:  # the first is a warm-up
                seconds[key].append(time.process_time() - started)
    turns = [slow / fast for slow, fast in zip(seconds["theirs"], seconds["ours"], strict=True)]
    return {
        f"{name}_seconds": statistics.median(seconds["ours"]),
        f"{name}_expert_over_ours": statistics.median(turns),
        f"{name}_smallest": min(turns),
        f"{name}_largest": max(turns),
    }


def _expert_epoch(subset: Subset, device: Device) -> Callable[[], None]:
    faces = torch.from_numpy(subset.faces(np.arange(len(subset))))[..., 0]
    labels = torch.from_numpy(subset.labels)
    network = VGG({"expression": 7}, width=_WIDTH).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4, fused=True)

    def epoch() -> None:
        for batch in torch.randperm(len(faces)).split(_BATCH):
            images = _augmented(faces[batch])[:, None].contiguous(memory_format=torch.channels_last)
            with device.autocast():
                loss = F.cross_entropy(network(images, "expression"), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    return epoch


def _augmented(faces: Tensor) -> Tensor:
    """Shift and mirror (B, H, W) uint8 faces, each by its own choice, and standardise them."""
    count, height, width = faces.shape
    down, right = torch.randint(-_SHIFT, _SHIFT + 1, (2, count, 1))
    rows = (torch.arange(height) + down).clamp(0, height - 1)
    columns = (torch.arange(width) + right).clamp(0, width - 1)
    columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    places = (rows[:, :, None] * width + columns[:, None]).flatten(1)
    images = faces.flatten(1).gather(1, places).view(count, height, width).float()
    spread = images.std((1, 2), keepdim=True).clamp_min(1.0)
    return (images - images.mean((1, 2), keepdim=True)) / spread


def _pca(path: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    rng = np.random.default_rng(1)
    np.save(path, rng.standard_normal((10_000, 1024), np.float32) * np.geomspace(1, 0.01, 1024, dtype="f4"))
    rows = np.load(path, mmap_mode="r")

    def theirs() -> object:
        return PCA(256, svd_solver="covariance_eigh").fit(np.array(rows, np.float64))

    def ours() -> object:
        return fit_pca((rows[at : at + 1024] for at in range(0, len(rows), 1024)), 256)

    return theirs, ours


def _heads(
    device: Device, values: int, hidden: int, faces: int, epochs: int
) -> tuple[Callable[[], object], Callable[[], object]]:
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((faces, values)).astype(np.float32)
    targets = rng.integers(0, 4, faces)
    cut = int(faces * 0.8)
    recipe = TrainingSettings(epochs=epochs, patience=epochs, batch_size=64, learning_rate=0.003)
    rows = np.arange(faces)
    heads = [Head(inputs, _LABELS, targets, rows[:cut], rows[cut:], seed) for seed in range(10)]

    def theirs() -> None:
        for seed in range(10):
            torch.manual_seed(seed)
            _expert_head(torch.from_numpy(inputs), torch.from_numpy(targets), cut, hidden, recipe)

    return theirs, lambda: train_heads(heads, [hidden], 0.2, recipe, device)


def _expert_head(inputs: Tensor, targets: Tensor, cut: int, hidden: int, recipe: TrainingSettings) -> None:
    network = mlp(inputs.shape[1], hidden, 4, 0.2)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, fused=True)
    for _ in range(recipe.epochs):
        network.train()
        for batch in torch.randperm(cut).split(recipe.batch_size):
            optimiser.zero_grad()
            F.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimiser.step()
        network.eval()
        with torch.inference_mode():
            (network(inputs[cut:]).argmax(1) == targets[cut:]).float().mean()


def _made_up() -> tuple[list[np.ndarray], np.ndarray]:
    """Return six centred embeddings of the demonstration's sizes, and centred indicators of seven classes."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(1500, 12))
    embeddings = [
        np.tanh(factors @ rng.normal(size=(12, size)) * rng.uniform(0.2, 1)) + rng.normal(0, 1, (1500, size))
        for size in (24, 96, 32, 48, 32, 96)
    ]
    classes = np.eye(7)[(factors @ rng.normal(size=(12, 7))).argmax(1)]
    return [part - part.mean(0) for part in embeddings], classes - classes.mean(0)


def _subsets() -> Iterator[tuple[int, ...]]:
    return (chosen for size in range(1, 7) for chosen in combinations(range(6), size))


def _logmes(
    embeddings: list[np.ndarray], classes: np.ndarray
) -> tuple[Callable[[], list[float]], Callable[[], list[float]]]:
    def theirs() -> list[float]:
        parts = (np.concatenate([embeddings[member] for member in chosen], axis=1) for chosen in _subsets())
        return [published_logme(part, classes) for part in parts]

    def ours() -> list[float]:
        spectra = Spectra(embeddings, classes)
        return [logme(spectra.subset(chosen), classes) for chosen in _subsets()]

    return theirs, ours


def _agreement(embeddings: list[np.ndarray], classes: np.ndarray) -> dict[str, float]:
    theirs, ours = (np.array(way()) for way in _logmes(embeddings, classes))
    return {"logme_spearman": float(spearmanr(theirs, ours)[0])}


def published_logme(features: np.ndarray, targets: np.ndarray) -> float:
    """Return the evidence by row, the mean over targets, as You et al. (2021) compute it.

    Algorithm 3 of their paper: the decomposition once, then for each target alpha and beta by turns, until
    their ratio moves by less than a hundredth, eleven times at most.
    """
    count, size = features.shape
    left, values, _ = np.linalg.svd(features, full_matrices=False)
    squares = values**2
    found = []
    for target in targets.T:
        projected = (left.T @ target) ** 2
        outside = (target**2).sum() - projected.sum()
        alpha, beta = 1.0, 1.0
        for _ in range(11):
            ratio = alpha / beta
            gamma = (squares / (squares + ratio)).sum()
            length = (squares * projected / (squares + ratio) ** 2).sum()
            residual = (projected / (1 + squares / ratio) ** 2).sum() + outside
            alpha, beta = gamma / (length + 1e-5), (count - gamma) / (residual + 1e-5)
            if abs(alpha / beta - ratio) / ratio <= 1e-2:
                break
        evidence = size / 2 * np.log(alpha) + count / 2 * np.log(beta)
        evidence -= 0.5 * np.log(alpha + beta * squares).sum() + (size - len(squares)) / 2 * np.log(alpha)
        evidence -= beta / 2 * residual + alpha / 2 * length + count / 2 * np.log(2 * np.pi)
        found.append(evidence / count)
    return float(np.mean(found))
