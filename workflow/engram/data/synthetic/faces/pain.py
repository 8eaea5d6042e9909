"""Pain: how it is shown, and how it is scored.

The score is that of Prkachin and Solomon (2008), *The structure, reliability and validity of pain
expression: Evidence from patients with shoulder pain*, Pain 139(2), which adds up the action units
that carry pain, each graded as in the Facial Action Coding System.
"""

from __future__ import annotations

import numpy as np

from engram.data.synthetic.faces.action_units import ACTION_UNITS
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.plan import Plan
from engram.data.synthetic.faces.streams import Streams

__all__ = ["draw_pain", "pain_score"]

#: The combinations by which subjects show pain; the score counts 4, 6 or 7, 9 or 10, and 43.
_COMBINATIONS = (
    (4, 6, 7, 10),
    (4, 7, 9, 43),
    (6, 7, 10, 12, 25),
    (4, 6, 7, 9, 10, 43),
    (4, 6, 9, 20, 25, 43),
    (4, 7, 43),
    (6, 7, 9, 10, 26),
)
#: Strength in each frame of a take, in per cent of its peak: a movement begins, hurts, and eases.
_COURSE = (0, 0, 30, 65, 100, 60)
#: Of a thousand takes, how many are without pain.
_PAINLESS = 300

_COLUMNS = {number: column for column, number in enumerate(ACTION_UNITS)}


def pain_score(units: np.ndarray) -> np.ndarray:
    """Return the pain score of faces, 0 to 16: AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43.

    ``units`` is (pictures, units), from 0 to 100 in the order of ``ACTION_UNITS``; 100 is grade 5.
    Closed eyes (AU43) are graded 0 or 1: closed are those that are at least half so.
    """
    grade = {number: (units[:, _COLUMNS[number]] + 10) // 20 for number in (4, 6, 7, 9, 10)}
    closed = (units[:, _COLUMNS[43]] >= 50).astype(units.dtype)
    return grade[4] + np.maximum(grade[6], grade[7]) + np.maximum(grade[9], grade[10]) + closed


def draw_pain(look: Look, streams: Streams, plan: Plan) -> np.ndarray:
    """Draw the intensities of the action units, (pictures, units) ``int32`` from 0 to 100.

    Strong pain is rare: a take's peak is the weaker of two draws from the look's range. Units that
    are not meant (a blink, a smile, a word) are seen in any frame, as in ``draw_units``.
    """
    shape = (plan.takes, len(ACTION_UNITS))
    peak = streams.integers("peak", *look.intensity, (2, plan.takes)).min(axis=0)
    peak = peak * (1 - streams.chance("painless", _PAINLESS, plan.takes))
    meant = np.array([[unit in units for unit in ACTION_UNITS] for units in _COMBINATIONS], dtype=np.int32)
    chosen = meant[streams.integers("variant", 0, len(meant) - 1, plan.takes)]
    apex = chosen * peak[:, None] * streams.bell("jitter", 60, 140, shape) // 100
    course = np.array(_COURSE, dtype=np.int32)[(plan.frame - 1) % len(_COURSE)]
    shown = apex[plan.take] * course[:, None] // 100
    stray_shape = (len(plan.take), len(ACTION_UNITS))
    stray = streams.chance("stray", look.stray, stray_shape)
    stray = stray * streams.integers("stray strength", 5, 45, stray_shape)
    return np.clip(np.maximum(shown, stray), 0, 100).astype(np.int32)
