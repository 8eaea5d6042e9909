from __future__ import annotations

import ast
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from engram.config import FacesSettings
from engram.core.labels import EXPRESSIONS
from engram.data.images.detect import make_detector
from engram.data.synthetic import faces as drawn
from engram.data.synthetic.faces import (
    ACTION_UNITS,
    COMBINATIONS,
    LOOK_TABLE,
    LOOKS,
    DrawnSpec,
    Faces,
    Streams,
    draw_appearance,
    draw_faces,
    draw_photos,
)
from engram.data.synthetic.faces.action_units import action_unit_columns
from engram.data.synthetic.faces.dataset import EXPRESSIVE, compose
from engram.data.synthetic.faces.looks_general import GENERAL_LOOKS
from engram.data.synthetic.faces.renderer import draw_canvas

#: A still camera before a plain wall: pictures of one subject differ in their action units alone.
STILL = replace(
    LOOK_TABLE["studio"], shift=0, roll=0, yaw=0, pitch=0, noise=0, scale=(256, 256), falloff=(30, 30)
)

#: Rows of a 128-pixel picture of the still camera's subject.
BROWS, EYES, MOUTH = slice(44, 60), slice(58, 70), slice(80, 108)

FACE_LOOKS = [look for look in LOOKS if look != "objects"]

#: All but the one that writes files, where a slash joins paths.
MODULES = [path for path in sorted(Path(drawn.__path__[0]).glob("*.py")) if path.stem != "dataset"]


def _one_subject(*shown: dict[int, int], look=STILL) -> Faces:
    """Return a picture of the same subject for each dictionary of action units."""
    rows, streams = np.zeros(len(shown), dtype=np.int32), Streams(1, "test")
    units = np.array([[units.get(number, 0) for number in ACTION_UNITS] for units in shown], dtype=np.int32)
    appearance, photos = draw_appearance(look, streams, 1), draw_photos(look, streams, 1)
    return Faces(look, appearance.take(rows), photos.take(rows), units)


def _many_subjects(look, count: int) -> Faces:
    """Return as many subjects, with all action units, hats and beards at random."""
    streams = Streams(2, "test")
    units = streams.integers("units", 0, 100, (count, len(ACTION_UNITS)))
    appearance = draw_appearance(look, streams, count)
    appearance = replace(
        appearance,
        hat=streams.integers("hat", 0, 2, count),
        full_beard=streams.integers("beard", 0, 1, count),
    )
    return Faces(look, appearance, draw_photos(look, streams, count), units)


def _change(units: dict[int, int]) -> np.ndarray:
    """Return how much each row of the picture changes from the resting face."""
    resting, shown = draw_faces(_one_subject({}, units), 128).astype(int)
    return np.abs(shown - resting).sum(axis=(1, 2))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_floating_point(module):
    """No module of the renderer has a floating-point number, a true division or a float type."""
    for node in ast.walk(ast.parse(module.read_text())):
        assert not isinstance(node, ast.Div)
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not (isinstance(node, ast.Name) and node.id == "float")
        assert not (isinstance(node, ast.Attribute) and node.attr.startswith("float"))


@pytest.mark.parametrize("look", FACE_LOOKS)
def test_integer_canvas(look):
    """Every plane of a canvas is of 32-bit integers, and no tone has overflown."""
    faces = _one_subject({}, {12: 100, 27: 100}, look=LOOK_TABLE[look])
    canvas = draw_canvas(faces.over_pixels(), 64)
    for patch in (canvas.frame, canvas.head, canvas.features):
        assert {getattr(patch, item.name).dtype for item in fields(patch)} == {np.dtype(np.int32)}
    assert canvas.frame.pixels.min() > -4096
    assert canvas.frame.pixels.max() < 3 * 4096


@pytest.mark.parametrize("look", FACE_LOOKS)
def test_same_face_same_picture(look):
    """A face is drawn alike whatever stands beside it in the stack."""
    faces = _many_subjects(LOOK_TABLE[look], 24)
    together = draw_faces(faces, 48)
    alone = [draw_faces(faces.take(slice(row, row + 1)), 48)[0] for row in range(24)]
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize(
    ("units", "region", "elsewhere"),
    [
        ({12: 80}, MOUTH, BROWS),
        ({15: 80}, MOUTH, BROWS),
        ({27: 80, 25: 50}, MOUTH, BROWS),
        ({1: 80, 2: 80}, BROWS, MOUTH),
        ({4: 80}, BROWS, MOUTH),
        ({5: 80}, EYES, MOUTH),
        ({43: 80}, EYES, MOUTH),
    ],
    ids=str,
)
def test_units_move_their_region(units, region, elsewhere):
    """An action unit changes the part of the face that its name says, and not the far part."""
    change = _change(units)
    assert change[region].sum() > 1000
    assert change[elsewhere].sum() < change[region].sum() // 10


