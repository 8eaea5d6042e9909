"""A whole drawn data set and its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from engram.core.arrays import save_array
from engram.core.errors import ConfigurationError
from engram.core.files import write_text
from engram.core.labels import EXPRESSIONS
from engram.data.synthetic.faces.annotations import annotate
from engram.data.synthetic.faces.appearance import Appearance, at_age
from engram.data.synthetic.faces.cameras import draw_cameras
from engram.data.synthetic.faces.dress import dress
from engram.data.synthetic.faces.expressions import draw_units
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.looks import LOOK_TABLE, LOOKS, OBJECTS
from engram.data.synthetic.faces.objects import draw_objects, draw_things
from engram.data.synthetic.faces.pain import draw_pain
from engram.data.synthetic.faces.photos import draw_photos
from engram.data.synthetic.faces.plan import Plan, picture_ages, plan_pictures
from engram.data.synthetic.faces.renderer import draw_faces
from engram.data.synthetic.faces.streams import Streams
from engram.data.synthetic.faces.subjects import draw_subjects

__all__ = ["EXPRESSIVE", "DrawnSpec", "compose", "draw_dataset"]

#: The looks whose pictures are labelled with an expression.
EXPRESSIVE = tuple(name for name, look in LOOK_TABLE.items() if look is not OBJECTS and not look.pain)

#: Below the first nothing can be recognised; beyond the second the integers would overflow.
_SIZES = (32, 1024)


@dataclass(frozen=True)
class DrawnSpec:
    """What to draw: ``images`` pictures that show ``subjects`` subjects, ``size`` pixels a side.

    ``test_images`` pictures of ``test_subjects`` further subjects follow, drawn alike. They change nothing of
    the others, and a column ``official_split`` says ``test`` of them.
    """

    look: str
    subjects: int
    images: int
    size: int
    seed: int
    wrong_labels_per_mille: int = 0
    test_subjects: int = 0
    test_images: int = 0

    def further(self) -> DrawnSpec:
        """Return what to draw of the further subjects."""
        return replace(
            self, subjects=self.test_subjects, images=self.test_images, test_subjects=0, test_images=0
        )


def draw_dataset(spec: DrawnSpec, folder: Path, progress: bool = False) -> None:
    """Draw a data set into ``folder``: ``images.npy`` and ``manifest.csv``.

    ``images.npy`` is (images, size, size, 3) RGB ``uint8``; ``manifest.csv`` has one row an image,
    in the same order. The same ``spec`` gives the same bytes on every machine.

    Raises
    ------
    ConfigurationError
        If there is no such look, or a number of the ``spec`` is out of its range.
    """
    images, manifest = compose(spec, progress)
    save_array(Path(folder) / "images.npy", images)
    write_text(Path(folder) / "manifest.csv", manifest.to_csv(index=False, lineterminator="\n"))


def compose(spec: DrawnSpec, progress: bool = False) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the pictures of a data set and its manifest; see :func:`draw_dataset`."""
    _check(spec)
    streams = Streams(spec.seed, spec.look)
    cameras = draw_cameras(LOOK_TABLE[spec.look], streams)
    images, columns = _part(spec, cameras, streams, progress)
    if spec.test_subjects:
        further = Streams(spec.seed, f"{spec.look}/further")
        images_of_further, columns_of_further = _part(spec.further(), cameras, further, progress)
        images = np.concatenate([images, images_of_further])
        columns_of_further["subject"] += spec.subjects
        columns = pd.concat([columns, columns_of_further], ignore_index=True)
        columns["official_split"] = np.where(columns.index < spec.images, "", "test")
    return images, _manifest(spec, columns)


