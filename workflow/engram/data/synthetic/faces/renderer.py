"""Draws faces a stack at a time, from the backdrop forward."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from engram.data.synthetic.faces.camera import take_picture
from engram.data.synthetic.faces.canvas import Canvas
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.folds import draw_folds
from engram.data.synthetic.faces.head import draw_front_hair, draw_head, light_head, shade_face
from engram.data.synthetic.faces.headwear import draw_full_beard, draw_hat
from engram.data.synthetic.faces.lower_face import draw_mouth, draw_nose
from engram.data.synthetic.faces.scene import draw_backdrop, draw_glasses, draw_occluder
from engram.data.synthetic.faces.upper_face import draw_brows, draw_eyes

__all__ = ["draw_canvas", "draw_faces"]

#: Pictures drawn together: enough to hide Python's cost, few enough for the processor's cache.
_STACK = 16

#: What is drawn, from back to front.
_LAYERS = (
    draw_backdrop,
    draw_head,
    shade_face,
    draw_full_beard,
    draw_nose,
    draw_eyes,
    draw_mouth,
    draw_folds,
    draw_brows,
    draw_front_hair,
    draw_hat,
    draw_glasses,
    light_head,
    draw_occluder,
)


def draw_faces(faces: Faces, size: int, progress: bool = False) -> np.ndarray:
    """Draw one picture a row, as (pictures, size, size, 3) RGB ``uint8``."""
    pictures = np.empty((len(faces.units), size, size, 3), dtype=np.uint8)
    for start in tqdm(range(0, len(pictures), _STACK), desc="drawing", disable=not progress):
        rows = slice(start, start + _STACK)
        stack = faces.take(rows).over_pixels()
        pictures[rows] = take_picture(draw_canvas(stack, size), stack.photos, stack.look)
    return pictures


def draw_canvas(stack: Faces, size: int) -> Canvas:
    """Draw the scene of each face in a stack, as the camera will see it."""
    canvas = Canvas(stack.photos, size)
    for layer in _LAYERS:
        layer(canvas, stack)
    return canvas
