from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from engram.data.synthetic.faces import LOOK_TABLE, DrawnSpec, Streams
from engram.data.synthetic.faces.appearance import at_age, draw_appearance
from engram.data.synthetic.faces.cameras import draw_cameras
from engram.data.synthetic.faces.dataset import compose
from engram.data.synthetic.faces.dress import dress
from engram.data.synthetic.faces.plan import picture_ages, plan_pictures
from engram.data.synthetic.faces.subjects import MEASURES, draw_subjects

#: Measures that neither growing up nor age changes.
LASTING = [name for name, (_, _, *changes) in MEASURES.items() if not any(changes)]


def _album(subjects=5, images=60):
    look, streams = LOOK_TABLE["album"], Streams(3, "album")
    plan = plan_pictures(look, subjects, images)
    subjects = draw_subjects(look, streams, subjects).take(plan.subject)
    return plan, subjects, at_age(subjects, picture_ages(look, streams, plan, subjects.age))


def test_an_album_shows_a_life():
    """Each subject of the album is seen at many ages, more of them young, and is one subject throughout."""
    manifest = compose(DrawnSpec("album", 10, 150, 32, seed=1))[1]
    ages = manifest.groupby("subject").age
    assert (ages.nunique() >= 8).all()
    assert (ages.max() - ages.min() >= 30).all()
    assert manifest.age.between(*LOOK_TABLE["album"].lifetime).all()
    assert manifest.age.median() < 30
    assert manifest.groupby("subject")[["gender", "skin_tone"]].nunique().eq(1).all(axis=None)


def test_identity_outlives_age():
    """A subject's own measures, and those that age spares, are the same in each picture of the album."""
    plan, subjects, appearance = _album()
    for subject in range(5):
        rows = plan.subject == subject
        assert (subjects.measures[rows] == subjects.measures[rows][0]).all()
        assert all(np.ptp(getattr(appearance, name)[rows]) == 0 for name in LASTING)
    assert len(np.unique(subjects.measures, axis=0)) == 5


def test_age_leaves_its_marks():
    """One subject is a child without a beard, then a grown man, then grey, wrinkled and bald."""
    look, streams = LOOK_TABLE["album"], Streams(3, "album")
    subjects = draw_subjects(look, streams, 40)
    man = np.flatnonzero((subjects.male == 1) & (subjects.bald == 1) & (subjects.stubble > 0))[:1]
    child, grown, old = (at_age(subjects.take(man), np.array([age])) for age in (5, 30, 80))
    assert child.chin < grown.chin
    assert child.eye_height > grown.eye_height
    assert child.beard < grown.beard
    assert (grown.wrinkles, grown.grey, grown.bald) == (0, 0, 0)
    assert min(old.wrinkles[0], old.grey[0], old.bald[0]) == 256


def test_subjects_at_their_own_age():
    """The appearance of subjects is theirs at the age that the look gave them."""
    appearance = draw_appearance(LOOK_TABLE["wild"], Streams(1, "wild"), 30)
    subjects = draw_subjects(LOOK_TABLE["wild"], Streams(1, "wild"), 30)
    again = at_age(subjects, subjects.age)
    for item in fields(appearance):
        np.testing.assert_array_equal(getattr(appearance, item.name), getattr(again, item.name))


@pytest.mark.parametrize("look", ["gallery", "press"])
def test_identity_is_not_the_hairdresser_s(look):
    """Subjects differ in shape, and neither hair, clothes nor glasses give one away for good."""
    settings, streams = LOOK_TABLE[look], Streams(1, look)
    plan = plan_pictures(settings, 40, 400)
    appearance = draw_appearance(settings, streams, 40).take(plan.subject)
    dressed = dress(settings, streams, plan, appearance)
    for name in ("hair_part", "hair_volume", "hairline"):
        assert np.ptp(getattr(dressed, name)[plan.subject == 0]) > 0
    wearers = np.unique(plan.subject[appearance.glasses > 0])
    assert any(len(np.unique(dressed.glasses[plan.subject == who])) > 1 for who in wearers)
    assert len(np.unique(dressed.clothes[plan.subject == 0], axis=0)) > 1
    for name in ("face_width", "eye_gap", "nose_tip", "chin"):
        np.testing.assert_array_equal(getattr(dressed, name), getattr(appearance, name))
        assert getattr(appearance, name).std() > MEASURES[name][1] // 3


def test_a_take_keeps_its_dress():
    """The frames of one take share hair, hat, glasses and clothes."""
    manifest_columns = ["attr_hat", "attr_long_hair", "glasses", "age"]
    manifest = compose(DrawnSpec("clinic", 10, 60, 32, seed=1))[1]
    assert manifest.groupby("subject")[manifest_columns].nunique().eq(1).all(axis=None)


def test_cameras():
    """A look of many cameras has as many, that differ in tint, tones and noise; one camera is the look."""
    crowd = draw_cameras(LOOK_TABLE["crowd"], Streams(1, "crowd"))
    assert len({(camera.tint, camera.tones, camera.noise) for camera in crowd}) == 40
    assert all(0 <= tone <= 255 for camera in crowd for tone in camera.tones)
    assert min(camera.noise for camera in crowd) >= 1
    assert draw_cameras(LOOK_TABLE["wild"], Streams(1, "wild")) == (LOOK_TABLE["wild"],)
