"""Whole batches, augmented at once from arrays; no image file is decoded during training.

Augmenting a batch by indexing is some fifty times as fast as image by image. Every random
choice comes from (seed, epoch), so that a resumed run goes on as if it had not stopped.

Processes that train together make every choice for the whole batch and take their share of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engram.config import AugmentSettings
from engram.core.arrays import begin_array, in_blocks
from engram.core.errors import CheckpointError
from engram.core.reading import open_array
from engram.core.seeds import derive_seed
from engram.models.vgg import VGG
from engram.training.device import Device
from engram.training.distributed import ALONE, Team, written_together
from engram.training.labelled_faces import Subset
from engram.training.workload import FORWARD_BATCH, batch_slices

__all__ = [
    "CachedBatches",
    "ImageBatches",
    "augment",
    "cache_features",
    "plain_batches",
    "plain_features",
    "standardise",
]


def standardise(faces: np.ndarray) -> Tensor:
    """Turn (B, H, W, C) uint8 into (B, C, H, W) float32, channels last.

    Each image gets mean 0 and standard deviation 1 of its own, so that no statistic of one
    data set enters another's inputs.
    """
    inputs = torch.from_numpy(faces).permute(0, 3, 1, 2).float()
    if not len(inputs):
        # A process's share of a batch smaller than the team: no face has no deviation.
        return inputs
    mean = inputs.mean((1, 2, 3), keepdim=True)
    deviation = inputs.std((1, 2, 3), keepdim=True).clamp_min(1.0)
    return (inputs - mean) / deviation


def augment(
    faces: np.ndarray,
    settings: AugmentSettings,
    rng: np.random.Generator,
    part: slice = slice(None),
    whole: int | None = None,
) -> np.ndarray:
    """Shift and mirror each of (B, H, W, C) faces by its own random choice.

    A shift repeats the border. Both are one gather of the whole batch. Faces that are the ``part`` of a
    batch of ``whole`` get what they get there.
    """
    count, height, width, channels = faces.shape
    whole = count if whole is None else whole
    down, right = rng.integers(-settings.shift, settings.shift + 1, (2, whole, 1))[:, part]
    rows = np.clip(np.arange(height) + down, 0, height - 1)
    columns = np.clip(np.arange(width) + right, 0, width - 1)
    if settings.flip:
        mirrored = rng.integers(0, 2, whole).astype(bool)[part]
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
        team: Team = ALONE,
    ) -> None:
        self._subset, self._batch_size, self._settings, self._seed = subset, batch_size, settings, seed
        self._to_inputs, self._team = to_inputs or standardise, team

    def __len__(self) -> int:
        return len(self._subset)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (B, C, H, W) images and (B,) labels; every face once, in one process."""
        rng = np.random.default_rng(derive_seed(self._seed, "images", number))
        for chosen in _shuffled(len(self._subset), self._batch_size, rng):
            part = self._team.share(len(chosen))
            own = chosen[part]
            faces = augment(self._subset.faces(own), self._settings, rng, part, len(chosen))
            yield self._to_inputs(faces), torch.from_numpy(self._subset.labels[own])


class CachedBatches:
    """Shuffled features that the frozen layers gave, for stages that train what follows them.

    ``features`` is (views, N, ...) float16, memory-mapped. An epoch takes every face once,
    each in one of its augmented views.
    """

    def __init__(
        self, features: np.ndarray, labels: np.ndarray, batch_size: int, seed: int, team: Team = ALONE
    ) -> None:
        self._features, self._labels, self._batch_size, self._seed = features, labels, batch_size, seed
        self._team = team

    def __len__(self) -> int:
        return len(self._labels)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (B, ...) float32 features and (B,) labels; every face once, in one process."""
        rng = np.random.default_rng(derive_seed(self._seed, "features", number))
        for chosen in _shuffled(len(self._labels), self._batch_size, rng):
            views = rng.integers(0, len(self._features), len(chosen))
            part = self._team.share(len(chosen))
            features = torch.from_numpy(self._features[views[part], chosen[part]]).float()
            yield _channels_last(features), torch.from_numpy(self._labels[chosen[part]])


def cache_features(
    path: Path,
    network: VGG,
    depth: int,
    subset: Subset,
    *,
    views: int,
    settings: AugmentSettings | None,
    seed: int,
    device: Device,
) -> np.ndarray:
    """Compute what the first ``depth`` layers make of ``views`` views of each face, once.

    Written to ``path`` and returned memory-mapped as (views, N, ...) float16, so that it
    costs disk, not memory. With no ``settings`` the faces are taken as they are. Processes that train
    together share the computing.
    """
    team = device.team
    if team.told(not path.exists()):
        network.eval()
        with written_together(path, team) as stream:
            for number, output in enumerate(_views(network, depth, subset, views, settings, seed, device)):
                if number == 0 and team.leads:
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
    device: Device,
) -> Iterator[Tensor]:
    """Yield the prefix's output, (B, ...) float16, of this process's share of all views' faces in order."""
    numbers, many = itertools.count(), views * -(-len(subset) // FORWARD_BATCH)
    own = range(many)[device.team.share(many)]
    with torch.inference_mode(), device.autocast():
        for view in range(views):
            rng = np.random.default_rng(derive_seed(seed, "view", view))
            for chosen, number in zip(in_blocks(len(subset), FORWARD_BATCH), numbers, strict=False):
                # Of another process's faces only the random choices are made: the next follow from them.
                part = slice(None) if number in own else slice(0)
                faces = subset.faces(chosen[part])
                faces = augment(faces, settings, rng, part, len(chosen)) if settings else faces
                if number in own:
                    images = device.send(standardise(faces))
                    yield network.prefix(images, depth).cpu().to(torch.float16).contiguous()


def _shuffled(count: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    order = rng.permutation(count)
    yield from (order[batch] for batch in batch_slices(count, size))


def _channels_last(features: Tensor) -> Tensor:
    return features.contiguous(memory_format=torch.channels_last) if features.ndim == 4 else features


def plain_batches(
    subset: Subset, to_inputs: Callable[[np.ndarray], Tensor] = standardise, team: Team = ALONE
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield a subset's images and labels in order, as they are; this process's share of them."""
    for chosen in in_blocks(team.blocks(len(subset), FORWARD_BATCH), FORWARD_BATCH):
        yield to_inputs(subset.faces(chosen)), torch.from_numpy(subset.labels[chosen])


def plain_features(
    features: np.ndarray, labels: np.ndarray, team: Team = ALONE
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield cached features of one view, (1, N, ...), and labels in order; this process's share of them."""
    for chosen in in_blocks(team.blocks(len(labels), FORWARD_BATCH), FORWARD_BATCH):
        batch = torch.from_numpy(features[0, chosen]).float()
        yield _channels_last(batch), torch.from_numpy(labels[chosen])
