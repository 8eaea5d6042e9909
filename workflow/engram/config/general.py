"""Settings of the general study."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from engram.config.base import Fraction, Name, PathText, Seeds, Strict
from engram.config.data import FacesSettings
from engram.config.registered import ArchitectureName
from engram.config.training import AugmentSettings, TrainingSettings, TuningSettings
from engram.core.labels import TARGET_TASKS

__all__ = [
    "EncoderSettings",
    "FusionSettings",
    "GeneralSettings",
    "HeadSettings",
    "ImportedSettings",
    "StudentSettings",
    "TargetSettings",
]

_Size = Annotated[int, Field(ge=1)]
_Pairs = Annotated[int, Field(ge=20)] | Literal["official"]
_Task = Literal[TARGET_TASKS]  # type: ignore[valid-type]


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _allow_null(schema: dict[str, Any]) -> None:
    """Let the schema of a mapping allow null for what a configuration takes back."""
    patterns = schema["patternProperties"]
    schema["patternProperties"] = {
        pattern: {"anyOf": [value, {"type": "null"}]} for pattern, value in patterns.items()
    }


class ImportedSettings(Strict):
    """An encoder that somebody else trained: a file, and what it wants to be given."""

    format: Literal["torchvision", "timm", "torchscript", "onnx"]
    """`torchvision` and `timm` name an architecture and take a safetensors file; the others are whole."""
    file: PathText
    """Path of the safetensors, TorchScript or ONNX file; environment variables are expanded."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """The file's SHA-256: another file is refused."""
    architecture: str | None = None
    """The architecture's name in torchvision or timm, such as `resnet50`."""
    layer: str | None = None
    """The module (torchvision, timm) or output (ONNX) that gives the embedding; by default the last."""
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    """What is subtracted from each channel of a face in [0, 1]."""
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    """What each channel is divided by then."""

    @property
    def path(self) -> Path:
        """The file, environment variables expanded."""
        return Path(os.path.expandvars(self.file))

    @property
    def trainable(self) -> bool:
        """Whether its parameters can be trained further: a program in a file is run as it is."""
        return self.format in ("torchvision", "timm")

    @model_validator(mode="after")
    def _architecture_goes_with_weights(self) -> ImportedSettings:
        if self.trainable != (self.architecture is not None):
            raise ValueError("formats 'torchvision' and 'timm', and only these, need 'architecture'")
        return self


class EncoderSettings(Strict):
    """One source encoder: trained here on a data set, or imported."""

    task: _Task
    """What it knows."""
    dataset: Name | None = None
    """The data set that it is trained on; for an imported encoder, one to test its task on, or none."""
    embedding: int = Field(ge=2)
    """Values of its embedding."""
    size: int = Field(default=48, ge=16, le=1024)
    """Side in pixels of the face that it is given."""
    colour: Literal["rgb", "bgr", "grey"] = "rgb"
    """Its channels and their order."""
    architecture: ArchitectureName = "resnet"
    """The network, if it is trained here."""
    width: int = Field(default=16, ge=1)
    """Channels of that network's first layer; the later ones have multiples of it."""
    training: TrainingSettings = TrainingSettings()
    """How it is trained here."""
    seed: int | None = None
    """Seed of its weights and batches, if it is trained here. By default the first of the study's seeds: a
    run has one of each encoder, so another one is another run."""
    imported: ImportedSettings | None = None
    """Where it comes from, if it is not trained here."""
    protocol: Literal["split", "leave_one_out"] = "split"
    """How its own task is tested, as for targets: `leave_one_out` for an imported encoder, whose training
    has seen none of the data set. Task `identity` is tested by pairs."""
    pairs: _Pairs = 6000
    """For task `identity`: how many pairs test it, all ten folds together, where there are so many;
    `official` takes those of its owners."""
    trained_faces: int | None = Field(default=None, ge=20)
    """For task `identity`: at most so many faces, whole subjects, are learnt from by students that are
    fine-tuned on its task; by default all. The encoder itself always learns from all."""
    scratch: bool = False
    """Whether the student's architecture is trained on its task from random weights too (CNN): what a
    student would know of it without a teacher. Meant for sources far from faces, such as objects."""
    published: str | None = None
    """Its task's name in the published tables, if it is that very one."""

    @model_validator(mode="after")
    def _left_out_by_its_training(self) -> EncoderSettings:
        if self.protocol == "leave_one_out" and (self.imported is None or self.task == "identity"):
            raise ValueError(
                "protocol 'leave_one_out' is for imported encoders of other tasks than 'identity': one that "
                "is trained here has seen the subjects of its training subset"
            )
        return self

    @model_validator(mode="after")
    def _has_an_origin(self) -> EncoderSettings:
        if self.imported is None and self.dataset is None:
            raise ValueError("an encoder needs 'dataset' to be trained on, or 'imported'")
        if self.imported is not None:
            channels = 1 if self.colour == "grey" else 3
            if not len(self.imported.mean) == len(self.imported.std) == channels:
                raise ValueError(f"colour '{self.colour}' needs {channels} values of 'mean' and of 'std'")
        return self


