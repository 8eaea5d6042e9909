"""Where the face is in an image: OpenCV's Haar cascades (Viola and Jones 2001), or YuNet (Wu et al. 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from engram.config import FacesSettings
from engram.core.errors import ConfigurationError

__all__ = ["Detection", "Detector", "make_detector"]

#: Haar works on images of this shorter side: larger ones are reduced, smaller ones enlarged by
#: this factor at most (more costs time and finds no more).
WORKING_SIDE, LARGEST_FACTOR = 128, 1.5
#: Cascades in the order they are tried, each only where those before found nothing: the two frontal
#: ones, of which the first places its boxes best, then heads turned to the one side and the other.
CASCADES = ("frontalface_alt2", "frontalface_default", "profileface")
#: Degrees by which an image is turned for the profile's cascade, clockwise, in the order tried: who turns
#: the head aside lifts or lowers it as well. On CMU's images the last two find a third of the faces that the
#: first misses; turns the other way, and turned images for the frontal cascades, find few or wrong ones.
PROFILE_TURNS = (0, 20, 10)
#: Smallest face looked for, as a share of the image's shorter side; background specks are smaller.
SMALLEST_FACE = 0.3
#: Factor between the sizes looked for, and overlapping hits that confirm a face.
FACE_STEP, FACE_HITS = 1.15, 2
#: Eyes are looked for in a face of this width, between these shares of its height (brows to cheekbones).
EYE_FACE_WIDTH, EYE_REGION = 120, (0.2, 0.55)
#: An eye's smallest and largest size, as shares of the face's width.
EYE_SIZES = (0.18, 0.35)
#: YuNet's least score of a face, and the overlap above which two boxes are one face.
YUNET_SCORE, YUNET_OVERLAP = 0.7, 0.3
#: Longest side that YuNet is given, in pixels.
YUNET_SIDE = 640

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Detection:
    """One face, in pixels of the image."""

    box: Box
    """Left, top, width, height."""
    eyes: tuple[Point, Point] | None
    """Centres of the eyes, the one at the image's left first; None where they were not found."""
    below: tuple[Point, Point, Point] | None = None
    """Tip of the nose and corners of the mouth, the one at the image's left first; None unless found."""

    def scaled(self, factor: float) -> Detection:
        """Return the same face in an image that is larger by ``factor``."""
        left, top, width, height = (value * factor for value in self.box)
        eyes, below = (
            None if points is None else tuple((x * factor, y * factor) for x, y in points)
            for points in (self.eyes, self.below)
        )
        return Detection((left, top, width, height), eyes, below)  # type: ignore[arg-type]


class Detector(Protocol):
    """Finds the face of an image."""

    side: int
    """An image whose shorter side has more pixels is no better for it."""

    def find(self, image: np.ndarray) -> Detection | None:
        """Return the face nearest the centre of a uint8 RGB image (H, W, 3), or None."""
        ...


def make_detector(settings: FacesSettings) -> Detector:
    """Return the detector that the settings name.

    Raises
    ------
    ConfigurationError
        If YuNet's model is missing or is no such model.
    """
    cv2.setNumThreads(1)  # a job keeps to the threads that it was given
    return _Haar() if settings.detector == "haar" else _YuNet(settings.yunet_model or "")


class _Haar:
    # The smallest face that is looked for is then as wide as eyes are looked for in.
    side = round(EYE_FACE_WIDTH / SMALLEST_FACE)

    def __init__(self) -> None:
        folder = Path(cv2.data.haarcascades)  # type: ignore[attr-defined]
        self._faces = [cv2.CascadeClassifier(str(folder / f"haarcascade_{name}.xml")) for name in CASCADES]
        self._eye = cv2.CascadeClassifier(str(folder / "haarcascade_eye.xml"))

    def find(self, image: np.ndarray) -> Detection | None:
        # No equalisation: on the CMU images it costs a third of the faces.
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = min(WORKING_SIDE / min(grey.shape), LARGEST_FACTOR)
        small = _scaled(grey, scale)
        least = round(SMALLEST_FACE * min(small.shape))
        boxes = self._boxes(small, least)
        if len(boxes) == 0:
            return None
        left, top, width, height = (float(value) for value in nearest_centre(boxes, small.shape) / scale)
        box = (left, top, width, height)
        return Detection(box, self._eyes(grey, box))

    def _boxes(self, grey: np.ndarray, least: int) -> np.ndarray:
        *frontal, profile = self._faces
        for cascade in frontal:
            if len(boxes := _hits(cascade, grey, least)):
                return boxes
        # The profile's cascade knows one side only: the other is looked for in the mirror.
        mirrored = np.ascontiguousarray(grey[:, ::-1])
        for degrees in PROFILE_TURNS:
            if len(boxes := _hits_in_turned(profile, grey, least, degrees)):
                return boxes
            if len(boxes := _hits_in_turned(profile, mirrored, least, degrees)):
                boxes[:, 0] = grey.shape[1] - boxes[:, 0] - boxes[:, 2]
                return boxes
        return boxes

    def _eyes(self, grey: np.ndarray, box: Box) -> tuple[Point, Point] | None:
        left, top, width, height = map(round, box)
        top, bottom = top + round(EYE_REGION[0] * height), top + round(EYE_REGION[1] * height)
        region = grey[max(top, 0) : bottom, max(left, 0) : left + width]
        scale = EYE_FACE_WIDTH / width
        least, most = (round(size * EYE_FACE_WIDTH) for size in EYE_SIZES)
        hits = self._eye.detectMultiScale(
            _scaled(region, scale), 1.15, 2, minSize=(least,) * 2, maxSize=(most,) * 2
        )
        corner = max(left, 0), max(top, 0)
        points = [(corner[0] + (x + w / 2) / scale, corner[1] + (y + h / 2) / scale) for x, y, w, h in hits]
        return plausible_eyes(points, box)


