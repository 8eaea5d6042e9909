"""Settings of data sets, of their subsets and of their faces."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from engram.config.base import Fraction, Name, PathText, Strict
from engram.config.registered import ReaderName
from engram.core.labels import TARGET_TASKS

__all__ = [
    "CropSettings",
    "DatasetSettings",
    "DrawnSettings",
    "FacesSettings",
    "GeneralFacesSettings",
    "SplitSettings",
    "StoreSettings",
]


class DrawnSettings(Strict):
    """How a data set of drawn faces is drawn. The same values give the same bytes everywhere."""

    look: Literal[
        "wild",
        "studio",
        "lab",
        "sequence",
        "portraits",
        "gallery",
        "archive",
        "celebrities",
        "city",
        "stills",
        "street",
        "press",
        "album",
        "clinic",
        "crowd",
        "objects",
    ]
    """The domain: camera, light, framing, style, and how its subjects show an expression."""
    subjects: int = Field(ge=1)
    """Number of subjects."""
    images: int = Field(ge=1)
    """Number of images, all subjects together."""
    test_subjects: int = Field(default=0, ge=0)
    """Number of further subjects, who are only tested on (`split: {scheme: official_test}`)."""
    test_images: int = Field(default=0, ge=0)
    """Number of the further subjects' images, all together."""
    size: int = Field(default=64, ge=32, le=512)
    """Width and height of an image in pixels."""
    seed: int = Field(default=1, ge=0)
    """Seed of the drawing."""
    wrong_labels_per_mille: int = Field(default=0, ge=0, le=500)
    """Of a thousand images, how many carry a wrong expression."""

    @model_validator(mode="after")
    def _further_subjects_have_images(self) -> DrawnSettings:
        if bool(self.test_subjects) != bool(self.test_images):
            raise ValueError("'test_subjects' and 'test_images' go together: give both or neither")
        return self


class SplitSettings(Strict):
    """How a data set is parted into training, validation and test subsets."""

    scheme: Literal["subject", "published", "official", "official_test", "leave_one_out"] = "subject"
    """`subject`: no subject in two subsets. `published`: exactly the printed sizes; test subjects apart,
    validation drawn from the subjects trained on, by whole takes. `official`: as the data set's owners
    say. `official_test`: test as the owners say; all other images are parted as by `subject`.
    `leave_one_out`: each subject is a fold."""
    folds: int | None = Field(default=None, ge=2, le=999)
    """In how many folds the subjects are tested, each once, by models of the memory study that have not seen
    them; `test` has no meaning then. For `leave_one_out` the number of subjects: models are planned
    before the data are read. Jobs that have one model for a data set take the first fold."""
    validation: Fraction = 0.1
    """Fraction of the images for validation; the nearest that whole subjects allow. For `official_test`,
    of the images that the owners do not test on; and so is the next."""
    test: Fraction = 0.3
    """Fraction of the images for test; the nearest that whole subjects allow. For `official_test`, what
    is tested on besides, and 0 is allowed."""
    sizes: tuple[int, int, int] | None = None
    """Printed numbers of training, validation and test images, for `published`; for `subject` those of
    validation and test, in place of fractions, as near as whole subjects allow."""
    without: list[Literal["train", "validation", "test"]] = Field(default=[])
    """Subsets that may be empty. By scheme `subject` they are: `[validation, test]` trains on all faces, as
    a part of D_unsup may, `[train, validation]` tests all. The study of memory needs every subset."""
    seed: int = Field(default=1, ge=0)
    """Seed of the choice of subjects."""

    @model_validator(mode="after")
    def _settings_go_together(self) -> SplitSettings:
        if self.scheme == "published" and self.sizes is None:
            raise ValueError("scheme 'published' needs 'sizes', the printed numbers of images")
        if self.scheme == "leave_one_out" and self.folds is None:
            raise ValueError("scheme 'leave_one_out' needs 'folds', the number of the data set's subjects")
        if self.sizes is not None and (self.folds is not None or self.scheme not in ("published", "subject")):
            raise ValueError("'sizes' are for the schemes 'published' and 'subject', without 'folds'")
        if self.without and (self.folds is not None or self.sizes is not None or self.scheme == "published"):
            raise ValueError(
                "'without' goes with fractions or with the owners' subsets, without folds and sizes"
            )
        if len(set(self.without)) == 3:
            raise ValueError("'without' leaves no subset")
        if self.folds is not None and self.scheme not in ("subject", "leave_one_out"):
            raise ValueError("'folds' are for the schemes 'subject' and 'leave_one_out'")
        return self


