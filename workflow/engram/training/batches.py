"""Whole batches, augmented at once from arrays; no image file is decoded during training.

Augmenting a batch by indexing is some fifty times as fast as image by image. Every random
choice comes from (seed, epoch), so that a resumed run goes on as if it had not stopped.

Processes that train together take a shard of each batch, and augment it by draws of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engram.config import AugmentSettings
from engram.core.arrays import begin_array, in_blocks
from engram.core.errors import CheckpointError
from engram.core.files import atomic_path
from engram.core.reading import open_array
from engram.core.seeds import derive_seed
from engram.models.vgg import VGG
from engram.training.device import Device
from engram.training.distributed import barrier, is_main
from engram.training.feeding import augment, shuffled
from engram.training.labelled_faces import Subset
from engram.training.workload import FORWARD_BATCH

__all__ = [
    "CachedBatches",
    "ImageBatches",
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
    mean = inputs.mean((1, 2, 3), keepdim=True)
    deviation = inputs.std((1, 2, 3), keepdim=True).clamp_min(1.0)
    return (inputs - mean) / deviation


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
        self._subset, self._seed, self._to_inputs = subset, seed, to_inputs or standardise
        self._feed = subset.feed(batch_size, settings)

    def __len__(self) -> int:
        return len(self._subset)

    @property
    def parts(self) -> int:
        """Into how many parts an epoch is divided."""
        return self._feed.parts

    def epoch(self, number: int, part: int | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (B, C, H, W) images and (B,) labels; every face once, or those of one part."""
        for chosen, faces in self._feed.epoch(derive_seed(self._seed, "images", number), part):
            yield self._to_inputs(faces), torch.from_numpy(self._subset.labels[chosen])


class CachedBatches:
    """Shuffled features that the frozen layers gave, for stages that train what follows them.

    ``features`` is (augmentations, N, ...) float16, memory-mapped. An epoch takes every face once,
    each in one of its augmentations.
    """

    def __init__(self, features: np.ndarray, labels: np.ndarray, batch_size: int, seed: int) -> None:
        self._features, self._labels, self._batch_size, self._seed = features, labels, batch_size, seed

    def __len__(self) -> int:
        return len(self._labels)

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (B, ...) float32 features and (B,) labels; every face once."""
        seed = derive_seed(self._seed, "features", number)
        for chosen, rng in shuffled(len(self._labels), self._batch_size, seed):
            augmentations = rng.integers(0, len(self._features), len(chosen))
            features = torch.from_numpy(self._features[augmentations, chosen]).float()
            yield _channels_last(features), torch.from_numpy(self._labels[chosen])


def cache_features(
    path: Path,
    network: VGG,
    depth: int,
    subset: Subset,
    *,
    augmentations: int,
    settings: AugmentSettings | None,
    seed: int,
    device: Device,
) -> np.ndarray:
    """Compute the outputs of the first ``depth`` layers for some augmentations of each face, once.

    Written to ``path`` by rank 0 and returned memory-mapped as (augmentations, N, ...) float16, so that
    it costs disk, not memory. With no ``settings`` the faces are taken as they are.
    """
    if is_main() and not path.exists():
        network.eval()
        outputs = _prefix_outputs(network, depth, subset, augmentations, settings, seed, device)
        with atomic_path(path) as temporary, open(temporary, "wb") as stream:
            for number, output in enumerate(outputs):
                if number == 0:
                    begin_array(stream, (augmentations, len(subset), *output.shape[1:]), np.float16)
                stream.write(output.numpy().tobytes())
    barrier()
    return open_array(path, CheckpointError)


def _prefix_outputs(
    network: VGG,
    depth: int,
    subset: Subset,
    augmentations: int,
    settings: AugmentSettings | None,
    seed: int,
    device: Device,
) -> Iterator[Tensor]:
    """Yield the prefix's outputs, (B, ...) float16, of all faces of each augmentation in order."""
    with torch.inference_mode(), device.autocast():
        for number in range(augmentations):
            rng = np.random.default_rng(derive_seed(seed, "view", number))
            for chosen in in_blocks(len(subset), FORWARD_BATCH):
                faces = subset.faces(chosen)
                images = device.send(standardise(augment(faces, settings, rng) if settings else faces))
                yield network.prefix(images, depth).cpu().to(torch.float16).contiguous()


def _channels_last(features: Tensor) -> Tensor:
    return features.contiguous(memory_format=torch.channels_last) if features.ndim == 4 else features


def plain_batches(
    subset: Subset, to_inputs: Callable[[np.ndarray], Tensor] = standardise
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield a subset's images and labels in order, as they are."""
    for chosen, faces in subset.feed().plain():
        yield to_inputs(faces), torch.from_numpy(subset.labels[chosen])


def plain_features(features: np.ndarray, labels: np.ndarray) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield cached features without augmentation, (1, N, ...), and labels in order."""
    for chosen in in_blocks(len(labels), FORWARD_BATCH):
        batch = torch.from_numpy(features[0, chosen]).float()
        yield _channels_last(batch), torch.from_numpy(labels[chosen])
