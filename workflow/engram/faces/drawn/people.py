"""Who is drawn: each subject's lasting traits, from age and gender to the shape of the nose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.faces.drawn.fixed_point import ONE
from engram.faces.drawn.look import Look
from engram.faces.drawn.rows import Rows
from engram.faces.drawn.streams import Streams

__all__ = ["People", "draw_people"]

#: From light to dark; from the fourth on, hair is black or brown.
_SKINS = ((242, 208, 186), (228, 186, 156), (208, 160, 124), (176, 124, 88), (146, 98, 68), (112, 74, 54))
_HAIRS = ((34, 28, 28), (70, 46, 32), (112, 74, 44), (176, 140, 84), (136, 62, 34))
_GREY_HAIR = (196, 194, 192)
_IRISES = ((62, 40, 28), (78, 52, 34), (70, 96, 120), (76, 100, 70))
_CLOTHES = ((60, 70, 100), (150, 60, 60), (40, 40, 44), (190, 190, 186), (80, 110, 80), (140, 120, 90))


#: Each measure's usual length and spread, and its change in a child, a grown man and an old face.
_MEASURES: dict[str, tuple[int, int, int, int, int]] = {
    "face_width": (470, 45, 12, 14, 0),
    "face_top": (600, 40, 45, 0, 0),
    "chin": (640, 45, -115, 25, 0),
    "jaw_taper": (130, 110, -40, 0, 0),
    "jaw_square": (60, 70, 0, 60, 30),
    "eye_gap": (205, 24, 0, 0, 0),
    "eye_width": (112, 16, 18, 0, 0),
    "eye_height": (52, 14, 20, 0, -6),
    "eye_tilt": (-6, 22, 0, 0, 8),
    "brow_height": (150, 26, 0, -14, 0),
    "brow_thickness": (26, 9, -10, 9, 0),
    "brow_arch": (24, 24, 0, 0, 0),
    "brow_slope": (0, 22, 0, 0, 0),
    "nose_width": (78, 22, -6, 8, 8),
    "nose_tip": (225, 30, -58, 0, 14),
    "mouth_width": (168, 28, -22, 0, 0),
    "mouth_height": (402, 24, -74, 0, 8),
    "mouth_corner": (0, 22, 0, 0, 10),
    "lip_height": (36, 14, 0, -4, -10),
    "hairline": (395, 60, 20, 0, 20),
    "hair_bow": (60, 190, 0, 0, 0),
    "hair_part": (0, 170, 0, 0, 0),
    "hair_volume": (78, 45, 0, -20, -10),
}


@dataclass(frozen=True)
class People(Rows):
    """Lasting traits, one row a subject: lengths in units, shares in Q8, colours (rows, 3)."""

    age: np.ndarray
    male: np.ndarray
    glasses: np.ndarray  # an index into labels.CLASSES["glasses"]
    skin: np.ndarray
    hair: np.ndarray
    iris: np.ndarray
    clothes: np.ndarray
    wrinkles: np.ndarray
    beard: np.ndarray
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


def draw_people(look: Look, streams: Streams, subjects: int) -> People:
    """Draw ``subjects`` people of a look."""
    age = _ages(look, streams, subjects)
    male = streams.chance("male", look.men, subjects)
    youth = np.clip((16 - age) * ONE // 12, 0, ONE)
    wrinkles = np.clip((age - 32) * ONE // 42, 0, ONE)
    man = male * (ONE - youth)
    skin, hair = _skin_and_hair(look, streams, age)
    stubble = streams.chance("beard", 350, subjects) * streams.integers("stubble", 60, 200, subjects)
    worn = streams.choice("kind of glasses", (1, 1, 2), subjects)
    return People(
        age=age,
        male=male,
        glasses=streams.chance("glasses", look.glasses, subjects) * worn,
        skin=skin,
        hair=hair,
        iris=streams.choice("iris", _IRISES[: look.irises], subjects),
        clothes=streams.choice("clothes", _CLOTHES, subjects),
        wrinkles=wrinkles,
        beard=stubble * man // ONE,
        hair_long=(1 - male) * streams.chance("long hair", 650, subjects),
        bald=male * streams.chance("bald", 450, subjects) * (age > 40) * ONE,
        **_measures(look, streams, youth, man, wrinkles),
    )


def _measures(look: Look, streams: Streams, youth: np.ndarray, man: np.ndarray, old: np.ndarray) -> dict:
    """Draw the lengths of a face: the person's own, changed by age and gender."""
    measures = {}
    for name, (usual, spread, in_child, in_man, in_old) in _MEASURES.items():
        usual, spread = usual + look.features.get(name, 0), spread * look.spread // 100
        own = streams.bell(name, usual - spread, usual + spread, len(youth))
        measures[name] = own + (in_child * youth + in_man * man + in_old * old >> 8)
    return measures


def _ages(look: Look, streams: Streams, subjects: int) -> np.ndarray:
    """Draw ages in years, each from one of the look's ranges in turn."""
    ranges = np.array(look.ages, dtype=np.int32)[np.arange(subjects) % len(look.ages)]
    return ranges[:, 0] + streams.integers("age", 0, 9999, subjects) % (ranges[:, 1] - ranges[:, 0] + 1)


def _skin_and_hair(look: Look, streams: Streams, age: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw the colours of skin and hair; hair turns grey between the ages of 36 and 80."""
    tone = streams.choice("skin", look.skins, len(age))
    skin = np.array(_SKINS, dtype=np.int32)[tone] + streams.bell("skin tone", -14, 14, len(age))[:, None]
    hue = streams.choice("hair", look.hairs, len(age))
    natural = np.array(_HAIRS, dtype=np.int32)[np.where(tone >= 3, hue % 2, hue)]
    onset = streams.bell("grey onset", 36, 56, len(age))
    grey = np.clip((age - onset) * ONE // 24, 0, ONE)[:, None]
    return skin, natural + ((np.array(_GREY_HAIR, dtype=np.int32) - natural) * grey >> 8)
