"""Additive kernel ridge against kernels of the concatenation and a direct solution."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from engram.studies.general.selection.kernels import AdditiveKernels

SIZES = (2, 5, 3)
RNG = np.random.default_rng(0)
TRAINING = [RNG.normal(size=(20, size)).astype(np.float32) for size in SIZES]
OTHERS = [RNG.normal(size=(7, size)).astype(np.float32) for size in SIZES]
TARGETS = RNG.normal(size=(20, 2)).astype(np.float32)
KERNELS = AdditiveKernels(list(map(torch.from_numpy, TRAINING)), list(map(torch.from_numpy, OTHERS)))


def kernel(left, right, members):
    """Return the mean over encoders of x'z / d, value by value."""
    found = np.zeros((len(left[0]), len(right[0])))
    for member in members:
        for i, x in enumerate(left[member].astype(float)):
            for j, z in enumerate(right[member].astype(float)):
                found[i, j] += (x * z).sum() / SIZES[member] / len(members)
    return found


@given(
    members=st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True),
    penalties=st.lists(st.sampled_from([0.05, 0.5, 5.0]), min_size=1, max_size=3, unique=True),
)
def test_ridge_solves_the_normal_equations(members, penalties):
    """For every subset and penalty, in any order, the predictions are those of a direct solution."""
    found = KERNELS.ridge(members, torch.from_numpy(TARGETS), penalties).numpy()
    mean = TARGETS.mean(0)
    between, across = kernel(TRAINING, TRAINING, members), kernel(OTHERS, TRAINING, members)
    for predictions, penalty in zip(found, penalties, strict=True):
        expected = across @ np.linalg.solve(between + penalty * np.eye(20), TARGETS - mean) + mean
        np.testing.assert_allclose(predictions, expected, rtol=1e-3, atol=1e-4)


def test_a_subset_s_ridge_leaves_the_kernels_as_they_were():
    """Asked twice, the answer is the same."""
    first, second = (KERNELS.ridge([0, 2], torch.from_numpy(TARGETS), [0.1, 1.0]) for _ in range(2))
    assert torch.equal(first, second)


def test_thinned_kernels_know_some_rows_alone():
    """Every other row, as if the others were not there."""
    half = AdditiveKernels(
        [torch.from_numpy(part[::2]) for part in TRAINING], list(map(torch.from_numpy, OTHERS))
    )
    targets = torch.from_numpy(TARGETS)[::2]
    torch.testing.assert_close(
        KERNELS.thinned(2).ridge([0, 1], targets, [0.5]), half.ridge([0, 1], targets, [0.5])
    )


def test_an_endless_penalty_leaves_the_mean():
    """The mean of the targets is not penalised."""
    found = KERNELS.ridge([1], torch.from_numpy(TARGETS), [1e7])[0]
    np.testing.assert_allclose(found, np.tile(TARGETS.mean(0), (7, 1)), atol=1e-4)


def test_the_kernel_of_a_concatenation_is_the_sum():
    """Encoders side by side, each divided by the root of its size, have their kernels' sum."""
    weighted = np.concatenate([part / size**0.5 for part, size in zip(TRAINING, SIZES, strict=True)], 1)
    np.testing.assert_allclose(weighted @ weighted.T / 3, kernel(TRAINING, TRAINING, [0, 1, 2]), rtol=1e-4)
