"""The cameras of a look: pictures found in many places were taken with many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.streams import Streams

__all__ = ["draw_cameras"]

#: What full contrast and full brightness add to the nine knots of a tone curve.
_CONTRAST = np.array((0, -16, -28, -22, 0, 22, 28, 16, 0), dtype=np.int32)
_BRIGHTNESS = np.array((0, 22, 34, 40, 40, 34, 26, 14, 0), dtype=np.int32)


def draw_cameras(look: Look, streams: Streams) -> tuple[Look, ...]:
    """Return a look for each camera; a look with one camera is that itself."""
    if look.cameras == 1:
        return (look,)
    tints = np.array(look.tint) + streams.bell("camera tint", -look.warmth, look.warmth, (look.cameras, 3))
    contrasts = streams.bell("camera contrast", -look.contrast, look.contrast, look.cameras)
    brightnesses = streams.bell("camera brightness", -look.contrast, look.contrast, look.cameras)
    noises = streams.integers("camera noise", look.noise // 2, look.noise * 3 // 2, look.cameras)
    return tuple(
        replace(
            look,
            tint=(int(tint[0]), int(tint[1]), int(tint[2])),
            tones=_curve(look, contrast, brightness),
            noise=max(int(noise), 1),
        )
        for tint, contrast, brightness, noise in zip(tints, contrasts, brightnesses, noises, strict=True)
    )


def _curve(look: Look, contrast: int, brightness: int) -> tuple[int, ...]:
    """Return the look's tone curve with more contrast and brightness (per cent; may be negative)."""
    knots = np.array(look.tones, dtype=np.int32)
    knots = knots + (_CONTRAST * contrast + _BRIGHTNESS * brightness) // 100
    return tuple(map(int, np.clip(knots, 0, 255)))
