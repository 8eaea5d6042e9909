"""Whole batches, augmented at once from arrays; no image file is decoded during training.

Augmenting a batch by indexing is some fifty times as fast as image by image. Every random
choice comes from (seed, epoch), so that a resumed run goes on as if it had not stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from engram.ground.arrays import begin_array, in_blocks
from engram.ground.errors import CheckpointError
from engram.ground.files import atomic_path
from engram.ground.reading import open_array
from engram.ground.seeds import derive_seed
from engram.ground.settings import AugmentSettings
from engram.learning.numerics import Numerics
from engram.learning.subsets import Subset
from engram.networks.vgg import VGG

__all__ = [
    "Batches",
    "CachedBatches",
    "ImageBatches",
    "augment",
    "cache_features",
    "plain_batches",
    "plain_features",
    "standardise",
]

#: Faces a forward pass where nothing is learnt: few, so that activations stay in the processor's cache.
FORWARD_BATCH = 32


class Batches(Protocol):
    """What the training loop asks of its data."""

    def __len__(self) -> int:
        """Return the number of faces in an epoch."""

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the inputs and labels of epoch ``number``."""


def standardise(faces: np.ndarray) -> Tensor:
    """Turn (B, H, W, C) uint8 into (B, C, H, W) float32, channels last.

    Each image gets mean 0 and standard deviation 1 of its own, so that no statistic of one
    data set enters another's inputs.
    """
    inputs = torch.from_numpy(faces).permute(0, 3, 1, 2).float()
    mean = inputs.mean((1, 2, 3), keepdim=True)
    deviation = inputs.std((1, 2, 3), keepdim=True).clamp_min(1.0)
    return (inputs - mean) / deviation


def augment(faces: np.ndarray, settings: AugmentSettings, rng: np.random.Generator) -> np.ndarray:
    """Shift and mirror each of (B, H, W, C) faces by its own random choice.

    A shift repeats the border. Both are one gather of the whole batch.
    """
    count, height, width, channels = faces.shape
    down, right = rng.integers(-settings.shift, settings.shift + 1, (2, count, 1))
    rows = np.clip(np.arange(height) + down, 0, height - 1)
    columns = np.clip(np.arange(width) + right, 0, width - 1)
    if settings.flip:
        mirrored = rng.integers(0, 2, count).astype(bool)
        columns[mirrored] = columns[mirrored, ::-1]
    # Whole pixels by one flat index: a third of the time of indexing by three arrays.
    flat = (np.arange(count)[:, None] * height + rows)[:, :, None] * width + columns[:, None, :]
    return faces.reshape(-1, channels).take(flat.ravel(), axis=0).reshape(faces.shape)


class ImageBatches:
    """Shuffled, augmented images of a subset, for stages that train every layer."""

    def __init__(
        self,
        subset: Subset,
        batch_size: int,
        settings: AugmentSettings,
        seed: int,
        to_inputs: Callable[[np.ndarray], Tensor] | None = None,
    ) -> None:
        self._subset, self._batch_size, self._settings, self._seed = subset, batch_size, settings, seed
        self._to_inputs = to_inputs or standardise

    def __len__(self) -> int:
        return len(self._subset)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (B, C, H, W) images and (B,) labels; every face once."""
        rng = np.random.default_rng(derive_seed(self._seed, "images", number))
        for chosen in _shuffled(len(self._subset), self._batch_size, rng):
            faces = augment(self._subset.faces(chosen), self._settings, rng)
            yield self._to_inputs(faces), torch.from_numpy(self._subset.labels[chosen])


class CachedBatches:
    """Shuffled features that the frozen layers gave, for stages that train what follows them.

    ``features`` is (views, N, ...) float16, memory-mapped. An epoch takes every face once,
    each in one of its augmented views.
    """

    def __init__(self, features: np.ndarray, labels: np.ndarray, batch_size: int, seed: int) -> None:
        self._features, self._labels, self._batch_size, self._seed = features, labels, batch_size, seed

    def __len__(self) -> int:
        return len(self._labels)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (B, ...) float32 features and (B,) labels; every face once."""
        rng = np.random.default_rng(derive_seed(self._seed, "features", number))
        for chosen in _shuffled(len(self._labels), self._batch_size, rng):
            views = rng.integers(0, len(self._features), len(chosen))
            features = torch.from_numpy(self._features[views, chosen]).float()
            yield _channels_last(features), torch.from_numpy(self._labels[chosen])


def cache_features(
    path: Path,
    network: VGG,
    depth: int,
    subset: Subset,
    *,
    views: int,
    settings: AugmentSettings | None,
    seed: int,
    numerics: Numerics,
) -> np.ndarray:
    """Compute what the first ``depth`` layers make of ``views`` views of each face, once.

    Written to ``path`` and returned memory-mapped as (views, N, ...) float16, so that it
    costs disk, not memory. With no ``settings`` the faces are taken as they are.
    """
    if not path.exists():
        network.eval()
        with atomic_path(path) as temporary, open(temporary, "wb") as stream:
            for number, output in enumerate(_views(network, depth, subset, views, settings, seed, numerics)):
                if number == 0:
                    begin_array(stream, (views, len(subset), *output.shape[1:]), np.float16)
                stream.write(output.numpy().tobytes())
    return open_array(path, CheckpointError)


def _views(
    network: VGG,
    depth: int,
    subset: Subset,
    views: int,
    settings: AugmentSettings | None,
    seed: int,
    numerics: Numerics,
) -> Iterator[Tensor]:
    """Yield the prefix's output, (B, ...) float16, of every view's faces in order."""
    with torch.inference_mode(), numerics.autocast():
        for view in range(views):
            rng = np.random.default_rng(derive_seed(seed, "view", view))
            for chosen in in_blocks(len(subset), FORWARD_BATCH):
                faces = subset.faces(chosen)
                images = standardise(augment(faces, settings, rng) if settings else faces)
                yield network.prefix(numerics.send(images), depth).cpu().to(torch.float16).contiguous()


def _shuffled(count: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    order = rng.permutation(count)
    # A last face alone joins the batch before: batch normalisation needs two.
    ends = [*range(size, count - 1, size), count]
    yield from (order[start:end] for start, end in zip([0, *ends], ends, strict=False))


def _channels_last(features: Tensor) -> Tensor:
    return features.contiguous(memory_format=torch.channels_last) if features.ndim == 4 else features


def plain_batches(
    subset: Subset, to_inputs: Callable[[np.ndarray], Tensor] = standardise
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield a subset's images and labels in order, as they are."""
    for chosen in in_blocks(len(subset), FORWARD_BATCH):
        yield to_inputs(subset.faces(chosen)), torch.from_numpy(subset.labels[chosen])


def plain_features(features: np.ndarray, labels: np.ndarray) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield cached features of one view, (1, N, ...), and labels in order."""
    for chosen in in_blocks(len(labels), FORWARD_BATCH):
        batch = torch.from_numpy(features[0, chosen]).float()
        yield _channels_last(batch), torch.from_numpy(labels[chosen])