class DatasetSettings(Strict):
    """One data set: where it is, how it is read, detected and split."""

    title: str
    """Its name in tables and figures."""
    reader: ReaderName
    """Which layout it has; `manifest` is a folder with a `manifest.csv`."""
    root: PathText | None = None
    """Its folder, relative to `data_root`; not for drawn faces."""
    options: dict[Name, str | float] = Field(default={})
    """What is chosen among the options of its reader, which docs/datasets.md lists."""
    links: list[PathText] = Field(default=[])
    """Folders outside its own that links in it may lead into; other links out of it are refused."""
    drawn: DrawnSettings | None = None
    """How to draw it, for reader `drawn`."""
    task: Literal[TARGET_TASKS] | None = "expression"  # type: ignore[valid-type]
    """What it is labelled with, and its subsets balanced by; a study of memory learns it. null: its faces
    serve without labels, and every one stands in a subset."""
    detect: bool = True
    """Whether faces are to be found in its images; false where they are published as cropped faces."""
    boxes: bool = False
    """Whether the boxes and eyes that its owners give take the place of detection. An image without them is
    treated as `detect` says."""
    split: SplitSettings = SplitSettings()
    """Its subsets."""
    shards: int = Field(default=1, ge=1, le=1000)
    """How many jobs extract its embeddings, each those of a part of its faces; as many prepare the faces
    where they are stored as JPEG (`general.faces.store`)."""
    published: str | None = None
    """Its name in the published tables, if it is that very data set."""
    show_faces: bool = False
    """Whether its licence allows its faces in figures (drawn or CC BY)."""
    source: str = ""
    """Where it is requested or published, for the error message when it is missing and for the cards."""

    @model_validator(mode="after")
    def _reader_has_what_it_needs(self) -> DatasetSettings:
        if (self.reader == "drawn") != (self.drawn is not None):
            raise ValueError("'drawn' settings and reader 'drawn' go together: give both or neither")
        if (self.reader == "drawn") == (self.root is not None):
            raise ValueError("every reader but 'drawn' needs 'root', the data set's folder")
        if self.reader == "drawn" and self.options:
            raise ValueError("'options' are a reader's; 'drawn' has none")
        return self


class FacesSettings(Strict):
    """How faces are detected, aligned and stored."""

    detector: Literal["haar", "yunet"] = "haar"
    """OpenCV's Haar cascades, or YuNet where its model file is at hand."""
    yunet_model: PathText | None = None
    """Path of YuNet's ONNX file."""
    size: int = Field(default=48, ge=24, le=512)
    """Width and height of a stored face in pixels."""
    colour: Literal["grey", "rgb"] = "grey"
    """Channels of a stored face."""
    margin: float = Field(default=0.1, ge=0.0, le=1.0)
    """What is kept around the detected face on each side, as a fraction of its width."""

    @model_validator(mode="after")
    def _yunet_has_its_model(self) -> FacesSettings:
        if self.detector == "yunet" and not self.yunet_model:
            raise ValueError("detector 'yunet' needs 'yunet_model', the path of its ONNX file")
        return self


class StoreSettings(Strict):
    """How faces lie on the disk."""

    format: Literal["array", "jpeg"] = "array"
    """`array`: one array a data set, as it is, written by one job: fastest, and exact. `jpeg`: JPEG bytes in
    as many shards as the data set's `shards` says, each written by a job of its own. For millions of faces:
    a tenth of the disk, read in blocks and decoded as they are needed (docs/store.md)."""
    quality: int = Field(default=95, ge=50, le=100)
    """Quality of the JPEG."""


class GeneralFacesSettings(FacesSettings):
    """How the general study's faces are detected, aligned and stored: in colour and more loosely cropped."""

    colour: Literal["grey", "rgb"] = "rgb"
    """Channels of a stored face. It must be `rgb`: an encoder that wants grey makes it itself."""
    margin: float = Field(default=0.25, ge=0.0, le=1.0)
    """What is kept around the detected face on each side, as a fraction of its width."""
    store: StoreSettings = StoreSettings()


class CropSettings(Strict):
    """How faces are cut out of the images again for an imported encoder, by the detection that is stored.

    A network knows most of faces that are cut out as those were that it learnt from.
    """

    margin: float = Field(default=0.0, ge=0.0, le=1.0)
    """What is kept around the detected face on each side, as a fraction of its width."""
    align: Literal["eyes", "box", "five_points"] = "eyes"
    """`eyes`: turned and scaled so that the eyes lie at fixed places, as stored faces are. `box`: the square
    around the detected box, upright. `five_points`: eyes, nose and corners of the mouth as near as a
    similarity can bring them to the places that InsightFace's networks learnt (112 pixels, margin 0); only
    YuNet finds all five, with Haar the eyes alone are brought there."""
