"""What the owners of a data set would note of its pictures: the columns of the manifest."""

from __future__ import annotations

import numpy as np

from engram.core.labels import ATTRIBUTE_PREFIX, DEFAULT_CLASSES
from engram.data.synthetic.faces.action_units import ACTION_UNITS, action_unit_columns
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.fixed_point import ONE
from engram.data.synthetic.faces.look import AGE_GROUPS
from engram.data.synthetic.faces.pain import pain_score

__all__ = ["annotate", "attributes"]

#: Two of the six tones of skin make one class of ``labels.DEFAULT_CLASSES["skin_tone"]``.
_TONES_A_CLASS = 2
#: From this intensity on an action unit is plain to see.
_PLAIN = 30
#: From this strength on, in Q8, stubble counts as a beard.
_BEARD = 110


def annotate(faces: Faces) -> dict[str, np.ndarray]:
    """Return the columns, a row a picture, of all that is drawn but for the expression."""
    appearance, oldest = faces.appearance, [last for _, last in AGE_GROUPS.values()]
    columns = {
        "age": appearance.age,
        "age_group": np.array(DEFAULT_CLASSES["age_group"])[np.searchsorted(oldest, appearance.age)],
        "gender": np.array(DEFAULT_CLASSES["gender"])[appearance.male],
        "glasses": np.array(DEFAULT_CLASSES["glasses"])[appearance.glasses],
        "skin_tone": np.array(DEFAULT_CLASSES["skin_tone"])[appearance.tone // _TONES_A_CLASS],
        "pain": pain_score(faces.units),
    }
    columns |= {ATTRIBUTE_PREFIX + name: has.astype(np.int32) for name, has in attributes(faces).items()}
    return columns | dict(zip(action_unit_columns(), faces.units.T, strict=True))


def attributes(faces: Faces) -> dict[str, np.ndarray]:
    """Return, for each attribute, in which pictures it is seen, (pictures,) ``bool``."""
    appearance, look = faces.appearance, faces.look
    units = dict(zip(ACTION_UNITS, faces.units.T, strict=True))
    bald = appearance.bald > 0
    return {
        "bald": bald,
        "beard": (appearance.full_beard > 0) | (appearance.beard >= _BEARD),
        "eyeglasses": appearance.glasses == 1,
        "grey_hair": (appearance.grey >= ONE // 2) & ~bald,
        "hat": (appearance.hat > 0) | (faces.photos.occluder == 3) | look.cap,
        "long_hair": appearance.hair_long > 0,
        "male": appearance.male > 0,
        "mouth_open": np.maximum.reduce([units[25], units[26], units[27]]) >= _PLAIN,
        "smiling": (units[12] >= _PLAIN) & (units[12] > units[15]),
        "sunglasses": appearance.glasses == 2,
        "young": appearance.age <= AGE_GROUPS["young"][1],
    }