def _part(
    spec: DrawnSpec, cameras: tuple[Look, ...], streams: Streams, progress: bool
) -> tuple[np.ndarray, pd.DataFrame]:
    """Draw the pictures of ``spec.subjects`` subjects, and note the subject's number and what is seen."""
    look = LOOK_TABLE[spec.look]
    plan = plan_pictures(look, spec.subjects, spec.images)
    photos = draw_photos(look, streams, plan.takes).take(plan.take)
    # The frames of a take are alike but for the sensor's noise.
    photos = replace(photos, noise_start=photos.noise_start + plan.frame * 7919)
    if look is OBJECTS:
        things = draw_things(streams, spec.subjects).take(plan.subject)
        images, columns = draw_objects(look, things, photos, spec.size, progress), things.columns()
    else:
        faces = Faces(look, _appearance(spec, streams, plan), photos, _units(look, streams, plan))
        images, columns = (
            _through_cameras(faces, cameras, streams, plan, spec.size, progress),
            annotate(faces),
        )
    if spec.look in EXPRESSIVE:
        expression, wrong = _labels(spec, streams, plan)
        columns = {"expression": expression} | columns | {"label_is_wrong": wrong}
    if look.frames > 1:
        # Which of its subject's takes a frame is of.
        columns |= {"x_take": plan.take // spec.subjects}
    return images, pd.DataFrame({"subject": plan.subject} | columns)


def _appearance(spec: DrawnSpec, streams: Streams, plan: Plan) -> Appearance:
    """Return who is seen in each picture, at the age and in the dress of the day."""
    look = LOOK_TABLE[spec.look]
    subjects = draw_subjects(look, streams, spec.subjects).take(plan.subject)
    return dress(look, streams, plan, at_age(subjects, picture_ages(look, streams, plan, subjects.age)))


def _units(look: Look, streams: Streams, plan: Plan) -> np.ndarray:
    return (draw_pain if look.pain else draw_units)(look, streams, plan)


def _through_cameras(
    faces: Faces, cameras: tuple[Look, ...], streams: Streams, plan: Plan, size: int, progress: bool
) -> np.ndarray:
    """Draw each picture as one of the look's cameras takes it."""
    if len(cameras) == 1:
        return draw_faces(faces, size, progress)
    images = np.empty((len(faces.units), size, size, 3), dtype=np.uint8)
    used = streams.integers("camera", 0, len(cameras) - 1, plan.takes)[plan.take]
    for number, camera in enumerate(tqdm(cameras, desc="cameras", disable=not progress)):
        rows = np.flatnonzero(used == number)
        images[rows] = draw_faces(replace(faces.take(rows), look=camera), size)
    return images


def _check(spec: DrawnSpec) -> None:
    """Refuse a data set that cannot be drawn."""
    if spec.look not in LOOKS:
        raise ConfigurationError(f"There is no look '{spec.look}'. Choose one of: {', '.join(LOOKS)}.")
    if not 1 <= spec.subjects <= spec.images:
        raise ConfigurationError(
            f"{spec.images} images cannot show {spec.subjects} subjects. "
            "Ask for at least one subject, and for at least as many images as subjects."
        )
    if not spec.test_subjects <= spec.test_images or bool(spec.test_subjects) != bool(spec.test_images):
        raise ConfigurationError(
            f"{spec.test_images} test images cannot show {spec.test_subjects} further subjects. "
            "Ask for at least as many images as subjects, or for none of both."
        )
    if not _SIZES[0] <= spec.size <= _SIZES[1]:
        raise ConfigurationError(
            f"Size {spec.size} is out of range. Choose {_SIZES[0]} to {_SIZES[1]} pixels."
        )
    if not 0 <= spec.wrong_labels_per_mille <= 1000:
        raise ConfigurationError(f"{spec.wrong_labels_per_mille} per mille wrong labels: choose 0 to 1000.")
    if spec.wrong_labels_per_mille and spec.look not in EXPRESSIVE:
        raise ConfigurationError(
            f"Look '{spec.look}' is not labelled with expressions: set wrong_labels_per_mille to 0."
        )


def _manifest(spec: DrawnSpec, columns: pd.DataFrame) -> pd.DataFrame:
    """Return one row an image: its place, its subject's name, and what is noted of it."""
    noun = "object" if spec.look == "objects" else spec.look
    columns.insert(0, "image", [f"images.npy#{index}" for index in range(len(columns))])
    columns["subject"] = [f"{noun}-{number:04d}" for number in columns["subject"]]
    if "x_take" in columns:
        takes = zip(columns["subject"], columns["x_take"], strict=True)
        columns["x_take"] = [f"{subject}/take{number:03d}" for subject, number in takes]
    return columns


def _labels(spec: DrawnSpec, streams: Streams, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return the expressions as labelled, and 1 where the label is wrong: exactly the share asked for."""
    count = (spec.images * spec.wrong_labels_per_mille + 500) // 1000
    order = np.argsort(streams.integers("order of errors", 0, 1 << 30, spec.images), kind="stable")
    wrong = np.zeros(spec.images, dtype=np.int32)
    wrong[order[:count]] = 1
    shown = np.array([EXPRESSIONS.index(name) for name in plan.expression])
    error = streams.integers("error", 1, len(EXPRESSIONS) - 1, spec.images)
    return np.array(EXPRESSIONS)[(shown + wrong * error) % len(EXPRESSIONS)], wrong
