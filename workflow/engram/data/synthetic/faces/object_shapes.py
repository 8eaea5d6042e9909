"""The eight kinds of things, painted around the origin into a square of 1100 units a side.

Each painter takes a patch and the things of its kind, shaped to meet pixels; see ``objects.py``.
"""

from __future__ import annotations

import numpy as np

from engram.data.synthetic.faces.canvas import Patch
from engram.data.synthetic.faces.fixed_point import ONE, blob, edge, ellipse

__all__ = ["PAINTERS"]

_DARK = np.array([40, 34, 34], dtype=np.int32)[:, None, None]
_WOOD = np.array([104, 74, 48], dtype=np.int32)[:, None, None]
_GREEN = np.array([64, 128, 56], dtype=np.int32)[:, None, None]
_GLASS = np.array([176, 206, 224], dtype=np.int32)[:, None, None]

#: Directions (Q8) of the petals of flowers with five, six and eight; the last ones repeat.
_PETALS = (
    ((256, 0), (79, 243), (-207, 150), (-207, -150), (79, -243), (256, 0), (256, 0), (256, 0)),
    ((256, 0), (128, 222), (-128, 222), (-256, 0), (-128, -222), (128, -222), (256, 0), (256, 0)),
    ((256, 0), (181, 181), (0, 256), (-181, 181), (-256, 0), (-181, -181), (0, -256), (181, -181)),
)
#: Outward directions (Q8) of a star's five lines: away from the point that lies opposite.
_STAR = ((0, 256), (-243, 79), (-150, -207), (150, -207), (243, 79))


def _box(patch: Patch, left, right, top, bottom) -> np.ndarray:
    """Return the coverage of an upright rectangle."""
    across = np.minimum(patch.x - left, right - patch.x)
    return edge(np.minimum(across, np.minimum(patch.y - top, bottom - patch.y)), patch.pixel)


def _shine(patch: Patch, coverage: np.ndarray, x, y, reach) -> None:
    """Lighten where the lamp is mirrored, within the coverage."""
    patch.shade(np.minimum(coverage, blob(patch.x - x, patch.y - y, reach, reach)), -150)


