"""Brows and eyes, and what action units 1, 2, 4, 5, 6, 7, 9 and 43 do to them."""

from __future__ import annotations

import numpy as np

from engram.data.synthetic.faces.canvas import Canvas, Patch
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.fixed_point import ONE, band, curve, ellipse, parabola

__all__ = ["draw_brows", "draw_eyes"]

_DARK = np.array([26, 18, 18], dtype=np.int32)[:, None, None]
_WHITE = np.array([238, 236, 232], dtype=np.int32)[:, None, None]


def draw_brows(canvas: Canvas, face: Faces) -> None:
    """Draw both brows as strokes that taper outwards."""
    appearance = face.appearance
    inner = appearance.brow_slope + face.moved({1: 84, 2: 14, 4: -44, 9: -36})
    outer = -appearance.brow_slope + face.moved({2: 84, 4: -6, 5: 6})
    whole = face.moved({4: 30, 7: 6, 9: 26, 6: 6})
    towards = face.moved({4: 26, 9: 10})
    arch = appearance.brow_arch + face.moved({2: 16, 4: -14})
    colour = (appearance.hair * 150 + appearance.skin * 40) >> 8

    def centre(t):
        return (
            -appearance.brow_height
            + whole
            - ((inner * (ONE - t) + outer * (ONE + t)) >> 9)
            - (arch * parabola(t) >> 8)
        )

    def half_thickness(t):
        return appearance.brow_thickness * (200 - (t * 90 >> 8) - (t * t * 60 >> 16)) >> 8

    for side in (-1, 1):
        patch = canvas.part((-50, 470), (-460, 90), side)
        along = patch.x - appearance.eye_gap - 8 + towards
        patch.paint(band(along, patch.y, 142, centre, half_thickness, patch.pixel), colour)


def draw_eyes(canvas: Canvas, face: Faces) -> None:
    """Draw both eyes: ball, iris, pupil, light, lids, crease and lashes."""
    for side in (-1, 1):
        patch = canvas.part((10, 420), (-210, 180), side)
        _eye(patch, face, side)


def _eye(patch: Patch, face: Faces, side: int) -> None:
    """Draw one eye; ``side`` keeps gaze and light alike in both."""
    appearance = face.appearance
    closed = ONE - face.unit(43) * ONE // 100
    upper = np.maximum(
        (appearance.eye_height + face.moved({5: 36, 7: -16, 6: -8, 9: -16, 4: -5})) * closed >> 8, 3
    )
    lower = np.maximum(appearance.eye_height * 150 // 256 + face.moved({5: 6, 7: -16, 6: -20, 9: -12}), 4)
    inner_lift = appearance.eye_tilt - face.moved({1: 14})
    width, pixel = appearance.eye_width, patch.pixel
    along = patch.x - appearance.eye_gap

    def upper_lid(t):
        return curve(t, slope=-inner_lift) - (upper * parabola(t) >> 8)

    def lower_lid(t):
        return curve(t, slope=-inner_lift) + (lower * parabola(t) >> 8)

    def opening(t):
        return (upper_lid(t) + lower_lid(t)) >> 1

    def half_opening(t):
        return (lower_lid(t) - upper_lid(t)) >> 1

    ball = band(along, patch.y, width, opening, half_opening, pixel)
    patch.paint(ball, _WHITE)
    across = along - side * face.photos.gaze
    iris = ellipse(across, patch.y + 6, 46, 46, pixel)
    patch.paint(ball * iris >> 8, appearance.iris)
    patch.paint(ball * ellipse(across, patch.y + 6, 22, 22, pixel) >> 8, _DARK)
    patch.paint(ball * ellipse(across + side * 16, patch.y + 22, 11, 11, pixel) >> 8, _WHITE)
    _lids(patch, face, along, upper_lid, lower_lid)


def _lids(patch: Patch, face: Faces, along: np.ndarray, upper_lid, lower_lid) -> None:
    """Draw the lash lines, the crease of the upper lid, and the pouch under the eye."""
    appearance, line, pixel = face.appearance, face.look.line, patch.pixel
    lash = 13 + line // 24

    def crease(t):
        return upper_lid(t) - 34 - face.moved({5: -14, 43: 8})

    def pouch(t):
        return lower_lid(t) + 30

    width = appearance.eye_width
    patch.shade(band(along, patch.y, width + 16, crease, lambda t: 12 * parabola(t) >> 8, pixel), 110)
    bags = 50 + (appearance.wrinkles >> 1) + face.moved({6: 110, 7: 60, 9: 60})
    patch.shade(band(along, patch.y, width, pouch, lambda t: 16 * parabola(t) >> 8, pixel * 2), bags)
    patch.paint(band(along, patch.y, width, lower_lid, lambda t: 7, pixel) * line >> 9, _DARK)
    lashes = band(along, patch.y, width + 8, upper_lid, lambda t: lash + (t * 4 >> 8), pixel)
    patch.paint(lashes * (160 + line // 3) >> 8, _DARK)
