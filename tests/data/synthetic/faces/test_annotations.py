from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.labels import RANGES
from engram.data.synthetic.faces import (
    ACTION_UNITS,
    LOOK_TABLE,
    DrawnSpec,
    Faces,
    Streams,
    draw_appearance,
    draw_photos,
)
from engram.data.synthetic.faces.annotations import attributes
from engram.data.synthetic.faces.dataset import compose
from engram.data.synthetic.faces.pain import pain_score


def _units(**shown: int) -> np.ndarray:
    """Return one picture's intensities from ``au4=60`` and the like."""
    return np.array([[shown.get(f"au{number}", 0) for number in ACTION_UNITS]], dtype=np.int32)


@pytest.mark.parametrize(
    ("shown", "score"),
    [
        ({}, 0),
        ({"au4": 100}, 5),
        ({"au4": 9}, 0),
        ({"au4": 10}, 1),
        ({"au6": 60, "au7": 80}, 4),
        ({"au9": 40, "au10": 20}, 2),
        ({"au43": 49}, 0),
        ({"au43": 50}, 1),
        ({"au43": 100}, 1),
        ({"au12": 100, "au25": 100, "au1": 100}, 0),
        ({"au4": 100, "au6": 100, "au7": 100, "au9": 100, "au10": 100, "au43": 100}, 16),
    ],
    ids=str,
)
def test_known_pain(shown, score):
    """The score adds up brow, orbit, levator and closed eyes, each graded 0 to 5 but for the last."""
    assert pain_score(_units(**shown)) == score


@given(st.lists(st.integers(0, 100), min_size=len(ACTION_UNITS), max_size=len(ACTION_UNITS)))
def test_pain_by_hand(values):
    """The score is what the printed formula gives, computed face by face."""
    au = dict(zip(ACTION_UNITS, values, strict=True))
    grade = {number: int(value / 20 + 0.5) for number, value in au.items()}
    expected = grade[4] + max(grade[6], grade[7]) + max(grade[9], grade[10]) + int(au[43] >= 50)
    (score,) = pain_score(np.array([values], dtype=np.int32))
    assert score == expected
    assert RANGES["pain"][0] <= score <= RANGES["pain"][1]


def test_patients_are_mostly_at_rest():
    """In the clinic half the frames and more have little pain, few have much, and the scale is used."""
    pain = compose(DrawnSpec("clinic", 25, 900, 32, seed=1))[1].pain
    assert (pain <= 1).mean() > 0.5
    assert 0 < (pain >= 10).mean() < 0.1
    assert pain.max() >= 12


def test_pain_comes_and_goes():
    """Within a take, whose frames are a round apart, the strongest pain comes after rest, in the fifth."""
    subjects, frames = 25, LOOK_TABLE["clinic"].frames
    pain = compose(DrawnSpec("clinic", subjects, subjects * frames, 32, seed=1))[1].pain
    by_frame = pain.to_numpy().reshape(frames, subjects).mean(axis=1)
    assert by_frame.argmax() == 4
    assert by_frame[:2].max() < by_frame[4] / 4


def _face(units: np.ndarray | None = None, **appearance: int) -> Faces:
    """Return one young beardless woman without anything on, changed as asked."""
    look, streams = LOOK_TABLE["studio"], Streams(1, "test")
    bare = {"hair_long": 0, "bald": 0, "grey": 0, "glasses": 0, "beard": 0, "age": 25} | appearance
    subject = replace(draw_appearance(look, streams, 1), **{name: np.array([v]) for name, v in bare.items()})
    return Faces(look, subject, draw_photos(look, streams, 1), _units() if units is None else units)


@pytest.mark.parametrize(
    ("face", "seen"),
    [
        (_face(), {"young"}),
        (_face(age=60), set()),
        (_face(age=35), set()),
        (_face(male=1, full_beard=1), {"young", "male", "beard"}),
        (_face(beard=60), {"young"}),
        (_face(beard=150), {"young", "beard"}),
        (_face(glasses=1), {"young", "eyeglasses"}),
        (_face(glasses=2), {"young", "sunglasses"}),
        (_face(hat=2, hair_long=1), {"young", "hat", "long_hair"}),
        (_face(grey=200, age=70), {"grey_hair"}),
        (_face(grey=200, bald=256, age=70), {"bald"}),
        (_face(_units(au12=60, au25=40)), {"young", "smiling", "mouth_open"}),
        (_face(_units(au12=60, au15=80)), {"young"}),
        (_face(_units(au27=90)), {"young", "mouth_open"}),
    ],
)
def test_known_attributes(face, seen):
    """Each attribute is noted where it is drawn, and only there."""
    assert {name for name, has in attributes(face).items() if has.any()} == seen


def test_a_hat_of_the_scene_and_a_cap_are_hats():
    """Whatever covers the head counts: a hat of one's own, the scene's dark hat, the laboratory's cap."""
    face = _face()
    scene = replace(face, photos=replace(face.photos, occluder=np.array([3])))
    for covered in (scene, replace(face, look=LOOK_TABLE["lab"])):
        assert attributes(covered)["hat"].all()


def test_skin_tones():
    """Two of the six drawn tones of skin make one class: the lightest are light, the darkest dark."""
    images, manifest = compose(DrawnSpec("city", 120, 120, 48, seed=1))
    middle = images[:, 26:34, 20:28].mean(axis=(1, 2, 3))
    means = manifest.assign(brightness=middle).groupby("skin_tone").brightness.mean()
    assert means["dark"] + 20 < means["medium"] < means["light"] - 20
    assert (compose(DrawnSpec("studio", 5, 5, 32, seed=1))[1].skin_tone == "light").all()


def test_glamour_has_every_attribute():
    """Among celebrities each attribute is neither always nor almost never there."""
    manifest = compose(DrawnSpec("celebrities", 300, 300, 32, seed=1))[1]
    assert manifest.filter(like="attr_").mean().between(0.04, 0.7).all()
