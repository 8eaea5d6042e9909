"""What surrounds the face: the backdrop behind it, and glasses or a hand before it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engram.data.synthetic.faces.canvas import Canvas
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.fixed_point import ONE, blob, edge, ellipse
from engram.data.synthetic.faces.photos import Photos

__all__ = ["draw_backdrop", "draw_glasses", "draw_occluder"]

_GLASS = np.array([24, 24, 28], dtype=np.int32)[:, None, None]


class _Photographed(Protocol):
    """A stack of faces or things, and how they were photographed."""

    @property
    def photos(self) -> Photos: ...


def draw_backdrop(canvas: Canvas, face: _Photographed) -> None:
    """Fill the frame with the backdrop's colour, darker below, and with blurred things where cluttered."""
    frame, photos = canvas.frame, face.photos
    frame.pixels[:] = photos.backdrop << 4
    full = np.full_like(frame.x, ONE)
    frame.shade(full, frame.y >> 5)
    for index in range(3):
        x, y = photos.clutter_x[:, index], photos.clutter_y[:, index]
        spot = blob(frame.x - x, frame.y - y, 360 + (x >> 2), 420 + (y >> 2))
        frame.shade(np.minimum(spot * 2, ONE), photos.clutter * (1 - 2 * (index % 2)) // 2)


def draw_glasses(canvas: Canvas, face: Faces) -> None:
    """Draw the rims and bridge of glasses; sunglasses are filled."""
    kind = face.appearance.glasses
    if not kind.any():
        return
    worn = (kind > 0).astype(np.int32)
    patch = canvas.part((-540, 540), (-200, 230))
    for side in (-1, 1):
        x, y = side * patch.x - face.appearance.eye_gap - 4, patch.y - 14
        rim = ellipse(x, y, 166, 132, patch.pixel)
        lens = ellipse(x, y, 138, 104, patch.pixel)
        patch.paint((rim - lens) * worn, _GLASS)
        patch.paint(lens * (kind == 2) * 230 >> 8, _GLASS)
        patch.paint(blob(x - 40, y + 40, 60, 40) * worn * 70 >> 8, np.full_like(_GLASS, 255))
    bridge = np.minimum(edge(12 - np.abs(patch.y + 10), patch.pixel), edge(70 - np.abs(patch.x), patch.pixel))
    patch.paint(bridge * worn, _GLASS)


def draw_occluder(canvas: Canvas, face: Faces) -> None:
    """Hide a part of the face behind a hand (mouth), a lock of hair (eye) or a dark hat (forehead)."""
    head, photos, appearance = canvas.head, face.photos, face.appearance
    kind = photos.occluder
    if not kind.any():
        return
    hand = ellipse(head.x - photos.gaze * 5, head.y - 560, 330, 190, head.pixel) * (kind == 1)
    head.paint(hand, appearance.skin * 235 >> 8)
    fingers = np.abs(((head.x + head.y // 3) & 127) - 64)
    head.shade(hand * np.maximum(fingers - 40, 0) >> 5, 120)
    width = np.clip((360 - head.y) >> 2, 0, 160)
    lock = edge(width - np.abs(head.x - 210 + (head.y >> 2)), head.pixel * 2) * ((kind == 2) & (width > 0))
    head.paint(lock * 245 >> 8, appearance.hair)
    hat = np.minimum(
        edge(-150 - (head.x * head.x >> 13) - head.y, head.pixel),
        ellipse(head.x, head.y + 260, 590, 470, head.pixel),
    )
    head.paint(hat * ((kind == 3) & (appearance.hat == 0)), appearance.clothes * 200 >> 8)
