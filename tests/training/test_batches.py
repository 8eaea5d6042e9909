"""Batches: every face once, augmented as a slow reference would, the same after a restart."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engram.config import AugmentSettings
from engram.models.vgg import VGG
from engram.training.batches import (
    CachedBatches,
    ImageBatches,
    augment,
    cache_features,
    plain_batches,
    standardise,
)
from engram.training.device import Device
from engram.training.labelled_faces import Part, Subset

CPU = Device(torch.device("cpu"), "fp32")


def make_subset(count, seed=0, size=48):
    rng = np.random.default_rng(seed)
    faces = rng.integers(0, 256, (count, size, size, 1), np.uint8)
    return Subset([Part(faces, np.arange(count), rng.integers(0, 7, count))])


def slow_augment(face, down, right, mirror):
    """Move a face pixel by pixel; a shift repeats the border."""
    height, width, _ = face.shape
    moved = np.empty_like(face)
    for y in range(height):
        for x in range(width):
            column = width - 1 - x if mirror else x
            moved[y, x] = face[min(max(y + down, 0), height - 1), min(max(column + right, 0), width - 1)]
    return moved


def test_augmentation_is_the_slow_reference():
    """One gather of the batch does what moving pixel by pixel does."""
    faces = np.random.default_rng(1).integers(0, 256, (6, 9, 9, 1), np.uint8)
    fast = augment(faces, AugmentSettings(flip=True, shift=2), np.random.default_rng(5))
    rng = np.random.default_rng(5)
    down, right = rng.integers(-2, 3, (2, 6, 1))
    mirror = rng.integers(0, 2, 6)
    slow = [slow_augment(f, d[0], r[0], m) for f, d, r, m in zip(faces, down, right, mirror, strict=True)]
    np.testing.assert_array_equal(fast, slow)


def test_no_augmentation_is_the_identity():
    """Without flip and shift a face stays as it is."""
    faces = np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), np.uint8)
    np.testing.assert_array_equal(
        augment(faces, AugmentSettings(flip=False, shift=0), np.random.default_rng(0)), faces
    )


def test_each_image_is_standardised_by_itself():
    """Mean 0 and deviation 1 for each image; a blank face gives zeros, not a division by zero."""
    faces = np.random.default_rng(2).integers(0, 256, (3, 8, 8, 1), np.uint8)
    faces[2] = 77
    inputs = standardise(faces)
    torch.testing.assert_close(inputs[:2].mean((1, 2, 3)), torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(inputs[:2].std((1, 2, 3)), torch.ones(2))
    assert not inputs[2].any()


@given(st.integers(1, 50), st.integers(2, 16), st.integers(0, 100))
def test_an_epoch_takes_every_face_once(count, batch_size, epoch):
    """Whatever the sizes, no face is left out or taken twice."""
    faces = np.zeros((count, 2, 2, 1), np.uint8)
    subset = Subset([Part(faces, np.arange(count), np.arange(count))])
    batches = ImageBatches(subset, batch_size, AugmentSettings(shift=0), seed=3)
    labels = torch.cat([labels for _, labels in batches.epoch(epoch)])
    assert sorted(labels.tolist()) == list(range(count))


def test_an_epoch_depends_on_its_number_alone():
    """A resumed run sees in epoch 7 what an uninterrupted one saw."""
    batches = ImageBatches(make_subset(20), 8, AugmentSettings(), seed=3)
    first = [inputs for inputs, _ in batches.epoch(7)]
    list(batches.epoch(8))
    again = [inputs for inputs, _ in batches.epoch(7)]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], next(iter(batches.epoch(8)))[0])


def test_parts_of_several_data_sets_are_read_as_one():
    """FU's merged subset gives each part's own faces."""
    one, two = np.full((3, 2, 2, 1), 1, np.uint8), np.full((4, 2, 2, 1), 2, np.uint8)
    subset = Subset([Part(one, np.array([0, 2]), np.array([0, 0])), Part(two, np.array([3]), np.array([1]))])
    assert subset.faces(np.array([2, 0, 1]))[:, 0, 0, 0].tolist() == [2, 1, 1]


@pytest.mark.parametrize("layers", ["classifier", "classifier+conv"])
def test_cached_features_are_those_of_the_frozen_layers(tmp_path, layers):
    """The cache holds what computing them anew gives, to half precision."""
    subset, network = make_subset(10), VGG({"expression": 7}, width=0.0625).eval()
    depth = network.frozen_depth(layers)
    features = cache_features(
        tmp_path / "f.npy", network, depth, subset, augmentations=1, settings=None, seed=1, device=CPU
    )
    images = torch.cat([images for images, _ in plain_batches(subset)])
    with torch.no_grad():
        expected = network.prefix(images, depth)
    torch.testing.assert_close(torch.tensor(features[0]).float(), expected, atol=2e-3, rtol=2e-3)


def test_an_epoch_of_cached_features_takes_each_face_in_one_view():
    """Views are drawn per face; labels stay with their faces."""
    features = np.arange(3 * 5, dtype=np.float16).reshape(3, 5, 1)
    batches = CachedBatches(features, np.arange(5), batch_size=2, seed=1)
    pairs = [(f, y) for inputs, labels in batches.epoch(1) for f, y in zip(inputs[:, 0], labels, strict=True)]
    assert sorted(int(y) for _, y in pairs) == list(range(5))
    assert all(int(f) % 5 == int(y) for f, y in pairs)
