"""The face of an image: detected and aligned, and no more of the image decoded than that takes."""

from __future__ import annotations

from dataclasses import replace

from engram.config import FacesSettings
from engram.data.images.align import Face, align
from engram.data.images.decode import ImageSource
from engram.data.images.detect import Detector

__all__ = ["find_face"]


def find_face(reference: str, source: ImageSource, detector: Detector, settings: FacesSettings) -> Face:
    """Return the face that is found in an image.

    A large image is looked at smaller than it is: the detector would reduce it anyway. It is decoded at its
    own size only where the face would be enlarged otherwise.

    Raises
    ------
    ImageError, ManifestError
        If the image cannot be decoded, or lies outside the data set's folder.
    """
    image, factor = source.read_reduced(reference, detector.side)
    found = detector.find(image)
    if factor == 1 or found is None:
        return align(image, found, settings)
    if max(found.box[2:]) * (1 + 2 * settings.margin) < settings.size:
        return align(source.read(reference), found.scaled(factor), settings)
    face = align(image, found, settings)
    places = found.scaled(factor)
    return replace(face, box=places.box, points=tuple(value * factor for value in face.points))