def _ball(patch: Patch, things) -> None:
    """A ball with a belt, with seams, or with a patch."""
    x, y = patch.x, patch.y
    radius = 300 + (things.form >> 1) + (things.wide >> 2)
    ball = ellipse(x, y, radius, radius, patch.pixel)
    patch.paint(ball, things.colour)
    belt = edge((radius >> 2) - np.abs(y + (x * x >> 11) - 60), patch.pixel)
    seams = edge(24 - np.minimum(np.abs(x), np.abs(np.abs(y) - 150 - (x * x >> 11))), patch.pixel)
    panel = ellipse(x + 40, y - 20, radius >> 1, radius >> 1, patch.pixel)
    mark = np.where(things.variant == 0, belt, np.where(things.variant == 1, seams, panel))
    patch.paint(np.minimum(ball, mark), things.accent)
    patch.shade(np.minimum(ball, ONE - blob(x + 110, y + 130, radius * 2, radius * 2)), 200)
    _shine(patch, ball, -radius // 3, -radius // 3, radius >> 1)


def _carton(patch: Patch, things) -> None:
    """A box seen from above and from a side, with tape, a label, or neither."""
    half_width, half_height = 330 * things.wide >> 8, 270 * things.tall >> 8
    depth = 110 + (things.form >> 1)
    front = _box(patch, -half_width, half_width, -half_height + 60, half_height + 60)
    # The lid and the side are slanted: a step back goes half as far right as up.
    back = -half_height + 60 - patch.y
    lid = np.minimum(back, depth - back)
    slant = patch.x - (np.clip(back, 0, depth) * 3 >> 2)
    lid = edge(np.minimum(lid, half_width - np.abs(slant)), patch.pixel)
    step = np.clip(patch.x - half_width, 0, depth)
    lower = patch.y + (step * 4 // 3)
    side = np.minimum(patch.x - half_width, (depth * 3 >> 2) - (patch.x - half_width))
    side = edge(np.minimum(side, half_height - np.abs(lower - 60)), patch.pixel)
    patch.paint(side, things.colour * 150 >> 8)
    patch.paint(lid, np.minimum(things.colour * 300 >> 8, 250))
    patch.paint(front, things.colour)
    tape = np.maximum(front, lid) * edge(60 - np.abs(slant), patch.pixel) >> 8
    label = _box(patch, -half_width // 2, half_width // 2, -40, 140)
    mark = np.where(things.variant == 0, tape, np.minimum(front, label) * (things.variant == 1))
    patch.paint(mark, things.accent)


def _bottle(patch: Patch, things) -> None:
    """A bottle: neck, shoulders, body, label and cap."""
    x, y = np.abs(patch.x), patch.y
    body = 130 + (things.wide >> 2) + (things.form >> 2)
    neck = 46 + (things.form >> 3)
    shoulder = -190 + (things.tall >> 1) - (things.form >> 1)
    rise = np.clip((y - shoulder + 190) * ONE // 190, 0, ONE)
    width = neck + ((body - neck) * (rise * (2 * ONE - rise) >> 8) >> 8)
    outline = edge(np.minimum(width - x, np.minimum(y + 540, 560 - y)), patch.pixel)
    patch.paint(outline, things.colour)
    label = np.minimum(outline, edge(np.minimum(y - 60, 360 - y), patch.pixel))
    patch.paint(label * (things.variant < 2), things.accent)
    cap = _box(patch, -neck - 16, neck + 16, -590, -490)
    patch.paint(cap, things.accent * 200 >> 8)
    patch.shade(outline, np.clip((patch.x + 60) * 90 // body, -80, 110))
    _shine(patch, outline, -body // 2, 60, 90)


def _cup(patch: Patch, things) -> None:
    """A cup with a handle, narrower below, and with a belt, a spot or nothing on it."""
    x, y = patch.x, patch.y
    top, half_height = 250 + (things.wide >> 2), 230 + (things.tall >> 2)
    width = top - ((y + half_height) * (30 + (things.form >> 1)) >> 9)
    body = edge(np.minimum(width - np.abs(x), np.minimum(y + half_height, half_height - y)), patch.pixel)
    grip = top + 10
    handle = ellipse(x - grip, y + 10, 180, 190, patch.pixel) - ellipse(
        x - grip, y + 10, 104, 118, patch.pixel
    )
    patch.paint(handle, things.colour * 210 >> 8)
    patch.paint(body, things.colour)
    belt = edge(60 - np.abs(y - 20), patch.pixel)
    spot = ellipse(x + 30, y - 10, 120, 120, patch.pixel)
    mark = np.where(things.variant == 0, belt, spot * (things.variant == 1))
    patch.paint(np.minimum(body, mark), things.accent)
    patch.shade(body, np.clip((x + 60) * 90 // top, -70, 100))
    patch.paint(ellipse(x, y + half_height, top, 74, patch.pixel), np.minimum(things.colour * 290 >> 8, 250))
    patch.paint(ellipse(x, y + half_height + 4, top - 34, 50, patch.pixel), _DARK + (things.accent >> 2))


def _flower(patch: Patch, things) -> None:
    """A flower on its stem, with five, six or eight petals."""
    x, y = patch.x, patch.y + 150
    stem = edge(26 - np.abs(x - (y * y >> 13)), patch.pixel * 2)
    patch.paint(np.minimum(stem, edge(np.minimum(y, 720 - y), patch.pixel)), _GREEN)
    patch.paint(ellipse(x - 130, y - 500 + (x >> 1), 130, 52, patch.pixel), _GREEN)
    directions = np.array(_PETALS, dtype=np.int32)[things.variant[:, 0, 0]]
    length, breadth = 150 + (things.wide >> 2), 74 + (things.form >> 3) + 20 * (2 - things.variant)
    for petal in range(directions.shape[1]):
        across, along = (directions[:, petal, axis, None, None] for axis in (0, 1))
        outward, beside = x * across + y * along >> 8, y * across - x * along >> 8
        leaf = ellipse(outward - length, beside, length, breadth, patch.pixel)
        patch.paint(leaf, things.colour)
        patch.shade(np.minimum(leaf, blob(outward, beside, length, breadth)), 110)
    heart = ellipse(x, y, 96 + (things.tall >> 4), 96 + (things.tall >> 4), patch.pixel)
    patch.paint(heart, things.accent)
    patch.shade(heart, np.clip((x + y) >> 1, -60, 90))


def _house(patch: Patch, things) -> None:
    """A house: walls, a pitched roof, a door, and one or two windows."""
    x, y = patch.x, patch.y
    half_width, eaves = 290 * things.wide >> 8, 20 - (things.tall - 256)
    walls = _box(patch, -half_width, half_width, eaves, 480)
    patch.paint(walls, things.colour)
    patch.shade(np.minimum(walls, edge(eaves + 60 - y, patch.pixel * 4)), 80)
    height = 270 + (things.form >> 1)
    slope = (half_width + 90) * (65536 // height) >> 8
    roof = np.minimum((y - eaves + height) * slope >> 8, half_width + 90) - np.abs(x)
    roof = edge(np.minimum(roof, eaves + 8 - y), patch.pixel)
    chimney = _box(patch, half_width // 2 - 40, half_width // 2 + 50, eaves - height - 10, eaves - 60)
    patch.paint(chimney * (things.variant > 0), things.accent * 150 >> 8)
    patch.paint(roof, things.accent)
    door = np.where(things.variant == 1, -half_width // 2, half_width // 3)
    patch.paint(_box(patch, door - 66, door + 66, 250, 480), _WOOD)
    for side in (-1, 1):
        middle = np.where(side * door > 0, 2000, side * half_width // 2)  # no window over the door
        patch.paint(_box(patch, middle - 72, middle + 72, 160, 310), _GLASS)
        patch.paint(_box(patch, middle - 8, middle + 8, 160, 310), _DARK)


def _star(patch: Patch, things) -> None:
    """A star with five points, with a rim, an eye or plain: the points inside four of five lines."""
    x, y = patch.x * 256 // things.wide, patch.y * 256 // things.wide
    reach = 140 + (things.form >> 3)
    lines = np.stack([reach - (x * across + y * along >> 8) for across, along in _STAR])
    inside = np.sort(lines, axis=0)[1]
    star = edge(inside, patch.pixel)
    rim = star - edge(inside - 44, patch.pixel)
    eye = ellipse(x, y, 100, 100, patch.pixel)
    patch.paint(star, things.colour)
    patch.paint(np.where(things.variant == 0, rim, eye * (things.variant == 1)), things.accent)
    patch.shade(star, np.clip((x + y) >> 3, -70, 90))


def _tree(patch: Patch, things) -> None:
    """A tree: a round crown, two crowns, or the three steps of a fir."""
    x, y = patch.x, patch.y
    trunk = 40 + (things.form >> 3) + (np.clip(y - 300, 0, 300) >> 3)
    patch.paint(edge(np.minimum(trunk - np.abs(x), np.minimum(y, 560 - y)), patch.pixel), _WOOD)
    wide, tall = 330 * things.wide >> 8, 330 * things.tall >> 8
    crown = ellipse(x, y + 120, wide, tall, patch.pixel)
    lower = ellipse(np.abs(x) - 170, y - 60, wide * 3 >> 2, 210, patch.pixel)
    steps = np.zeros_like(crown)
    for top, bottom in ((-560, -220), (-400, 40), (-200, 300)):
        slope = (y - top) * (wide - (bottom < 0) * 120) // 420
        steps = np.maximum(steps, edge(np.minimum(slope - np.abs(x), bottom - y), patch.pixel))
    shape = np.where(things.variant == 2, steps, np.maximum(crown, lower * (things.variant == 1)))
    patch.paint(shape, things.leaf)
    dapple = np.abs((((x * 5 + y * 3) >> 3) & 63) - 32) + np.abs((((y * 5 - x * 2) >> 3) & 63) - 32)
    patch.shade(shape, np.clip((x + y) >> 3, -60, 90) + dapple - 16)


PAINTERS = {
    "ball": _ball,
    "box": _carton,
    "bottle": _bottle,
    "cup": _cup,
    "flower": _flower,
    "house": _house,
    "star": _star,
    "tree": _tree,
}