class _YuNet:
    side = YUNET_SIDE

    def __init__(self, model: str) -> None:
        if not Path(model).is_file():
            raise ConfigurationError(
                f"faces.yunet_model: there is no file {model}. Give the path of YuNet's ONNX file "
                "(face_detection_yunet_2023mar.onnx of OpenCV's model zoo), or set faces.detector to 'haar'."
            )
        try:
            self._model = cv2.FaceDetectorYN.create(model, "", (320, 320), YUNET_SCORE, YUNET_OVERLAP)
            self._model.detect(np.zeros((320, 320, 3), np.uint8))
        except cv2.error as error:
            raise ConfigurationError(
                f"faces.yunet_model: {model} is not a YuNet model that OpenCV {cv2.__version__} can run "
                f"({error.err}). Replace the file, or set faces.detector to 'haar'."
            ) from None

    def find(self, image: np.ndarray) -> Detection | None:
        scale = min(1.0, YUNET_SIDE / max(image.shape[:2]))
        image = _scaled(image, scale)
        self._model.setInputSize((image.shape[1], image.shape[0]))
        _, faces = self._model.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if faces is None:
            return None
        # A row is: box (4 values), then right eye, left eye, nose, corners of the mouth (x, y each), score.
        face = nearest_centre(faces, image.shape[:2]) / scale
        left, top, width, height = map(float, face[:4])
        eyes = sorted([(float(face[4]), float(face[5])), (float(face[6]), float(face[7]))])
        nose, *mouth = ((float(face[at]), float(face[at + 1])) for at in (8, 10, 12))
        mouth.sort()
        return Detection((left, top, width, height), (eyes[0], eyes[1]), (nose, mouth[0], mouth[1]))


def nearest_centre(boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the row of ``boxes`` (left, top, width, height, ...) whose middle is nearest the image's."""
    boxes = np.asarray(boxes)
    middles = boxes[:, :2] + boxes[:, 2:4] / 2
    distances = np.linalg.norm(middles - np.array([shape[1], shape[0]]) / 2, axis=1)
    return boxes[np.lexsort((-boxes[:, 2], distances))[0]]


def plausible_eyes(points: list[Point], box: Box) -> tuple[Point, Point] | None:
    """Return the pair that looks most like two eyes of the face in ``box``, or None.

    Eyes lie on both sides of the face's middle, a third to six tenths of its width apart, and no
    more than 20 degrees off the level; of several pairs the one best centred and most level is taken.
    """
    left, _, width, _ = box
    best, least = None, np.inf
    for pair in combinations(sorted(points), 2):
        (x1, y1), (x2, y2) = pair
        apart, tilt = (x2 - x1) / width, abs(np.degrees(np.arctan2(y2 - y1, x2 - x1)))
        off_centre = abs((x1 + x2) / 2 - left - width / 2) / width
        if not (0.33 <= apart <= 0.6 and tilt <= 20 and off_centre <= 0.15):
            continue
        badness = off_centre + tilt / 90
        if badness < least:
            best, least = (pair[0], pair[1]), badness
    return best


def _hits(cascade: cv2.CascadeClassifier, grey: np.ndarray, least: int) -> np.ndarray:
    """Return the boxes that a cascade finds, (boxes, 4) of left, top, width, height."""
    hits = cascade.detectMultiScale(grey, FACE_STEP, FACE_HITS, minSize=(least, least))
    return np.array(hits, dtype=np.float64).reshape(-1, 4)


def _hits_in_turned(
    cascade: cv2.CascadeClassifier, grey: np.ndarray, least: int, degrees: float
) -> np.ndarray:
    """Return upright boxes, (boxes, 4), whose middles a cascade finds in the image turned clockwise."""
    if degrees == 0:
        return _hits(cascade, grey, least)
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    boxes = _hits(
        cascade, cv2.warpAffine(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), least
    )
    back = cv2.invertAffineTransform(turn)
    middles = (boxes[:, :2] + boxes[:, 2:] / 2) @ back[:, :2].T + back[:, 2]
    boxes[:, :2] = middles - boxes[:, 2:] / 2
    return boxes


def _scaled(image: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1:
        return image
    return cv2.resize(
        image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
