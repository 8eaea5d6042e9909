"""Inputs: size, colours and normalisation as a slow reference has them."""

import numpy as np
import pytest
import torch
from PIL import Image

from engram.models.inputs import FaceInputs, resize

FACES = np.random.default_rng(0).integers(0, 256, (4, 12, 12, 3), np.uint8)


def slow_inputs(faces, order, mean, std):
    """Pick, shift and scale pixel by pixel."""
    inputs = np.empty((len(faces), len(order), *faces.shape[1:3]))
    for face, y, x in np.ndindex(faces.shape[:3]):
        for place, channel in enumerate(order):
            inputs[face, place, y, x] = (faces[face, y, x, channel] / 255 - mean[place]) / std[place]
    return torch.tensor(inputs, dtype=torch.float32)


@pytest.mark.parametrize(("colour", "order"), [("rgb", (0, 1, 2)), ("bgr", (2, 1, 0))])
def test_colours_are_ordered_and_normalised(colour, order):
    """Mean and deviation are those of the encoder's own channels, in its order."""
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    inputs = FaceInputs(12, colour, mean, std)(FACES)
    torch.testing.assert_close(inputs, slow_inputs(FACES, order, mean, std))


def test_grey_is_pillow_s():
    """Colours become grey as Pillow makes it, to its rounding."""
    inputs = FaceInputs(12, "grey", mean=(0.0,), std=(1.0,))(FACES)
    expected = np.stack([np.asarray(Image.fromarray(face).convert("L")) for face in FACES])
    np.testing.assert_allclose(inputs[:, 0] * 255, expected, atol=1.0)
    assert FaceInputs(12, "grey").channels == inputs.shape[1] == 1


def test_smaller_faces_are_means_of_what_they_cover():
    """A constant stays, and a fine pattern becomes grey instead of a false one."""
    board = np.zeros((1, 12, 12, 3), np.uint8)
    board[:, ::2, ::2] = board[:, 1::2, 1::2] = 255
    torch.testing.assert_close(resize(board, 3), torch.full((1, 3, 3, 3), 0.5), atol=0.01, rtol=0)
    torch.testing.assert_close(resize(np.full_like(board, 51), 7), torch.full((1, 3, 7, 7), 0.2))


def test_faces_of_the_right_size_are_not_touched():
    """No resampling where none is needed; 0 and 255 become 0 and 1."""
    expected = torch.from_numpy(FACES.transpose(0, 3, 1, 2) / np.float32(255))
    torch.testing.assert_close(resize(FACES, 12), expected, atol=0, rtol=0)


@pytest.mark.parametrize("colour", ["rgb", "bgr", "grey"])
def test_resized_faces_can_be_shared(colour):
    """Encoders that share an input size get the same from faces resized once."""
    inputs = FaceInputs(8, colour)
    assert torch.equal(inputs(FACES), inputs.from_resized(resize(FACES, 8)))
    assert inputs(FACES).is_contiguous(memory_format=torch.channels_last)


def test_faces_stay_as_they_were():
    """The stored faces are not changed by what is made of them."""
    before = FACES.copy()
    FaceInputs(12, "bgr")(FACES)
    np.testing.assert_array_equal(FACES, before)
