"""A whole drawn data set and its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from engram.faces.drawn.action_units import action_unit_columns
from engram.faces.drawn.expressions import draw_units
from engram.faces.drawn.faces import Faces
from engram.faces.drawn.look import AGE_GROUPS
from engram.faces.drawn.looks import LOOK_TABLE, LOOKS
from engram.faces.drawn.people import People, draw_people
from engram.faces.drawn.photos import draw_photos
from engram.faces.drawn.plan import Plan, plan_pictures
from engram.faces.drawn.renderer import draw_faces
from engram.faces.drawn.streams import Streams
from engram.ground.errors import ConfigurationError
from engram.ground.files import atomic_path, write_text
from engram.ground.labels import CLASSES, EXPRESSIONS

__all__ = ["DrawnSpec", "compose", "draw_dataset"]

#: Below the first nothing can be recognised; beyond the second the integers would overflow.
_SIZES = (32, 1024)


@dataclass(frozen=True)
class DrawnSpec:
    """What to draw: ``images`` pictures of ``subjects`` people, ``size`` pixels a side."""

    look: str
    subjects: int
    images: int
    size: int
    seed: int
    wrong_labels_per_mille: int = 0


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
    with atomic_path(Path(folder) / "images.npy") as path:
        np.save(path, images, allow_pickle=False)
    write_text(Path(folder) / "manifest.csv", manifest.to_csv(index=False, lineterminator="\n"))


def compose(spec: DrawnSpec, progress: bool = False) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the pictures of a data set and its manifest; see :func:`draw_dataset`."""
    _check(spec)
    look, streams = LOOK_TABLE[spec.look], Streams(spec.seed, spec.look)
    plan = plan_pictures(look, spec.subjects, spec.images)
    people = draw_people(look, streams, spec.subjects).take(plan.subject)
    photos = draw_photos(look, streams, plan.takes).take(plan.take)
    # The frames of a take are alike but for the sensor's noise.
    photos = replace(photos, noise_start=photos.noise_start + plan.frame * 7919)
    faces = Faces(look, people, photos, draw_units(look, streams, plan))
    return draw_faces(faces, spec.size, progress), _manifest(spec, streams, plan, people, faces.units)


def _check(spec: DrawnSpec) -> None:
    """Refuse a data set that cannot be drawn."""
    if spec.look not in LOOKS:
        raise ConfigurationError(f"There is no look '{spec.look}'. Choose one of: {', '.join(LOOKS)}.")
    if not 1 <= spec.subjects <= spec.images:
        raise ConfigurationError(
            f"{spec.images} images cannot show {spec.subjects} subjects. "
            "Ask for at least one subject, and for at least as many images as subjects."
        )
    if not _SIZES[0] <= spec.size <= _SIZES[1]:
        raise ConfigurationError(
            f"Size {spec.size} is out of range. Choose {_SIZES[0]} to {_SIZES[1]} pixels."
        )
    if not 0 <= spec.wrong_labels_per_mille <= 1000:
        raise ConfigurationError(f"{spec.wrong_labels_per_mille} per mille wrong labels: choose 0 to 1000.")


def _manifest(
    spec: DrawnSpec, streams: Streams, plan: Plan, people: People, units: np.ndarray
) -> pd.DataFrame:
    """Return one row an image: its place, its subject, what it shows, and its action units."""
    labels, wrong = _labels(spec, streams, plan)
    oldest = [last for _, last in AGE_GROUPS.values()]
    columns = {
        "image": [f"images.npy#{index}" for index in range(spec.images)],
        "subject": [f"{spec.look}-{number:04d}" for number in plan.subject],
        "expression": labels,
        "age": people.age,
        "age_group": np.array(CLASSES["age_group"])[np.searchsorted(oldest, people.age)],
        "gender": np.array(CLASSES["gender"])[people.male],
        "glasses": np.array(CLASSES["glasses"])[people.glasses],
    }
    columns |= dict(zip(action_unit_columns(), units.T, strict=True))
    return pd.DataFrame(columns | {"label_is_wrong": wrong})


def _labels(spec: DrawnSpec, streams: Streams, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return the expressions as labelled, and 1 where the label is wrong: exactly the share asked for."""
    count = (spec.images * spec.wrong_labels_per_mille + 500) // 1000
    order = np.argsort(streams.integers("order of errors", 0, 1 << 30, spec.images), kind="stable")
    wrong = np.zeros(spec.images, dtype=np.int32)
    wrong[order[:count]] = 1
    shown = np.array([EXPRESSIONS.index(name) for name in plan.expression])
    error = streams.integers("error", 1, len(EXPRESSIONS) - 1, spec.images)
    return np.array(EXPRESSIONS)[(shown + wrong * error) % len(EXPRESSIONS)], wrong
