import numpy as np
import pytest

from engram.config import FacesSettings
from engram.data.images.align import EYES_IN_BOX, align, whole
from engram.data.images.detect import Detection


def dotted(points, size=200):
    """Return a black image with soft white spots at ``points`` (x, y)."""
    y, x = np.mgrid[:size, :size] + 0.5
    light = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / 18) for px, py in points)
    return np.repeat((255 * np.clip(light, 0, 1)).astype(np.uint8)[..., None], 3, axis=2)


def spots(face):
    """Return the centres of light in the left and right half of a face, in pixels from its corner."""
    light = face.pixels[..., 0].astype(float)
    half = light.shape[1] // 2
    y, x = np.mgrid[: light.shape[0], : light.shape[1]] + 0.5
    parts = [(x < half), (x >= half)]
    return [
        ((x * light * part).sum() / (light * part).sum(), (y * light * part).sum() / (light * part).sum())
        for part in parts
    ]


@pytest.mark.parametrize("angle", [-18, 0, 10])
@pytest.mark.parametrize("distance", [12, 40, 70])
@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_eyes_come_to_their_places(angle, distance, margin):
    """However a head is turned and sized, its eyes end level at the canonical places."""
    turn = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * distance / 2
    eyes = tuple(map(float, 100 - turn)), tuple(map(float, 100 + turn))
    settings = FacesSettings(size=96, margin=margin)
    face = align(dotted(eyes), Detection((60.0, 60.0, 80.0, 80.0), eyes), settings)
    assert (face.detected, face.eyes) == (True, True)
    goals = [[96 * (margin + share) / (1 + 2 * margin) for share in eye] for eye in EYES_IN_BOX]
    np.testing.assert_allclose(spots(face), goals, atol=0.6)


@pytest.mark.parametrize("size", [24, 48, 160])
def test_without_eyes_the_box_is_cut_out(size):
    """The box fills the face but for the margin on each side."""
    image = np.zeros((200, 200, 3), np.uint8)
    image[50:130, 60:140] = 255
    face = align(image, Detection((60.0, 50.0, 80.0, 80.0), None), FacesSettings(size=size, margin=0.25))
    assert face.eyes is False
    inside = face.pixels[..., 0].astype(float) / 255
    assert inside.sum() ** 0.5 == pytest.approx(size / 1.5, rel=0.03)
    np.testing.assert_allclose(inside, inside[::-1], atol=0.25)


def test_colour_and_grey():
    """A face has three channels or one, and grey weighs the colours as usual."""
    image = np.zeros((60, 60, 3), np.uint8)
    image[..., 0] = 200
    detection = Detection((10.0, 10.0, 40.0, 40.0), None)
    rgb = align(image, detection, FacesSettings(size=24, colour="rgb")).pixels
    grey = align(image, detection, FacesSettings(size=24, colour="grey")).pixels
    assert (rgb.shape, grey.shape) == ((24, 24, 3), (24, 24, 1))
    assert (rgb == [200, 0, 0]).all()
    assert (grey == round(0.299 * 200)).all()


def test_a_box_over_the_edge_shows_no_black():
    """What lies beyond the image continues its edge."""
    image = np.full((50, 50, 3), 77, np.uint8)
    assert (
        align(image, Detection((-20.0, 30.0, 40.0, 40.0), None), FacesSettings(size=24)).pixels == 77
    ).all()


def test_no_face_is_black():
    """An undetected face is zero everywhere and says so."""
    face = align(np.full((50, 50, 3), 77, np.uint8), None, FacesSettings(size=24, colour="rgb"))
    assert face.pixels.shape == (24, 24, 3)
    assert not face.pixels.any()
    assert (face.detected, face.eyes) == (False, False)
    assert np.isnan(face.box).all()


@pytest.mark.parametrize("shape", [(48, 48), (100, 60), (10, 12)])
@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_cropped_faces_are_resized_whole(shape, colour):
    """Where faces are published as crops nothing is cut off; equal sizes leave pixels as they are."""
    image = np.random.default_rng(0).integers(0, 256, (*shape, 1), dtype=np.uint8).repeat(3, axis=2)
    face = whole(image, FacesSettings(size=48, colour=colour))
    assert face.pixels.shape == (48, 48, 3 if colour == "rgb" else 1)
    assert face.box == (0.0, 0.0, shape[1], shape[0])
    assert face.pixels.mean() == pytest.approx(image.mean(), abs=3)
    if shape == (48, 48):
        np.testing.assert_array_equal(face.pixels[..., 0], image[..., 0])
