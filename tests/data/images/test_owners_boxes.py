import numpy as np
import pandas as pd
import pytest

from engram.config import FacesSettings
from engram.data.images.align import EYES_IN_BOX
from engram.data.images.owners_boxes import owners_detections
from engram.data.images.prepare import prepare_faces
from engram.data.images.store import FaceStore
from engram.data.manifest import BOX, EYES
from tests.data.images.miniatures import put

NAN = float("nan")


def frame(*rows):
    return pd.DataFrame(rows, columns=[*BOX, *EYES])


def test_boxes_and_eyes_as_given():
    """A box alone, eyes too, neither; a box without extent or eyes in the wrong order are none."""
    found = list(
        owners_detections(
            frame(
                [1, 2, 30, 40, NAN, NAN, NAN, NAN],
                [1, 2, 30, 40, 10, 12, 20, 13],
                [NAN] * 8,
                [1, 2, 0, 40, NAN, NAN, NAN, NAN],
                [1, 2, 30, 40, 20, 12, 10, 13],
            )
        )
    )
    assert [face and face.box for face in found] == [
        (1, 2, 30, 40),
        (1, 2, 30, 40),
        None,
        None,
        (1, 2, 30, 40),
    ]
    assert [face and face.eyes for face in found] == [None, ((10, 12), (20, 13)), None, None, None]


def test_eyes_alone_have_the_box_of_a_detected_face():
    """Its eyes lie where those of detected faces do."""
    (found,) = owners_detections(frame([NAN] * 4 + [30.5, 39.7, 69.5, 39.7]))
    np.testing.assert_allclose(found.box, (0, 0, 100, 100), atol=1e-9)
    assert EYES_IN_BOX[0][0] * 100 == pytest.approx(30.5)


def test_a_manifest_without_boxes_gives_none():
    assert list(owners_detections(pd.DataFrame({"image": ["a", "b"]}))) == [None, None]


@pytest.mark.parametrize(("boxes", "expected"), [(True, (10, 20, 30, 30)), (False, (0, 0, 80, 100))])
def test_prepared_faces_are_cut_at_the_owners_boxes(tmp_path, boxes, expected):
    """With the setting the box is the owners'; without, and for images without a box, the whole image."""
    put(tmp_path, "a.png", 1, size=(80, 100))
    put(tmp_path, "b.png", 2, size=(80, 100))
    manifest = pd.DataFrame({"image": ["a.png", "b.png"], "subject": ["a", "b"]})
    manifest[list(BOX)] = [[10, 20, 30, 30], [NAN] * 4]
    counts = prepare_faces(
        manifest, tmp_path, FacesSettings(margin=0), False, tmp_path / "faces", False, boxes=boxes
    )
    index = FaceStore.load(tmp_path / "faces").index
    found = index[["box_left", "box_top", "box_width", "box_height"]].to_numpy()
    np.testing.assert_allclose(found, [expected, (0, 0, 80, 100)])
    assert counts["detected"] == 2