class FusionSettings(Strict):
    """How the source embeddings are fused (section 3.2 of Vielzeuf et al. 2019)."""

    hidden: Annotated[list[_Size], Field(min_length=1)] | None = None
    """Sizes of the encoder's layers, the embedding h_G last. By default each is 4/7 of the one
    before, three times: 5488-3136-1792-1024 at the published scale."""
    sizes: list[_Size] = Field(default=[])
    """Other sizes of h_G, for the figure of its size. The layers before it have other sizes then, too: as
    many as h_G's encoder has, each the same fraction of the one before."""
    noise: float = Field(default=0.3, ge=0.0)
    """Standard deviation of the denoising autoencoder's Gaussian noise."""
    kl: float | None = Field(default=None, ge=0.0)
    """Weight of the variational autoencoder's Kullback-Leibler term, the mean over the d values of h_G,
    beside the mean squared error of the T source values. By default 2 d / T, which makes the loss the
    evidence bound for noise of variance 1. For noise of variance s it is 2 d s / T; near 0 the network is an
    autoencoder."""
    balance: bool = False
    """Whether an autoencoder is fitted besides that gives every source embedding the same weight. Equation 3
    gives it to every value: of 5,488 values two encoders have 4,096, and expression has 112."""
    training: TrainingSettings = TrainingSettings()
    """How the autoencoders are trained."""


class StudentSettings(Strict):
    """The student: a ResNet-18 with a projection (section 3.3)."""

    width: int = Field(default=27, ge=4)
    """Channels of its first layer; 27 with a projection to 1,024 has 2,216,023 parameters."""
    size: int = Field(default=48, ge=16, le=1024)
    """Side in pixels of the face that it is given."""
    teacher_dropping: Fraction = 0.5
    """For `unic`: chance that a face's best reproduced teachers are left out of its loss."""
    training: TrainingSettings = TrainingSettings()
    """How it learns from the teacher on the unlabelled faces."""
    tuning: TuningSettings = TuningSettings()
    """How networks (CNN, P-CNN, fine-tuned students) are trained on a target."""


class HeadSettings(Strict):
    """The multi-layer perceptron on a frozen embedding, or on top of a network."""

    hidden: int = Field(default=256, ge=2)
    """Units of its hidden layer."""
    dropout: float = Field(default=0.2, ge=0.0, lt=1.0)
    """Dropout after it."""
    training: TrainingSettings = TrainingSettings()
    """How heads on frozen embeddings are trained."""


