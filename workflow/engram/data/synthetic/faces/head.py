"""The head: hair, neck, ears and skin, and the soft shading that gives it volume."""

from __future__ import annotations

import numpy as np

from engram.data.synthetic.faces.canvas import Canvas, Patch
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.fixed_point import ONE, blob, curve, edge, ellipse

__all__ = ["draw_front_hair", "draw_head", "light_head", "shade_face"]


def draw_head(canvas: Canvas, face: Faces) -> None:
    """Draw, from the back: hair, shoulders, neck, ears and the face's skin."""
    head, appearance = canvas.head, face.appearance
    _back_hair(head, face)
    _shoulders(head, face)
    ears = ellipse(np.abs(head.x) - appearance.face_width - 8, head.y - 60, 58, 120, head.pixel)
    head.paint(ears * (1 - appearance.hair_long), appearance.skin * 225 >> 8)
    head.paint(skin_coverage(head, face), appearance.skin)


def skin_coverage(head: Patch, face: Faces) -> np.ndarray:
    """Return the coverage of the face: half an ellipse above the eyes, and below them a jaw.

    The jaw's outline is (x/w)**2 * (1 + taper * m**2) + m**2 + square * (m**4 - m**2) = 1 with
    m = y/chin: ``taper`` points the chin and ``square`` widens the corners of the jaw.
    """
    appearance = face.appearance
    chin = appearance.chin + face.moved({26: 55, 27: 105, 17: -15})
    x = np.clip(head.x * (65536 // appearance.face_width) >> 8, -768, 768)
    height = np.where(head.y < 0, appearance.face_top, chin)
    y = np.clip(head.y * (65536 // height) >> 8, -768, 768)
    x2, y2 = x * x >> 8, y * y >> 8
    below = np.where(head.y < 0, 0, y2)
    radius = x2 + (x2 * (below * appearance.jaw_taper >> 8) >> 8) + y2
    radius += ((below * below >> 8) - below) * appearance.jaw_square >> 8
    return edge((ONE - radius) * appearance.face_width >> 9, head.pixel)


def _shoulders(head: Patch, face: Faces) -> None:
    """Draw neck and clothes, with the chin's shadow on the neck."""
    appearance = face.appearance
    neck = appearance.male * 50 + 190 + np.maximum(head.y - 640, 0) * 3 // 4
    column = np.minimum(edge(neck - np.abs(head.x), head.pixel), edge(head.y - 300, head.pixel))
    shoulders = ellipse(
        head.x, head.y - 1130, 800 + appearance.male * 110, 400 + appearance.male * 20, head.pixel
    )
    collar = ellipse(head.x, head.y - 690, 250 + appearance.male * 40, 130, head.pixel)
    head.paint(column, appearance.skin * 226 >> 8)
    head.shade(np.minimum(column, blob(head.x, head.y - appearance.chin + 40, 420, 220)), 120)
    head.paint(np.maximum(shoulders - collar, 0), appearance.clothes)


def _crown(head: Patch, face: Faces) -> np.ndarray:
    """Return the coverage of the hair's outline over the skull; none on a bald head."""
    appearance = face.appearance
    half_width, half_height = (
        appearance.face_width + appearance.hair_volume,
        appearance.face_top - 90 + appearance.hair_volume,
    )
    return ellipse(head.x, head.y + 110, half_width, half_height, head.pixel) * (ONE - appearance.bald) >> 8


def _back_hair(head: Patch, face: Faces) -> None:
    """Draw the hair behind the head; long hair falls to the shoulders and curls in at its ends."""
    appearance = face.appearance
    half_width = appearance.face_width + appearance.hair_volume + 20
    fall = ellipse(head.x, head.y - 40, half_width, 740, head.pixel)
    strands = np.abs(((head.x + (head.y >> 3)) & 127) - 64)
    ends = edge(660 + (strands >> 1) - head.y + (np.abs(head.x) >> 2), head.pixel)
    hanging = np.minimum(fall, ends) * appearance.hair_long
    head.paint(np.maximum(_crown(head, face), hanging), appearance.hair * 216 >> 8)
    head.shade(hanging * strands >> 6, 60)


def draw_front_hair(canvas: Canvas, face: Faces) -> None:
    """Draw the hair over the forehead down to the hairline, with strands; or a cap."""
    head, appearance = canvas.head, face.appearance
    crown = _crown(head, face)
    t = np.clip(head.x * (65536 // appearance.face_width) >> 8, -320, 320)
    if face.look.cap:
        line = -330 + curve(t, 0, 0, 150)
        head.paint(np.minimum(crown, edge(line - head.y, head.pixel)), np.full_like(appearance.hair, 26))
        return
    # A parabola over the forehead, and a sixth power that brings the hair down before the ears.
    square = t * t >> 8
    temples = (square * square >> 8) * square >> 8
    line = (
        -appearance.hairline + curve(t, 0, appearance.hair_part, appearance.hair_bow) + (temples * 330 >> 8)
    )
    coverage = np.minimum(crown, edge(line - head.y, head.pixel * 2))
    head.paint(coverage, appearance.hair)
    strands = np.abs(((head.x * 3 + head.y + appearance.hair_part * head.y // 256) & 255) - 128)
    head.shade(coverage * strands >> 8, 80)
    shine = blob(head.x - appearance.hair_part, head.y + appearance.face_top - 60, 330, 130)
    head.shade(np.minimum(coverage, shine), -90)


def shade_face(canvas: Canvas, face: Faces) -> None:
    """Shade the skin softly: sockets, temples, cheeks, nose, chin, and the bulge of raised cheeks."""
    patch, appearance = canvas.part((-700, 700), (-520, 900)), face.appearance
    x, y, side = patch.x, patch.y, np.abs(patch.x)
    raised = face.moved({6: 34, 12: 40, 9: 18})
    boss = appearance.chin - 70 - face.moved({17: 25, 26: -45, 27: -80})
    flush = appearance.skin - np.array([0, 50, 40], dtype=np.int32)[:, None, None]
    patch.paint(blob(side - 260, y - 230, 150, 120) * 40 >> 8, flush)
    stubble = np.minimum(blob(x, y - 480, 420, 300) * 2, ONE) * appearance.beard >> 8
    patch.paint(stubble * 150 >> 8, (appearance.hair + appearance.skin) >> 1)
    # Each spot with its darkness; negative is light. They add up, so that the pixels are touched once.
    spots = (
        (blob(x, y + 300, 300, 190), -26),  # forehead
        (blob(side - appearance.eye_gap + 10, y + 22, 190, 150), 96),  # eye sockets
        (blob(side - 60, y - 10, 62, 150), 46),  # sides of the nose's root
        (blob(side - appearance.face_width + 60, y - 330, 190, 330), 54),  # jaw's sides
        (blob(side - 255, y - 190 + raised, 150, 110), -16 - raised // 2),  # cheekbones
        (blob(side - 300, y - 300, 120, 100), raised),  # hollow under raised cheeks
        (blob(x, y - appearance.mouth_height - 110, 150, 50), 50 + face.moved({17: 50})),  # under the lip
        (blob(x, y - boss, 110, 80), -30 - face.moved({17: 30})),  # chin boss
        (blob(x, y - 90, 40, 190), -34),  # bridge of the nose
    )
    patch.shade(np.full_like(x, ONE), sum(spot * darkness >> 8 for spot, darkness in spots))


def light_head(canvas: Canvas, face: Faces) -> None:
    """Light the head as a ball: brighter towards the lamp, darker where the surface turns away."""
    head, photos = canvas.head, face.photos
    across = np.clip(head.x * 128 // 260, -ONE, ONE)
    along = np.clip(head.y * 128 // 360, -ONE, ONE)
    turned = (across * across + along * along >> 9) * photos.falloff >> 8
    lamp = (across * photos.light_side + along * photos.light_above) >> 8
    lit = np.maximum(_crown(head, face), skin_coverage(head, face))
    head.shade(lit, np.clip(turned - lamp, -150, 190))
