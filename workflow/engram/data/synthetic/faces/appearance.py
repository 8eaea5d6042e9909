"""How subjects look at an age: measures, skin, hair and beard change, and the subject stays the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.data.synthetic.faces.fixed_point import ONE
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.rows import Rows
from engram.data.synthetic.faces.streams import Streams
from engram.data.synthetic.faces.subjects import MEASURES, Subjects, draw_subjects

__all__ = ["Appearance", "at_age", "draw_appearance"]

_GREY_HAIR = (196, 194, 192)


@dataclass(frozen=True)
class Appearance(Rows):
    """Subjects as they are drawn, one row a face: lengths in units, shares in Q8, colours (rows, 3)."""

    age: np.ndarray
    male: np.ndarray
    glasses: np.ndarray  # an index into labels.DEFAULT_CLASSES["glasses"]
    tone: np.ndarray  # of skin, from 0 (light) to 5 (dark)
    skin: np.ndarray
    hair: np.ndarray
    grey: np.ndarray  # how far the hair has turned grey
    iris: np.ndarray
    clothes: np.ndarray
    wrinkles: np.ndarray
    beard: np.ndarray  # stubble
    full_beard: np.ndarray  # 0 or 1
    face_width: np.ndarray
    face_top: np.ndarray
    chin: np.ndarray
    jaw_taper: np.ndarray
    jaw_square: np.ndarray
    eye_gap: np.ndarray
    eye_width: np.ndarray
    eye_height: np.ndarray
    eye_tilt: np.ndarray
    brow_height: np.ndarray
    brow_thickness: np.ndarray
    brow_arch: np.ndarray
    brow_slope: np.ndarray
    nose_width: np.ndarray
    nose_tip: np.ndarray
    mouth_width: np.ndarray
    mouth_height: np.ndarray
    mouth_corner: np.ndarray
    lip_height: np.ndarray
    hairline: np.ndarray
    hair_bow: np.ndarray
    hair_part: np.ndarray
    hair_volume: np.ndarray
    hair_long: np.ndarray
    bald: np.ndarray
    hat: np.ndarray  # 0 none, 1 knitted, 2 with a brim
    hat_colour: np.ndarray


def draw_appearance(look: Look, streams: Streams, count: int) -> Appearance:
    """Draw ``count`` subjects of a look, each at an age of its own."""
    subjects = draw_subjects(look, streams, count)
    return at_age(subjects, subjects.age)


def at_age(subjects: Subjects, age: np.ndarray) -> Appearance:
    """Return the subjects at these ages in years, (rows,), bare-headed."""
    youth = np.clip((16 - age) * ONE // 12, 0, ONE)
    wrinkles = np.clip((age - 32) * ONE // 42, 0, ONE)
    man = subjects.male * (ONE - youth)
    # Hair turns grey within 24 years.
    grey = np.clip((age - subjects.grey_onset) * ONE // 24, 0, ONE)
    return Appearance(
        age=age,
        male=subjects.male,
        glasses=subjects.glasses,
        tone=subjects.tone,
        skin=subjects.skin,
        hair=subjects.hair + ((np.array(_GREY_HAIR, dtype=np.int32) - subjects.hair) * grey[:, None] >> 8),
        grey=grey,
        iris=subjects.iris,
        clothes=subjects.clothes,
        wrinkles=wrinkles,
        beard=subjects.stubble * man // ONE,
        full_beard=subjects.full_beard * (age >= 18),
        hair_long=subjects.hair_long,
        bald=subjects.bald * (age > 40) * ONE,
        hat=np.zeros_like(age),
        hat_colour=subjects.clothes,
        **_grown(subjects.measures, youth, man, wrinkles),
    )


def _grown(own: np.ndarray, youth: np.ndarray, man: np.ndarray, old: np.ndarray) -> dict[str, np.ndarray]:
    """Return the lengths of the faces: the subjects' own, (rows, measures), changed by age and gender."""
    return {
        name: own[:, column] + (in_child * youth + in_man * man + in_old * old >> 8)
        for column, (name, (_, _, in_child, in_man, in_old)) in enumerate(MEASURES.items())
    }
