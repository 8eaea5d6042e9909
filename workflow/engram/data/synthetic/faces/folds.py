"""Folds and wrinkles: those that action units press into the skin, and those that age leaves."""

from __future__ import annotations

from engram.data.synthetic.faces.canvas import Canvas
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.fixed_point import band, curve, parabola

__all__ = ["draw_folds"]


def draw_folds(canvas: Canvas, face: Faces) -> None:
    """Draw the wrinkles of forehead, glabella, nose and eye corners, and the nasolabial folds."""
    _forehead(canvas, face)
    _glabella_and_nose(canvas, face)
    _eye_corners(canvas, face)
    _nasolabial(canvas, face)
    _chin(canvas, face)


def _stroke(thickness: int):
    """Return the half thickness of a wrinkle that fades to both ends."""
    return lambda t: thickness * parabola(t) >> 8


def _forehead(canvas: Canvas, face: Faces) -> None:
    """Draw the forehead's lines, arched where both brow raisers pull, peaked where the inner one does."""
    patch = canvas.part((-330, 330), (-450, -180))
    depth = (face.appearance.wrinkles >> 2) + face.moved({1: 70, 2: 70})
    bow = 24 - face.moved({2: 50, 1: -40})
    for level in (-330, -270):
        stroke = band(
            patch.x, patch.y, 250, lambda t, level=level: curve(t, level, 0, bow), _stroke(11), patch.pixel
        )
        patch.shade(stroke, depth)


def _glabella_and_nose(canvas: Canvas, face: Faces) -> None:
    """Draw the frown's two upright lines and the wrinkles across the nose's root."""
    patch = canvas.part((-140, 140), (-260, 140))
    frown = (face.appearance.wrinkles >> 3) + face.moved({4: 130, 9: 50})
    for side in (-1, 1):
        line = band(patch.y + 120, side * patch.x, 78, lambda t: curve(t, 26, 6, 0), _stroke(12), patch.pixel)
        patch.shade(line, frown)
    for level in (-20, 40):
        across = band(
            patch.x, patch.y, 70, lambda t, level=level: curve(t, level, 0, 22), _stroke(14), patch.pixel
        )
        patch.shade(across, face.moved({9: 130}))


def _eye_corners(canvas: Canvas, face: Faces) -> None:
    """Draw the crow's feet."""
    depth = (face.appearance.wrinkles >> 2) + face.moved({6: 110})
    for side in (-1, 1):
        patch = canvas.part((230, 510), (-120, 140), side)
        for slope in (-40, 24):
            line = band(
                patch.x - face.appearance.eye_gap - 160,
                patch.y - 10,
                50,
                lambda t, slope=slope: curve(t, slope // 3, slope, 0),
                _stroke(11),
                patch.pixel,
            )
            patch.shade(line, depth)


def _nasolabial(canvas: Canvas, face: Faces) -> None:
    """Draw the folds from the wings of the nose around the mouth's corners."""
    appearance = face.appearance
    depth = 20 + appearance.wrinkles * 5 // 16 + face.moved({12: 90, 10: 100, 9: 110, 6: 40, 20: 40, 15: 40})
    bulge = face.moved({12: 34, 10: 18, 20: 20})
    middle = (appearance.nose_tip + appearance.mouth_height + 10) >> 1
    lift = face.moved({10: 20, 9: 24, 12: 14})
    for side in (-1, 1):
        patch = canvas.part((0, 480), (40, 620), side)
        fold = band(
            patch.y - middle + lift,
            patch.x,
            120,
            lambda t: curve(t, appearance.nose_width + 82 + bulge, 62, -24 - bulge // 2),
            _stroke(15),
            patch.pixel * 3 // 2,
        )
        patch.shade(fold, depth)


def _chin(canvas: Canvas, face: Faces) -> None:
    """Draw the dent over a raised chin."""
    patch = canvas.part((-210, 210), (360, 700))
    level = face.appearance.mouth_height + 96
    dent = band(patch.x, patch.y, 90, lambda t: curve(t, level, 0, 30), _stroke(14), patch.pixel)
    patch.shade(dent, face.moved({17: 130}))
