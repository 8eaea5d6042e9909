"""How strongly each action unit is used in a picture."""

from __future__ import annotations

import numpy as np

from engram.data.synthetic.faces.action_units import ACTION_UNITS
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.plan import Plan
from engram.data.synthetic.faces.streams import Streams

__all__ = ["draw_units"]


def draw_units(look: Look, streams: Streams, plan: Plan) -> np.ndarray:
    """Draw the intensities of the action units in each picture of a plan.

    The frames of one take share every draw and differ in intensity alone, which grows evenly
    from the onset to the apex.

    Returns
    -------
    Intensities, (pictures, units) ``int32`` from 0 to 100, in the order of ``ACTION_UNITS``.
    """
    shape = (plan.takes, len(ACTION_UNITS))
    strength = streams.integers("intensity", *look.intensity, plan.takes)
    variant = streams.integers("variant", 0, 9999, plan.takes)
    jitter = streams.bell("jitter", 55, 145, shape)
    stray = streams.chance("stray", look.stray, shape) * streams.integers("stray strength", 5, 55, shape)
    used = np.zeros((len(plan.take), len(ACTION_UNITS)), dtype=np.int32)
    for expression in look.classes:
        table = _usage(look, expression)
        rows = np.flatnonzero(plan.expression == expression)
        used[rows] = table[variant[plan.take[rows]] % len(table)]
    apex = used * (strength[:, None] * jitter // 100)[plan.take] // 100
    apex = np.maximum(apex, stray[plan.take])
    return np.clip(apex * (plan.frame[:, None] + 1) // (look.frames + 1), 0, 100).astype(np.int32)


def _usage(look: Look, expression: str) -> np.ndarray:
    """Return the strength (per cent) of each action unit in each combination, (combinations, units)."""
    rows = [
        [look.strength(unit) if unit in combination else 0 for unit in ACTION_UNITS]
        for combination in look.combinations(expression)
    ]
    return np.array(rows, dtype=np.int32)
