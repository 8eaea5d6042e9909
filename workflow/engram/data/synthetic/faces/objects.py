"""Pictures of things that are no faces: instances of eight kinds, each kind with a shape of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from engram.core.labels import DEFAULT_CLASSES
from engram.data.synthetic.faces.camera import take_picture
from engram.data.synthetic.faces.canvas import Canvas, Patch
from engram.data.synthetic.faces.fixed_point import ONE, blob, sine_cosine
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.object_shapes import PAINTERS
from engram.data.synthetic.faces.photos import Photos
from engram.data.synthetic.faces.rows import Rows
from engram.data.synthetic.faces.scene import draw_backdrop
from engram.data.synthetic.faces.streams import Streams

__all__ = ["Things", "draw_objects", "draw_things"]

_KINDS = DEFAULT_CLASSES["object"]
_STACK = 16
_COLOURS = (
    (204, 48, 44),
    (226, 128, 36),
    (234, 200, 60),
    (60, 150, 70),
    (40, 150, 160),
    (50, 90, 190),
    (120, 60, 160),
    (220, 110, 160),
    (236, 232, 222),
    (64, 62, 66),
    (140, 96, 60),
    (150, 156, 164),
)
_LEAVES = ((52, 110, 52), (92, 140, 56), (36, 84, 58), (190, 120, 40), (170, 66, 40), (120, 150, 90))


@dataclass(frozen=True)
class Things(Rows):
    """Instances of things, one row an instance: shares in Q8, colours (rows, 3)."""

    kind: np.ndarray  # an index into labels.DEFAULT_CLASSES["object"]
    wide: np.ndarray
    tall: np.ndarray
    form: np.ndarray  # 0 to 255: what else differs between instances of a kind
    variant: np.ndarray  # 0, 1 or 2
    colour: np.ndarray
    accent: np.ndarray
    leaf: np.ndarray

    def columns(self) -> dict[str, np.ndarray]:
        """Return the manifest's columns."""
        return {"object": np.array(_KINDS)[self.kind]}


def draw_things(streams: Streams, subjects: int) -> Things:
    """Draw ``subjects`` instances; the kinds come in turn."""
    colour = streams.integers("colour", 0, len(_COLOURS) - 1, subjects)
    other = (colour + streams.integers("accent", 1, len(_COLOURS) - 1, subjects)) % len(_COLOURS)
    tinge = streams.bell("tinge", -24, 24, (subjects, 3))
    return Things(
        kind=np.arange(subjects, dtype=np.int32) % len(_KINDS),
        wide=streams.integers("wide", 200, 312, subjects),
        tall=streams.integers("tall", 200, 312, subjects),
        form=streams.integers("form", 0, 255, subjects),
        variant=streams.integers("variant", 0, 2, subjects),
        colour=np.clip(np.array(_COLOURS, dtype=np.int32)[colour] + tinge, 8, 248),
        accent=np.clip(np.array(_COLOURS, dtype=np.int32)[other] - tinge, 8, 248),
        leaf=np.clip(streams.choice("leaf", _LEAVES, subjects) + tinge, 8, 248),
    )


@dataclass(frozen=True)
class _Scene:
    """A stack of things and how they were photographed, shaped as `Faces` for the backdrop."""

    things: Things
    photos: Photos


def draw_objects(look: Look, things: Things, photos: Photos, size: int, progress: bool = False) -> np.ndarray:
    """Draw one picture a row, as (pictures, size, size, 3) RGB ``uint8``."""
    pictures = np.empty((len(things.kind), size, size, 3), dtype=np.uint8)
    with tqdm(total=len(pictures), desc="drawing", disable=not progress) as bar:
        for kind in range(len(_KINDS)):
            # One kind at a time, so that a stack has one painter.
            alike = np.flatnonzero(things.kind == kind)
            for start in range(0, len(alike), _STACK):
                rows = alike[start : start + _STACK]
                scene = _Scene(things.take(rows).over_pixels(), photos.take(rows).over_pixels())
                canvas = _draw_stack(scene, _KINDS[kind], size)
                pictures[rows] = take_picture(canvas, scene.photos, look)
                bar.update(len(rows))
    return pictures


def _draw_stack(scene: _Scene, kind: str, size: int) -> Canvas:
    """Draw things of one kind: backdrop, shadow, thing, and light over all."""
    canvas = Canvas(scene.photos, size)
    draw_backdrop(canvas, scene)
    patch, frame = _turned(canvas.head, scene.photos.spin), canvas.frame
    canvas.head.shade(blob(canvas.head.x - 60, canvas.head.y - 480, 620, 200), 90)
    PAINTERS[kind](patch, scene.things)
    lamp = frame.x * scene.photos.light_side + frame.y * scene.photos.light_above >> 10
    frame.shade(np.full_like(frame.x, ONE), np.clip(-lamp, -120, 150))
    return canvas


def _turned(patch: Patch, spin: np.ndarray) -> Patch:
    """Return the coordinates of a thing that is turned by ``spin``, in 1/256 radian, at most one radian."""
    sine, cosine = sine_cosine(spin >> 2)
    for _ in range(2):  # twice the double angle
        sine, cosine = sine * cosine >> 11, (cosine * cosine - sine * sine) >> 12
    x, y = patch.x * cosine + patch.y * sine >> 12, patch.y * cosine - patch.x * sine >> 12
    return Patch(patch.pixels, x, y, patch.pixel)
