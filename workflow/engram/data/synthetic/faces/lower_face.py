"""Nose and mouth, and what the action units from 9 to 27 do to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.data.synthetic.faces.canvas import Canvas, Patch
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.fixed_point import ONE, band, blob, ellipse, parabola

__all__ = ["draw_mouth", "draw_nose"]

_CAVITY = np.array([46, 16, 18], dtype=np.int32)[:, None, None]
_TEETH = np.array([236, 232, 222], dtype=np.int32)[:, None, None]
_TONGUE = np.array([168, 78, 78], dtype=np.int32)[:, None, None]


def draw_nose(canvas: Canvas, face: Faces) -> None:
    """Draw the nose's sides, tip, wings and nostrils; units 9 and 10 pull them up."""
    appearance = face.appearance
    lifted = face.moved({9: 34, 10: 16})
    tip = appearance.nose_tip - lifted
    wing = appearance.nose_width + face.moved({9: 14, 10: 8, 12: 8})
    patch = canvas.part((-210, 210), (-210, 380))
    patch.shade(blob(patch.x, patch.y - tip + 22, 46, 40), -52)
    patch.shade(blob(patch.x, patch.y - tip - 36, 100, 34), 84)
    for side in (-1, 1):
        x = side * patch.x
        patch.shade(ellipse(x - 34, patch.y - tip - 12, 22, 13, patch.pixel), 150)
        outline = band(
            patch.y - tip + 8, x, 46, lambda t: wing - (t * t * 26 >> 16), lambda t: 9, patch.pixel
        )
        patch.shade(outline, 90)
        ridge = band(patch.y - tip + 130, x, 120, lambda t: 44 + (t * 14 >> 8), lambda t: 10, patch.pixel * 2)
        patch.shade(ridge, 40 + face.look.line // 8 + side * face.photos.light_side // 3)


@dataclass(frozen=True)
class _Mouth:
    """The mouth's outline as functions of the position ``t`` across it."""

    width: np.ndarray
    corner: np.ndarray  # how far the corners lie below the middle
    gap_above: np.ndarray
    gap_below: np.ndarray
    upper_lip: np.ndarray
    lower_lip: np.ndarray

    def line(self, t):
        """Where closed lips meet."""
        return self.corner * (t * t >> 8) >> 8

    def top(self, t):
        """The upper lip's lower edge."""
        return self.line(t) - (self.gap_above * parabola(t) >> 8)

    def bottom(self, t):
        """The lower lip's upper edge."""
        return self.line(t) + (self.gap_below * parabola(t) >> 8)

    def crest(self, t):
        """The upper lip's upper edge: highest on both sides of the dent under the nose."""
        dent = np.maximum(ONE - (t * t >> 5), 0)
        return self.top(t) - (self.upper_lip * (parabola(t) - (dent * 70 >> 8)) >> 8)

    def base(self, t):
        """The lower lip's lower edge."""
        return self.bottom(t) + (self.lower_lip * parabola(t) >> 8)


def _mouth(face: Faces) -> _Mouth:
    """Return the mouth's outline, pulled by the action units."""
    appearance = face.appearance
    thin = np.clip(ONE - face.moved({23: 120, 24: 170, 20: 50, 12: 40}) + face.moved({22: 120}), 60, 400)
    return _Mouth(
        width=appearance.mouth_width
        + face.moved({12: 48, 20: 52, 14: 18, 15: 6, 22: -38, 23: -26, 24: -20, 26: -10, 27: -40}),
        corner=appearance.mouth_corner
        + face.moved({12: -82, 15: 74, 17: 20, 20: 16, 10: 22, 14: -14, 25: 4}),
        gap_above=face.moved({25: 9, 26: 16, 27: 38, 10: 26, 9: 10, 12: 4, 22: 8}) * (_open(face) > 0),
        gap_below=face.moved({25: 24, 26: 58, 27: 116, 16: 30, 22: 8}) * (_open(face) > 0),
        upper_lip=appearance.lip_height * 200 * thin >> 16,
        lower_lip=appearance.lip_height * 290 * thin >> 16,
    )


def _open(face: Faces) -> np.ndarray:
    """Return how far the lips part: nothing else may open them, or raised lips would show teeth."""
    return face.unit(25) + face.unit(26) + face.unit(27)


def draw_mouth(canvas: Canvas, face: Faces) -> None:
    """Draw the mouth from the inside out: cavity, tongue, teeth, lips and the line between them."""
    appearance, mouth = face.appearance, _mouth(face)
    patch = canvas.part((-360, 360), (200, 720))
    level = appearance.mouth_height - face.moved({10: 12, 12: -10, 17: 22, 9: 8}) + face.moved({27: 14})
    y = patch.y - level

    def between(first, second):
        return band(
            patch.x,
            y,
            mouth.width,
            lambda t: (first(t) + second(t)) >> 1,
            lambda t: (second(t) - first(t)) >> 1,
            patch.pixel,
        )

    cavity = between(mouth.top, mouth.bottom)
    patch.paint(cavity, _CAVITY)
    patch.paint(cavity * blob(patch.x, y - mouth.gap_below, 110, 60) >> 8, _TONGUE)
    patch.paint(cavity * _teeth(patch, face, y, mouth) >> 8, _TEETH)
    lips = appearance.skin * 200 >> 8
    redness = face.look.lip_redness * (ONE - appearance.male * 90) >> 8
    lips = lips + np.array([14, -46, -34], dtype=np.int32)[:, None, None] * redness[:, None] // 100
    patch.paint(between(mouth.crest, mouth.top), lips * 220 >> 8)
    patch.paint(between(mouth.bottom, mouth.base), lips)
    patch.shade(blob(patch.x, y - mouth.gap_below - (mouth.lower_lip >> 1), 70, 18), -50)
    _line_of_lips(patch, face, y, mouth)


def _teeth(patch: Patch, face: Faces, y: np.ndarray, mouth: _Mouth) -> np.ndarray:
    """Return the coverage of the upper teeth, which hang from the upper lip."""
    shown = 16 + face.moved({12: 14, 10: 18, 16: 8, 27: 6, 20: 8})
    hang = -mouth.gap_above + (shown >> 1)
    return band(patch.x, y, mouth.width, lambda t: hang + mouth.line(t), lambda t: shown, patch.pixel)


def _line_of_lips(patch: Patch, face: Faces, y: np.ndarray, mouth: _Mouth) -> None:
    """Draw the dark line between the lips, and the dimples that stretched corners press in."""
    dark = np.clip(150 + face.look.line // 4 + face.moved({23: 30, 24: 60}), 0, ONE)
    line = band(patch.x, y, mouth.width + 8, mouth.top, lambda t: 10, patch.pixel)
    patch.paint(line * dark >> 8, _CAVITY)
    pressed = face.moved({12: 90, 14: 120, 15: 110, 20: 80})
    for side in (-1, 1):
        corner = blob(side * patch.x - mouth.width - 10, y - mouth.corner, 36, 34)
        patch.shade(corner, np.minimum(60 + pressed, 170))
