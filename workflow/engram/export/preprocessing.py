"""What is done to an image before the student sees it, written beside the student. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from engram.config import FacesSettings
from engram.config.base import Strict
from engram.core.errors import CheckpointError
from engram.core.files import write_json
from engram.core.reading import first_line, read_json
from engram.data.images.align import EYES_IN_BOX
from engram.export.jobs import ExportParams

__all__ = ["PREPROCESSING", "STUDENT", "InputSteps", "Preprocessing", "read_preprocessing"]

#: The student's weights, and what is done to images, in an exported folder.
STUDENT, PREPROCESSING = "student.safetensors", "preprocessing.json"

_ALIGNMENT = (
    "The image is turned, scaled and shifted so that both eyes come to lie at 'eyes' of the detected box, "
    "which has 'margin' of its width around it on each side; where no eyes are found, the square around "
    "the box is cut out with that margin. The cut is resized to 'size'."
)
_STEPS = (
    "RGB divided by 255, turned into 'colour', resized to 'size' (bilinear, antialiased), minus 'mean', "
    "divided by 'std'"
)


class FaceSteps(Strict):
    """From an image to a face."""

    detector: Literal["haar", "yunet", "none"]
    """`none`: the images are faces already."""
    size: int
    """Width and height of a face in pixels."""
    colour: Literal["grey", "rgb"]
    """Its channels."""
    margin: float
    """What is kept around the detected face on each side, as a fraction of its width."""
    eyes: tuple[tuple[float, float], tuple[float, float]] = EYES_IN_BOX
    """Where the eyes come to lie, as fractions of the box's width and height."""
    alignment: str = _ALIGNMENT
    """The same in words."""


class InputSteps(Strict):
    """From a face to the student's input, (N, C, size, size) float32; see `engram.models.inputs`."""

    size: int
    colour: Literal["rgb", "bgr", "grey"]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    steps: str = _STEPS


class Preprocessing(Strict):
    """All of it, as `preprocessing.json` holds it."""

    face: FaceSteps
    input: InputSteps
    embedding: int
    """Values of an embedding; its length is 1."""

    @classmethod
    def from_params(cls, params: ExportParams, inputs: InputSteps, embedding: int) -> Preprocessing:
        """Return what a run did to the faces that its students learnt from."""
        chosen = params.faces.model_dump(include={"size", "colour", "margin"})
        return cls(face=FaceSteps(detector=params.detector, **chosen), input=inputs, embedding=embedding)

    def write(self, path: Path) -> None:
        """Write it as JSON, atomically."""
        write_json(path, self.model_dump(mode="json"))

    def faces(
        self, detector: str | None = None, yunet_model: str | None = None
    ) -> tuple[FacesSettings, bool]:
        """Return how faces are found and cut by ``detector`` (by default the student's own).

        The second value is false where there is nothing to find: images are faces already.

        Raises
        ------
        CheckpointError
            If the detector is YuNet and its model is not given.
        """
        detector = detector or self.face.detector
        if detector == "yunet" and not yunet_model:
            raise CheckpointError(
                "The detector is YuNet, whose model is not part of the student. Give its ONNX file by "
                "--yunet-model, or take --detector haar."
            )
        chosen = self.face.model_dump(include={"size", "colour", "margin"})
        if detector != "none":
            chosen |= {"detector": detector, "yunet_model": yunet_model}
        return FacesSettings(**chosen), detector != "none"


def read_preprocessing(folder: Path) -> Preprocessing:
    """Read an exported student's preprocessing.

    Raises
    ------
    CheckpointError
        If the folder holds no exported student, or one that was altered.
    """
    path, again = folder / PREPROCESSING, "Export the student again."
    missing = [name for name in (PREPROCESSING, STUDENT) if not (folder / name).is_file()]
    if missing:
        raise CheckpointError(
            f"{folder}: no exported student is there ({' and '.join(missing)} missing). "
            "Give the folder that 'snakemake export' writes, such as results/export."
        )
    try:
        return Preprocessing.model_validate(read_json(path, CheckpointError, again))
    except ValidationError as error:
        raise CheckpointError(f"{path}: this file is damaged ({first_line(error)}). {again}") from None
