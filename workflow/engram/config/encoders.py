"""Settings of the general study's source encoders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from engram.config.base import Name, PathText, Strict
from engram.config.data import CropSettings
from engram.config.registered import ArchitectureName
from engram.config.training import TrainingSettings
from engram.core.labels import TARGET_TASKS
from engram.core.paths import GENERAL_CROP, encoder_crop

__all__ = ["EncoderSettings", "ImportedSettings", "Pairs"]

#: How many pairs, or those of the data set's owners.
Pairs = Annotated[int, Field(ge=20)] | Literal["official"]

_Task = Literal[TARGET_TASKS]  # type: ignore[valid-type]


def _within_unit(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError("it is taken from faces in [0, 1], so it lies in [0, 1]. Divide it by 255")
    return value


def _divides(value: float) -> float:
    if not 0 < value <= 2:
        raise ValueError(
            "faces in [0, 1] are divided by it, so it lies above 0 and at most at 2. Divide one of 255 by 255"
        )
    return value


_Mean = Annotated[float, AfterValidator(_within_unit)]
_Deviation = Annotated[float, AfterValidator(_divides)]
#: Settings of an encoder that only its training here depends on.
_OF_TRAINING = ("architecture", "width", "training", "seed", "scratch")


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
    """The module (torchvision, timm) or the tensor (ONNX: an output or any inner one) that gives the
    embedding; by default the last module or output. A map is averaged over its places."""
    mean: tuple[_Mean, ...] = (0.5, 0.5, 0.5)
    """What is subtracted from each channel of a face in [0, 1]: 122.8 of 255 is 0.4816."""
    std: tuple[_Deviation, ...] = (0.5, 0.5, 0.5)
    """What each channel is divided by then; 1/255 = 0.00392 where a network wants values up to 255."""

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

    task: _Task | Annotated[list[_Task], Field(min_length=1)] | None = None
    """What it knows: the task that it is trained on here. Of an imported encoder the task that it is tested
    on with `dataset`, or a list of several; what it is called besides, such as landmarks, is its name."""
    dataset: Name | None = None
    """The data set that it is trained on; for an imported encoder, one to test its task on, or none."""
    embedding: int = Field(ge=2)
    """Values of its embedding."""
    size: int = Field(default=48, ge=16, le=1024)
    """Side in pixels of the face that it is given."""
    crop: CropSettings | None = None
    """How faces are cut out for an imported encoder, at its own `size`. By default it is given the faces that
    the study stores (`general.faces`), resized."""
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
    folds: int | None = Field(default=None, ge=3)
    """For `leave_one_out`: in how many folds the subjects are left out, as for targets."""
    pairs: Pairs = 6000
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

    @property
    def tasks(self) -> list[str]:
        """The tasks that it is trained or tested on; none where no data set is named."""
        if self.task is None or self.dataset is None:
            return []
        return [self.task] if isinstance(self.task, str) else list(self.task)

    @property
    def knows(self) -> str:
        """What it knows, in a word or several; nothing where no task is named."""
        tasks = [self.task] if isinstance(self.task, str) else self.task or []
        return ", ".join(tasks)

    @property
    def stored(self) -> str:
        """The folder of the stored faces that it is given, of each data set."""
        if self.crop is None:
            return GENERAL_CROP
        return encoder_crop(self.size, self.crop.align, self.crop.margin)

    @model_validator(mode="after")
    def _left_out_by_its_training(self) -> EncoderSettings:
        if self.protocol == "leave_one_out" and (self.imported is None or "identity" in self.tasks):
            raise ValueError(
                "protocol 'leave_one_out' is for imported encoders of other tasks than 'identity': one that "
                "is trained here has seen the subjects of its training subset"
            )
        return self

    @model_validator(mode="after")
    def _has_an_origin(self) -> EncoderSettings:
        if self.imported is None and self.dataset is None:
            raise ValueError("an encoder needs 'dataset' to be trained on, or 'imported'")
        if self.dataset is not None and self.task is None:
            raise ValueError("an encoder with 'dataset' needs 'task': what it is trained or tested on")
        if self.imported is None and not isinstance(self.task, str):
            raise ValueError("an encoder that is trained here learns one 'task'")
        if self.imported is None and self.crop is not None:
            raise ValueError(
                "'crop' is for imported encoders: one that is trained here learns from 'general.faces'"
            )
        if isinstance(self.task, list) and len(set(self.task)) != len(self.task):
            raise ValueError("a task stands there twice")
        if self.imported is not None:
            defaults = type(self).model_fields
            trained = [name for name in _OF_TRAINING if getattr(self, name) != defaults[name].default]
            if trained:
                raise ValueError(
                    f"it is imported, but has {', '.join(trained)}, which are for training here. Did it take "
                    "the name of an encoder of config/default.yaml? It then has its data set, task and "
                    "colour too: give it another name, and leave that one out (`name: null`)"
                )
            channels = 1 if self.colour == "grey" else 3
            if not len(self.imported.mean) == len(self.imported.std) == channels:
                raise ValueError(f"colour '{self.colour}' needs {channels} values of 'mean' and of 'std'")
        return self
