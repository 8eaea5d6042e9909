"""Settings of the general study."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from engram.config.base import Fraction, Name, Seeds, Strict
from engram.config.data import GeneralFacesSettings
from engram.config.encoders import EncoderSettings, Pairs
from engram.config.training import AugmentSettings, TrainingSettings, TuningSettings
from engram.core.labels import TARGET_TASKS

__all__ = [
    "FusionSettings",
    "GeneralSettings",
    "HeadSettings",
    "StudentSettings",
    "TargetSettings",
]

_Size = Annotated[int, Field(ge=1)]
_Task = Literal[TARGET_TASKS]  # type: ignore[valid-type]


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _allow_null(schema: dict[str, Any]) -> None:
    """Let the schema of a mapping allow null for what a configuration takes back."""
    patterns = schema["patternProperties"]
    schema["patternProperties"] = {
        pattern: {"anyOf": [value, {"type": "null"}]} for pattern, value in patterns.items()
    }


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
    folds: int | None = Field(default=None, ge=3)
    """For `leave_one_out`: in how many folds the subjects are left out, several at once, where one after
    another would train too many networks."""
    pairs: Pairs = 600
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
        if self.folds is not None and self.protocol != "leave_one_out":
            raise ValueError("'folds' are for protocol 'leave_one_out'")
        return self


class GeneralSettings(Strict):
    """The general study: encoders, fusion, students, targets."""

    seeds: Seeds | None = None
    """The seeds of this study; null: those of the run."""
    faces: GeneralFacesSettings = GeneralFacesSettings()
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
    baselines: list[Literal["constant", "hog"]] = Field(default=["constant"])
    """What tables show beside, to be held against. `constant` answers every face alike: the commonest class,
    the median, pairs as they come. `hog` is a linear model (logistic or ridge regression) on 100 principal
    components of histograms of gradients; it learns nothing deep."""
    targets: dict[Name, TargetSettings] = Field(min_length=1, json_schema_extra=_allow_null)
    """The targets by name, in the order of tables; null leaves out one that is configured."""
    unsolvable: Literal["leave_out", "stop"] = "leave_out"
    """What becomes of a target that cannot be solved with the data and splits that are there, such as
    verification with three test subjects. `leave_out`: tables have a line that says why, and classes that
    no training face has are not tested. `stop`: their check fails as soon as splits are there, and the run
    with it."""
    dtype: Literal["float16", "float32"] = "float32"
    """Number format of stored embeddings."""
    extraction_precision: Literal["auto", "bf16", "fp32"] = "fp32"
    """Number format that the encoders compute in when they embed faces, whatever `compute.precision` says of
    training: by default full precision, since fusion and students learn all that is in the embeddings."""
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
