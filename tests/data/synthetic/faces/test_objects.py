from __future__ import annotations

import numpy as np
import pytest

from engram.core.labels import CLASSES
from engram.data.synthetic.faces import LOOK_TABLE, DrawnSpec, Streams, draw_photos
from engram.data.synthetic.faces.dataset import compose
from engram.data.synthetic.faces.object_shapes import PAINTERS
from engram.data.synthetic.faces.objects import draw_objects, draw_things


def test_every_kind_has_its_painter():
    """The kinds that can be painted are the classes of the task, in their order."""
    assert tuple(PAINTERS) == CLASSES["object"]


def test_instances():
    """All kinds are equally often seen; an instance has a name, one kind, and pictures that differ."""
    images, manifest = compose(DrawnSpec("objects", subjects=16, images=64, size=32, seed=1))
    assert list(manifest) == ["image", "subject", "object"]
    assert manifest.object.value_counts().to_dict() == dict.fromkeys(CLASSES["object"], 8)
    assert manifest.subject.str.fullmatch(r"object-\d{4}").all()
    assert manifest.groupby("subject").object.nunique().eq(1).all()
    assert len(np.unique(images.reshape(64, -1), axis=0)) == 64


def _still(kind: str, count: int) -> np.ndarray:
    """Return ``count`` instances of a kind, all photographed by the same circumstances but noise."""
    look, streams = LOOK_TABLE["objects"], Streams(5, "objects")
    things = draw_things(streams, 8 * count)
    things = things.take(np.flatnonzero(things.kind == CLASSES["object"].index(kind)))
    photos = draw_photos(look, streams, 1).take(np.zeros(count, dtype=np.int32))
    return draw_objects(look, things, photos, 64)


@pytest.mark.parametrize("kind", CLASSES["object"])
def test_instances_differ(kind):
    """Instances of a kind differ by far more than the sensor's noise."""
    changes = np.abs(np.diff(_still(kind, 6).astype(int), axis=0)).max(axis=3) > 60
    assert np.median(changes.sum(axis=(1, 2))) > 60


def test_each_picture_stands_alone():
    """An object is drawn alike whatever stands beside it in the stack."""
    look, streams = LOOK_TABLE["objects"], Streams(5, "objects")
    things, photos = draw_things(streams, 20), draw_photos(look, streams, 20)
    together = draw_objects(look, things, photos, 48)
    first = slice(0, 9)
    np.testing.assert_array_equal(
        together[first], draw_objects(look, things.take(first), photos.take(first), 48)
    )
