"""Drawing with integers: the same seed gives the same bytes on every machine.

Floating-point sums depend on the processor, the compiler and the order of the
additions; integer sums do not. So every length, share and colour is an ``int32``:

- a **length** counts units of which the whole frame holds ``FRAME`` a side;
- a **share** (coverage, intensity, a coordinate inside a shape) is in Q8: 256 means one;
- a **product** of two Q8 numbers is brought back by ``>> 8``, which rounds down.

All products stay below 2**31: lengths are below 2**12, shares below 2**11.

A shape answers, at each pixel, how far inside its edge the pixel's centre lies;
``edge`` turns that distance into the share of the pixel that is covered, which
smooths the outline. All arrays are (images, rows, columns) or broadcast to it.
"""

from __future__ import annotations

import numpy as np

__all__ = ["FRAME", "ONE", "band", "blob", "curve", "edge", "ellipse", "parabola", "sine_cosine"]

#: The side of the frame in units of length.
FRAME = 2048
#: One, in Q8.
ONE = 256


def edge(distance: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return the coverage (0 to ``ONE``) at a signed ``distance`` inside an edge that is ``width`` soft."""
    slope = 65536 // np.maximum(width, 1)
    return np.clip((distance * slope >> 8) + ONE // 2, 0, ONE)


def _radius_squared(
    x: np.ndarray, y: np.ndarray, half_width: np.ndarray, half_height: np.ndarray
) -> np.ndarray:
    """Return, in Q8, the squared distance to the centre in units of the radii; it is one on the ellipse."""
    across = np.clip(x * (65536 // half_width) >> 8, -1024, 1024)
    along = np.clip(y * (65536 // half_height) >> 8, -1024, 1024)
    return (across * across + along * along) >> 8


def ellipse(x, y, half_width, half_height, softness) -> np.ndarray:
    """Return the coverage of an ellipse around the origin of ``x`` and ``y``."""
    inside = ONE - _radius_squared(x, y, half_width, half_height)
    # Near its edge, 1 - r**2 falls twice as fast as the distance in units of the radius.
    return edge(inside * np.minimum(half_width, half_height) >> 9, softness)


def blob(x, y, half_width, half_height) -> np.ndarray:
    """Return a smooth spot, (1 - r**2)**2 inside the ellipse and nothing outside: soft shading."""
    inside = np.maximum(ONE - _radius_squared(x, y, half_width, half_height), 0)
    return inside * inside >> 8


def parabola(t: np.ndarray) -> np.ndarray:
    """Return 1 - t**2 in Q8: one in the middle of a band, nothing at its ends."""
    return ONE - (t * t >> 8)


def curve(t: np.ndarray, middle=0, slope=0, bow=0) -> np.ndarray:
    """Return ``middle + slope * t + bow * t**2`` for ``t`` in Q8 and coefficients in units of length."""
    return middle + ((slope + (bow * t >> 8)) * t >> 8)


def band(along, across, half_length, centre, half_thickness, softness) -> np.ndarray:
    """Return the coverage of a curved stroke: the one shape of brows, lids, lips, folds and wrinkles.

    Parameters
    ----------
    along, across:
        Coordinates along the stroke, from its middle, and across it.
    half_length:
        Half the stroke's length.
    centre, half_thickness:
        Functions of the position ``t`` (Q8, -256 and 256 at the ends) that return the stroke's
        centre line and half its thickness there, in units of length.
    softness:
        Width over which the edge fades: a pixel for a crisp line, more for a shadow.
    """
    t = np.clip(along * (65536 // half_length) >> 8, -320, 320)
    inside = half_thickness(t) - np.abs(across - centre(t))
    return edge(np.minimum(inside, half_length - np.abs(along)), softness)


def sine_cosine(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sine and cosine in Q12 of a small ``angle`` in 1/256 radian (at most a quarter of one)."""
    square = angle * angle >> 8
    return (angle << 4) - (angle * square * 16 // 1536), 4096 - (square << 3)
