"""The face of a large image: found in a smaller one, cut out as from the whole."""

import numpy as np
import pytest
from PIL import Image

from engram.config import FacesSettings
from engram.data.images import find
from engram.data.images.align import align
from engram.data.images.decode import ImageSource
from engram.data.images.detect import Detection, make_detector
from engram.data.images.find import find_face


@pytest.fixture
def large(tmp_path, portrait):
    """Return the folder of a portrait of 2,000 pixels, and its source."""
    Image.fromarray(portrait).resize((2000, 2344), Image.Resampling.BICUBIC).save(
        tmp_path / "a.jpg", quality=95
    )
    return ImageSource(tmp_path)


@pytest.mark.parametrize("size", [48, 300, 512])
def test_a_large_image_gives_the_face_that_the_whole_gives(large, size):
    """The same box and nearly the same pixels, whether the whole is decoded for them or not."""
    settings, detector = FacesSettings(size=size, colour="rgb", margin=0.25), make_detector(FacesSettings())
    whole = large.read("a.jpg")
    found = find_face("a.jpg", large, detector, settings)
    expected = align(whole, detector.find(whole), settings)
    assert found.detected
    np.testing.assert_allclose(found.box, expected.box, atol=0.02 * 2000)
    assert found.pixels.shape == (size, size, 3)


def test_the_whole_is_decoded_for_a_small_face_alone(large, monkeypatch):
    """Where the face has enough pixels in the smaller image, no more is decoded; places are of the whole."""
    read, box = [], (100.0, 110.0, 120.0, 120.0)
    eyes, below = ((140.0, 150.0), (180.0, 150.0)), ((160.0, 170.0), (145.0, 195.0), (175.0, 195.0))

    class Detector:
        side = 400

        def find(self, image):
            assert min(image.shape[:2]) == 500
            return Detection(box, eyes, below)

    monkeypatch.setattr(
        ImageSource, "read", lambda source, name: read.append(name) or np.zeros((2344, 2000, 3), np.uint8)
    )
    enough = find_face("a.jpg", large, Detector(), FacesSettings(size=150, margin=0.25, colour="rgb"))
    assert read == []
    small = find_face("a.jpg", large, Detector(), FacesSettings(size=300, margin=0.25, colour="rgb"))
    assert read == ["a.jpg"]
    for face in (enough, small):
        assert face.box == (400.0, 440.0, 480.0, 480.0)
        assert face.points == tuple(4 * value for point in (*eyes, *below) for value in point)


def test_no_face_is_none(large, monkeypatch):
    """Nothing is looked for again in the whole image."""

    class Detector:
        side = 400

        def find(self, image):
            return None

    monkeypatch.setattr(ImageSource, "read", None)
    assert not find.find_face("a.jpg", large, Detector(), FacesSettings()).detected
