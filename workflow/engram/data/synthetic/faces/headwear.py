"""Hats and full beards."""

from __future__ import annotations

import numpy as np

from engram.data.synthetic.faces.canvas import Canvas
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.fixed_point import ONE, edge, ellipse
from engram.data.synthetic.faces.head import skin_coverage

__all__ = ["draw_full_beard", "draw_hat"]


def draw_full_beard(canvas: Canvas, face: Faces) -> None:
    """Draw a beard on jaw and chin, from the ears down around the mouth, and a moustache."""
    appearance = face.appearance
    if not appearance.full_beard.any():
        return
    head, features = canvas.head, canvas.features
    x, y = features.x, features.y
    # The beard's upper edge: a parabola, under the mouth in the middle and before the ears at the sides.
    upper = appearance.mouth_height + 66 - (np.clip(x, -480, 480) ** 2 >> 9)
    jaw = np.minimum(edge(y - upper, features.pixel * 2), skin_coverage(head, face))
    between = (appearance.nose_tip + appearance.mouth_height + 24) >> 1
    moustache = ellipse(x, y - between, appearance.mouth_width + 26, 44, features.pixel * 2)
    strands = np.abs(((head.x * 2 + (head.y >> 2)) & 63) - 32)
    coverage = np.maximum(jaw, moustache) * appearance.full_beard
    head.paint(coverage * 215 >> 8, appearance.hair)
    head.shade(coverage * strands >> 5, 36)


def draw_hat(canvas: Canvas, face: Faces) -> None:
    """Draw a knitted hat with its turned-up edge, or a hat with a brim and a ribbon."""
    appearance = face.appearance
    if not appearance.hat.any():
        return
    head, colour = canvas.head, appearance.hat_colour
    brimmed, worn = appearance.hat == 2, (appearance.hat > 0).astype(np.int32)
    bow = np.clip(head.x, -700, 700) ** 2 >> 13
    rim = -appearance.hairline + 50 + bow
    half_width = appearance.face_width + np.maximum(appearance.hair_volume, 40) + 24
    dome = ellipse(head.x, head.y + 210, half_width, appearance.face_top - 70, head.pixel)
    dome = np.minimum(dome, edge(rim - head.y, head.pixel)) * worn
    head.paint(dome, colour)
    ribs = np.abs((head.x & 127) - 64) * ~brimmed
    head.shade(dome * ribs >> 6, 50)
    turned_up = np.minimum(dome, edge(head.y - rim + 120, head.pixel))
    head.shade(turned_up, 60 + 60 * brimmed)
    brim = ellipse(head.x, head.y - rim + (bow >> 1) + 8, half_width + 190, 66, head.pixel) * brimmed
    head.paint(brim, colour * 225 >> 8)
    shadow = np.minimum(edge(head.y - rim, head.pixel), edge(rim + 90 - head.y, head.pixel * 6))
    head.shade(np.minimum(shadow, skin_coverage(head, face)) * worn, 40 + 30 * brimmed)
    head.shade(np.minimum(dome, ONE - np.minimum(np.abs(head.x + 120) >> 1, ONE)), -40)
