"""Faces cut out again for imported encoders: by the stored detection, each encoder in its own way."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from engram.config import CropSettings, FacesSettings
from engram.core.paths import encoder_crop
from engram.data.images import prepare
from engram.data.images.align import EYES_IN_BOX, FIVE_POINTS, align, recut, similarity
from engram.data.images.crop import crop_faces
from engram.data.images.detect import Detection
from engram.data.images.prepare import prepare_faces
from engram.data.images.store import FaceStore, write_faces
from engram.data.jobs import CropParams
from engram.runtime.job_spec import JobFiles
from tests.data.images.test_align import dotted, spots

EYES = ((80.0, 95.0), (121.0, 105.0))
BELOW = ((99.0, 121.0), (80.0, 139.0), (112.0, 147.0))
BOX = (60.0, 60.0, 80.0, 80.0)
NOISE = np.random.default_rng(4).integers(0, 255, (200, 200, 3), np.uint8)


def test_a_similarity_through_two_points_is_exact():
    """With two points nothing is left over; with more the sum of squares is least."""
    matrix = similarity(EYES, [(10.0, 10.0), (30.0, 10.0)])
    found = np.array(EYES) @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(found, [(10, 10), (30, 10)], atol=1e-9)


def test_a_similarity_of_many_points_is_the_best():
    """No small change of turn, scale or shift brings the points nearer."""
    points, goals = [*EYES, *BELOW], [(112 * x, 112 * y) for x, y in FIVE_POINTS]

    def error(matrix):
        return float(((np.array(points) @ matrix[:, :2].T + matrix[:, 2] - goals) ** 2).sum())

    best = similarity(points, goals)
    turned = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]) * 1e-3
    for change in (1e-3 * np.eye(2, 3), turned, np.eye(2, 3, 2) * 1e-2, np.array([[0, 0, 0], [0, 0, 1e-2]])):
        assert error(best + change) > error(best)
        assert error(best - change) > error(best)


def test_five_points_come_to_insightfaces_places():
    """A face of exactly that shape, turned and shifted, has its eyes at the template's places."""
    turn = np.array([[0.9, -0.3], [0.3, 0.9]])
    places = [tuple(turn @ np.array([100 * x, 100 * y]) + [70.0, 30.0]) for x, y in FIVE_POINTS]
    detection = Detection(BOX, (places[0], places[1]), (places[2], places[3], places[4]))
    crop = CropSettings(align="five_points")
    face = recut(dotted(places[:2]), detection, FacesSettings(size=112, margin=0.0, colour="rgb"), crop)
    np.testing.assert_allclose(spots(face), [(112 * x, 112 * y) for x, y in FIVE_POINTS[:2]], atol=0.7)


def test_five_points_without_landmarks_are_those_of_the_eyes():
    """With Haar the eyes alone are brought there; without eyes those that a box has on average."""
    settings, crop = FacesSettings(size=64, margin=0.1, colour="rgb"), CropSettings(align="five_points")
    goals = [[64 * (0.1 + share) / 1.2 for share in point] for point in FIVE_POINTS[:2]]
    face = recut(dotted(EYES), Detection(BOX, EYES), settings, crop)
    np.testing.assert_allclose(spots(face), goals, atol=0.7)
    left, top, width, height = BOX
    expected = [(left + x * width, top + y * height) for x, y in EYES_IN_BOX]
    face = recut(dotted(expected), Detection(BOX, None), settings, crop)
    np.testing.assert_allclose(spots(face), goals, atol=0.7)


def test_eyes_and_box_are_as_stored_faces_are():
    """`eyes` is what the study does itself; `box` leaves the eyes aside."""
    settings = FacesSettings(size=50, margin=0.2, colour="rgb")
    with_eyes, without = Detection(BOX, EYES), Detection(BOX, None)
    same = align(NOISE, with_eyes, settings).pixels
    np.testing.assert_array_equal(recut(NOISE, with_eyes, settings, CropSettings()).pixels, same)
    boxed = recut(NOISE, with_eyes, settings, CropSettings(align="box"))
    np.testing.assert_array_equal(boxed.pixels, align(NOISE, without, settings).pixels)
    assert boxed.eyes