@pytest.mark.parametrize("unit", ACTION_UNITS)
def test_every_unit_shows(unit):
    """Every action unit of the table changes the picture, and more so the stronger it is."""
    open_mouth = {25: 60}
    resting, weak, strong = draw_faces(
        _one_subject({} if unit == 25 else open_mouth, open_mouth | {unit: 40}, open_mouth | {unit: 100}), 96
    ).astype(int)
    assert 0 < np.abs(weak - resting).sum() < np.abs(strong - resting).sum()


def test_smile_lifts_the_corners():
    """The corners of the mouth lie higher in a smile than in a sad mouth."""
    smile, sad = draw_faces(_one_subject({12: 100}, {15: 100}), 128).astype(int).sum(axis=3)
    near_corners = np.r_[54:57, 71:74]
    height = [np.argmin(face[80:98, near_corners].sum(axis=1)) for face in (smile, sad)]
    assert height[0] < height[1]


def test_table_of_units():
    """Each combination uses units of the table, and all seven expressions have at least one."""
    assert tuple(COMBINATIONS) == EXPRESSIONS
    used = {unit for combinations in COMBINATIONS.values() for units in combinations for unit in units}
    assert used <= set(ACTION_UNITS)
    assert action_unit_columns()[:3] == ("au1", "au2", "au4")


@pytest.mark.parametrize("look", EXPRESSIVE)
def test_looks_are_sound(look):
    """A look's classes are all there, in a prime number of places, and its combinations exist."""
    settings = LOOK_TABLE[look]
    places = len(settings.classes)
    assert set(settings.classes) == set(EXPRESSIONS)
    assert all(places % divisor for divisor in range(2, places))
    assert all(settings.combinations(expression) for expression in EXPRESSIONS)
    assert set(settings.subtle) <= set(ACTION_UNITS)
    for expression, combinations in settings.variants.items():
        assert set(combinations) <= set(COMBINATIONS[expression])


def test_looks_differ():
    """The looks' mean pictures lie far apart: they are different domains."""
    means = [compose(DrawnSpec(look, 6, 24, 48, seed=1))[0].mean(axis=0) for look in LOOKS]
    for first in range(len(means)):
        for second in range(first):
            assert np.abs(means[first] - means[second]).mean() > 8


@pytest.mark.parametrize(
    ("look", "least"), [("studio", 95), ("lab", 95), ("sequence", 95), ("portraits", 95), ("wild", 80)]
)
def test_haar_detection(look, least):
    """OpenCV's frontal face cascade finds nearly all posed faces, and most of the wild ones."""
    cv2 = pytest.importorskip("cv2")
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    images, _ = compose(DrawnSpec(look, 20, 100, 64, seed=7))
    grey = [cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (128, 128)) for image in images]
    found = sum(len(cascade.detectMultiScale(image, 1.1, 3)) > 0 for image in grey)
    assert found >= least


@pytest.mark.parametrize("look", GENERAL_LOOKS)
def test_the_detector_finds_them(look):
    """The pipeline's own detector finds at least nine in ten faces of the general study's looks."""
    detector = make_detector(FacesSettings())
    images, _ = compose(DrawnSpec(look, 60, 60, 64, seed=7))
    found = sum(detector.find(image) is not None for image in images)
    assert found >= (45 if look == "stills" else 54)


@pytest.mark.parametrize(
    ("worn", "changed"), [({"hat": 1}, slice(0, 40)), ({"hat": 2}, slice(0, 40)), ({"full_beard": 1}, MOUTH)]
)
def test_hats_and_beards_show(worn, changed):
    """A hat changes the head's top and nothing below the eyes, a beard the jaw and nothing above."""
    bare = _one_subject({})
    values = {name: np.array([value], dtype=np.int32) for name, value in worn.items()}
    dressed = replace(bare, appearance=replace(bare.appearance, **values))
    change = np.abs(draw_faces(dressed, 128).astype(int) - draw_faces(bare, 128)).sum(axis=(0, 2, 3))
    assert change[changed].sum() > 5000
    assert change[slice(0, 40) if "full_beard" in worn else MOUTH].sum() == 0
