"""How persons look at an age: measures, skin, hair and beard change, and the person stays the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.data.synthetic.faces.fixed_point import ONE
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.rows import Rows
from engram.data.synthetic.faces.streams import Streams
from engram.data.synthetic.faces.subjects import MEASURES, Persons, draw_persons

__all__ = ["People", "at_age", "draw_people"]

_GREY_HAIR = (196, 194, 192)


@dataclass(frozen=True)
class People(Rows):
    """Persons as they are drawn, one row a face: lengths in units, shares in Q8, colours (rows, 3)."""

    age: np.ndarray
    male: np.ndarray
    glasses: np.ndarray  # an index into labels.CLASSES["glasses"]
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


def draw_people(look: Look, streams: Streams, subjects: int) -> People:
    """Draw ``subjects`` people of a look, each at an age of its own."""
    persons = draw_persons(look, streams, subjects)
    return at_age(persons, persons.age)


def at_age(persons: Persons, age: np.ndarray) -> People:
    """Return the persons at these ages in years, (rows,), bare-headed."""
    youth = np.clip((16 - age) * ONE // 12, 0, ONE)
    wrinkles = np.clip((age - 32) * ONE // 42, 0, ONE)
    man = persons.male * (ONE - youth)
    # Hair turns grey within 24 years.
    grey = np.clip((age - persons.grey_onset) * ONE // 24, 0, ONE)
    return People(
        age=age,
        male=persons.male,
        glasses=persons.glasses,
        tone=persons.tone,
        skin=persons.skin,
        hair=persons.hair + ((np.array(_GREY_HAIR, dtype=np.int32) - persons.hair) * grey[:, None] >> 8),
        grey=grey,
        iris=persons.iris,
        clothes=persons.clothes,
        wrinkles=wrinkles,
        beard=persons.stubble * man // ONE,
        full_beard=persons.full_beard * (age >= 18),
        hair_long=persons.hair_long,
        bald=persons.bald * (age > 40) * ONE,
        hat=np.zeros_like(age),
        hat_colour=persons.clothes,
        **_grown(persons.measures, youth, man, wrinkles),
    )


def _grown(own: np.ndarray, youth: np.ndarray, man: np.ndarray, old: np.ndarray) -> dict[str, np.ndarray]:
    """Return the lengths of the faces: the persons' own, (rows, measures), changed by age and gender."""
    return {
        name: own[:, column] + (in_child * youth + in_man * man + in_old * old >> 8)
        for column, (name, (_, _, in_child, in_man, in_old)) in enumerate(MEASURES.items())
    }