@pytest.mark.parametrize("crop", [CropSettings(), CropSettings(margin=0.3, align="five_points")])
def test_the_job_cuts_by_the_stored_detection(tmp_path, crop, monkeypatch):
    """Nothing is detected again; an undetected face stays empty, a small one is reported as enlarged."""
    images = {"one.png": NOISE, "two.png": NOISE[::-1], "three.png": NOISE[:, ::-1]}
    for name, pixels in images.items():
        Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / name)
    manifest = pd.DataFrame({"image": list(images), "subject": ["a", "b", "c"], "gender": "male"})
    found = [Detection(BOX, EYES, BELOW), None, Detection(BOX, None)]
    settings = FacesSettings(size=32, margin=0.25, colour="rgb")
    stored = [align(pixels, one, settings) for pixels, one in zip(images.values(), found, strict=True)]
    write_faces(tmp_path / "stored", manifest, stored, 32, 3)
    manifest.to_parquet(tmp_path / "manifest.parquet")
    params = CropParams(results=str(tmp_path), dataset="some", folder=str(tmp_path), size=96, crop=crop)
    names = {"faces": "faces.npy", "index": "index.parquet", "summary": "store.json", "record": "record.json"}
    outputs = JobFiles(**{key: tmp_path / "again" / name for key, name in names.items()})
    detected = [tmp_path / "stored" / name for name in ("faces.npy", "index.parquet", "store.json")]
    monkeypatch.setattr(prepare, "make_detector", None)
    crop_faces(
        JobFiles(manifest=tmp_path / "manifest.parquet", detected=detected), outputs, params, code="none"
    )
    again = FaceStore.load(tmp_path / "again")
    assert again.detected.tolist() == [True, False, True]
    assert not again.faces[1].any()
    for row in (0, 2):
        pixels = np.ascontiguousarray(list(images.values())[row])
        np.testing.assert_array_equal(again.faces[row], recut(pixels, found[row], params.faces, crop).pixels)
    metrics = json.loads(outputs.record.read_text())["metrics"]
    assert metrics["enlarged"] == float(80 * (1 + 2 * crop.margin) < 96)


def test_whole_images_are_taken_whole_again(tmp_path):
    """Where owners publish faces there is no box to cut by."""
    for name in ("one.png", "two.png"):
        Image.fromarray(NOISE).save(tmp_path / name)
    manifest = pd.DataFrame({"image": ["one.png", "two.png"], "subject": ["a", "b"], "gender": "male"})
    prepare_faces(manifest, tmp_path, FacesSettings(colour="rgb"), False, tmp_path / "stored", progress=False)
    manifest.to_parquet(tmp_path / "manifest.parquet")
    params = CropParams(
        results=str(tmp_path), dataset="some", folder=str(tmp_path), size=200, crop=CropSettings(margin=0.2)
    )
    names = {"faces": "faces.npy", "index": "index.parquet", "summary": "store.json", "record": "record.json"}
    outputs = JobFiles(**{key: tmp_path / "again" / name for key, name in names.items()})
    detected = [tmp_path / "stored/faces.npy"]
    inputs = JobFiles(manifest=tmp_path / "manifest.parquet", detected=detected)
    crop_faces(inputs, outputs, params, code="none")
    np.testing.assert_array_equal(FaceStore.load(tmp_path / "again").faces[0], NOISE)


def test_a_folder_says_how_its_faces_were_cut():
    """Two crops never share a folder; equal ones do."""
    names = {
        encoder_crop(size, way, margin)
        for size in (112, 160)
        for way in ("eyes", "box")
        for margin in (0, 0.1, 0.125)
    }
    assert len(names) == 12
    assert encoder_crop(112, "eyes", 0.0) == "faces_112px_eyes_0"