class TargetSettings(Strict):
    """A target: a task on a data set."""

    dataset: Name
    """The data set."""
    task: _Task
    """The task; `identity` is verification by pairs."""
    title: str = ""
    """Its name in tables; by default its key."""
    protocol: Literal["split", "leave_one_out", "pairs"] = "split"
    """`split`: the data set's subsets. `leave_one_out`: each subject tested by a model that has not
    seen them. `pairs`: the same subject or not, in ten folds, for task `identity`."""
    pairs: _Pairs = 600
    """For `pairs`: how many, all folds together, half of them of the same subject. `official`: those of the
    data set's owners in their folds, as view 2 of LFW; their subjects must be in the test subset."""
    trained_on: Name | None = None
    """For `pairs`: another data set in whose training subset networks learn to tell subjects apart, and whose
    faces scale embeddings and choose encoders. By default the data set's own."""
    trained_faces: int | None = Field(default=None, ge=20)
    """For `pairs`: at most so many training faces, whole subjects, are learnt from; by default all."""
    published: str | None = None
    """Its name in the published tables, if it is that very task."""
    stands_for: str | None = None
    """The published task that it stands in for."""
    note: str = ""
    """What tables say of it, such as where its protocol may differ from the published one."""

    @model_validator(mode="after")
    def _protocol_fits_task(self) -> TargetSettings:
        if self.protocol != "pairs" and (self.trained_on or self.trained_faces):
            raise ValueError("'trained_on' and 'trained_faces' go with protocol 'pairs'")
        if self.trained_on == self.dataset:
            raise ValueError("'trained_on' names the target's own data set; leave it out")
        if (self.task == "identity") != (self.protocol == "pairs"):
            raise ValueError("task 'identity' and protocol 'pairs' go together")
        return self


class GeneralSettings(Strict):
    """The general study: encoders, fusion, students, targets."""

    seeds: Seeds | None = None
    """The seeds of this study; null: those of the run."""
    faces: FacesSettings = FacesSettings(size=48, colour="rgb", margin=0.25)
    """How its faces are detected, aligned and stored: in colour and more loosely cropped."""
    encoders: dict[Name, EncoderSettings] = Field(min_length=2, max_length=10, json_schema_extra=_allow_null)
    """The source encoders by name, in the order of tables; null leaves out one that is configured."""
    unsupervised: Annotated[
        list[Name],
        Field(min_length=1),
        BeforeValidator(_as_list, json_schema_input_type=Name | list[Name]),
    ]
    """The data sets of unlabelled faces (D_unsup): fusion and distillation learn on them together. The name
    of one stands for a list of it. One may lack a subset that another has (`datasets.NAME.split.without`)."""
    fusion: FusionSettings = FusionSettings()
    student: StudentSettings = StudentSettings()
    students: list[Name] = Field(default=["unique", "mt", "unic"])
    """`unique` learns h_G; `mt` the source embeddings through a decoder, in one step; `unic` the source
    embeddings directly, by several heads (Sariyildiz et al. 2024). All kinds: `STUDENTS` in
    `workflow/engram/studies/general/methods.py`."""
    head: HeadSettings = HeadSettings()
    targets: dict[Name, TargetSettings] = Field(min_length=1, json_schema_extra=_allow_null)
    """The targets by name, in the order of tables; null leaves out one that is configured."""
    unsolvable: Literal["leave_out", "stop"] = "leave_out"
    """What becomes of a target that cannot be solved with the data and splits that are there, such as
    verification with three test subjects. `leave_out`: tables have a line that says why, and classes that
    no training face has are not tested. `stop`: their check fails as soon as splits are there, and the run
    with it."""
    dtype: Literal["float16", "float32"] = "float32"
    """Number format of stored embeddings."""
    top: int = Field(default=5, ge=1)
    """How many of the kernel's best subsets are followed by their networks."""
    augment: AugmentSettings = AugmentSettings()
    """Random changes of the faces that networks are trained on."""

    @field_validator("encoders", "targets", mode="before")
    @classmethod
    def _null_leaves_out(cls, given: Any) -> Any:
        """Drop what a configuration that is merged over another one takes back."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}

    @model_validator(mode="after")
    def _students_learn_from_something(self) -> GeneralSettings:
        twice = [name for name in self.unsupervised if self.unsupervised.count(name) > 1]
        if twice:
            raise ValueError(f"unsupervised: '{twice[0]}' stands there twice")
        if "unique" not in self.students:
            raise ValueError("students: 'unique' is the study's own and must be among them")
        if self.faces.colour != "rgb":
            raise ValueError("faces.colour must be 'rgb': an encoder that wants grey makes it itself")
        return self
