"""Who is drawn: what a subject keeps through life, from gender to the shape of the nose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.rows import Rows
from engram.data.synthetic.faces.streams import Streams

__all__ = ["CLOTHES", "MEASURES", "Subjects", "draw_subjects"]

#: From light to dark; from the fourth on, hair is black or brown.
_SKINS = ((242, 208, 186), (228, 186, 156), (208, 160, 124), (176, 124, 88), (146, 98, 68), (112, 74, 54))
_HAIRS = ((34, 28, 28), (70, 46, 32), (112, 74, 44), (176, 140, 84), (136, 62, 34))
_IRISES = ((62, 40, 28), (78, 52, 34), (70, 96, 120), (76, 100, 70))
CLOTHES = ((60, 70, 100), (150, 60, 60), (40, 40, 44), (190, 190, 186), (80, 110, 80), (140, 120, 90))

#: Each measure's usual length and spread, and its change in a child, a grown man and an old face.
MEASURES: dict[str, tuple[int, int, int, int, int]] = {
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
class Subjects(Rows):
    """Subjects without the marks of age, one row a subject: lengths in units, colours (rows, 3)."""

    age: np.ndarray  # in years, where a look shows a subject at one age only
    male: np.ndarray
    glasses: np.ndarray  # an index into labels.DEFAULT_CLASSES["glasses"]
    tone: np.ndarray  # of skin, from 0 (light) to 5 (dark)
    skin: np.ndarray
    hair: np.ndarray  # before it turns grey
    grey_onset: np.ndarray  # the age at which it begins to
    iris: np.ndarray
    clothes: np.ndarray
    stubble: np.ndarray  # of a grown man, in Q8
    full_beard: np.ndarray  # 1 where a grown man wears one
    hair_long: np.ndarray
    bald: np.ndarray  # 1 where a man will be
    measures: np.ndarray  # (rows, measures), in the order of MEASURES


def draw_subjects(look: Look, streams: Streams, count: int) -> Subjects:
    """Draw ``count`` subjects of a look."""
    male = streams.chance("male", look.men, count)
    tone, skin, hair = _skin_and_hair(look, streams, count)
    worn = streams.choice("kind of glasses", (1, 1, 2), count)
    return Subjects(
        age=_ages(look, streams, count),
        male=male,
        glasses=streams.chance("glasses", look.glasses, count) * worn,
        tone=tone,
        skin=skin,
        hair=hair,
        grey_onset=streams.bell("grey onset", 36, 56, count),
        iris=streams.choice("iris", _IRISES[: look.irises], count),
        clothes=streams.choice("clothes", CLOTHES, count),
        stubble=streams.chance("beard", 350, count) * streams.integers("stubble", 60, 200, count),
        full_beard=male * streams.chance("full beard", look.beards, count),
        hair_long=(1 - male) * streams.chance("long hair", 650, count),
        bald=male * streams.chance("bald", 450, count),
        measures=_measures(look, streams, count),
    )


def _measures(look: Look, streams: Streams, count: int) -> np.ndarray:
    """Draw each subject's own lengths, (count, measures)."""
    columns = []
    for name, (usual, spread, *_) in MEASURES.items():
        usual, spread = usual + look.features.get(name, 0), spread * look.spread // 100
        columns.append(streams.bell(name, usual - spread, usual + spread, count))
    return np.stack(columns, axis=1)


def _ages(look: Look, streams: Streams, count: int) -> np.ndarray:
    """Draw ages in years, each from one of the look's ranges in turn."""
    ranges = np.array(look.ages, dtype=np.int32)[np.arange(count) % len(look.ages)]
    return ranges[:, 0] + streams.integers("age", 0, 9999, count) % (ranges[:, 1] - ranges[:, 0] + 1)


def _skin_and_hair(look: Look, streams: Streams, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the tone of skin, its colour, and the colour of hair."""
    tone = streams.choice("skin", look.skins, count)
    skin = np.array(_SKINS, dtype=np.int32)[tone] + streams.bell("skin tone", -14, 14, count)[:, None]
    hue = streams.choice("hair", look.hairs, count)
    return tone, skin, np.array(_HAIRS, dtype=np.int32)[np.where(tone >= 3, hue % 2, hue)]
