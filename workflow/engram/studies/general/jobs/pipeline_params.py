"""What the jobs up to frozen representations depend on: a class a kind of job.

Headings and ``published`` stand in none of them, so that these retrain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from engram.config import (
    AugmentSettings,
    ComputeParams,
    EncoderSettings,
    ImportedSettings,
    Settings,
    TrainingSettings,
)
from engram.config.base import JobParams, Strict
from engram.studies.general.methods import find_student
from engram.studies.general.operators import embedding_sizes, find_operator, fused_sizes
from engram.studies.general.plan import represented, shown_datasets, target_datasets
from engram.studies.general.settings import general_settings

__all__ = [
    "CheckParams",
    "EncoderParams",
    "EncoderUse",
    "ExtractionParams",
    "OperatorChoice",
    "OperatorParams",
    "ProjectionParams",
    "RepresentParams",
    "StudentParams",
    "UnlabelledParams",
]


#: Defaults of an encoder's settings that its training does not depend on.
_UNTRAINED = {
    name: EncoderSettings.model_fields[name].default
    for name in ("published", "protocol", "pairs", "trained_faces", "scratch", "seed", "crop", "folds")
}


class EncoderParams(ComputeParams):
    """What the training of a source encoder depends on."""

    name: str
    encoder: EncoderSettings
    hidden: int
    """Units of its head's hidden layer."""
    dropout: float
    """Dropout after that layer."""
    augment: AugmentSettings
    seed: int

    @classmethod
    def from_settings(cls, settings: Settings, name: str) -> EncoderParams:
        """Pick what encoder ``name`` depends on."""
        general = general_settings(settings)
        encoder = general.encoders[name]
        return cls(
            results=settings.results,
            compute=settings.compute,
            name=name,
            # Its name in the published tables and its test retrain nothing; its seed stands beside.
            encoder=encoder.model_copy(update=_UNTRAINED),
            hidden=general.head.hidden,
            dropout=general.head.dropout,
            augment=general.augment,
            seed=settings.seeds_of("general")[0] if encoder.seed is None else encoder.seed,
        )


class EncoderUse(Strict):
    """What it takes to run an encoder; see `EncoderSettings`."""

    embedding: int
    size: int
    colour: Literal["rgb", "bgr", "grey"]
    stored: str
    """The folder of the faces that it is given."""
    imported: ImportedSettings | None

    @classmethod
    def from_settings(cls, encoder: EncoderSettings) -> EncoderUse:
        """Leave out what only its training depends on."""
        return cls(**{name: getattr(encoder, name) for name in cls.model_fields})


class CheckParams(ComputeParams):
    """What the check of an imported encoder depends on."""

    name: str
    encoder: EncoderUse

    @classmethod
    def from_settings(cls, settings: Settings, name: str) -> CheckParams:
        """Pick what the check of encoder ``name`` depends on."""
        encoder = EncoderUse.from_settings(general_settings(settings).encoders[name])
        return cls(results=settings.results, compute=settings.compute, name=name, encoder=encoder)


class ExtractionParams(ComputeParams):
    """What a shard of a data set's embeddings depends on."""

    dataset: str
    shard: int
    shards: int
    dtype: Literal["float16", "float32"]
    encoders: dict[str, EncoderUse]
    """Encoders that share an input size, by name."""

    @classmethod
    def from_settings(
        cls, settings: Settings, dataset: str, shard: int, encoders: Sequence[str]
    ) -> ExtractionParams:
        """Pick what a shard of the embeddings by ``encoders`` depends on."""
        general = general_settings(settings)
        return cls(
            results=settings.results,
            compute=settings.compute.model_copy(update={"precision": general.extraction_precision}),
            dataset=dataset,
            shard=shard,
            shards=settings.datasets[dataset].shards,
            dtype=general.dtype,
            encoders={name: EncoderUse.from_settings(general.encoders[name]) for name in encoders},
        )


class UnlabelledParams(ComputeParams):
    """What every job depends on that learns from the unlabelled faces (D_unsup)."""

    datasets: dict[str, int]
    """Data set -> shards of its embeddings; D_unsup is their faces together, in this order."""
    encoders: dict[str, int]
    """Encoder -> values of its embedding, in the order of concatenation."""
    dtype: Literal["float16", "float32"]
    """Number format of the stored embeddings."""

    @classmethod
    def pick(cls, settings: Settings) -> dict[str, Any]:
        """Return these fields of a configuration."""
        return {
            "results": settings.results,
            "compute": settings.compute,
            "datasets": {
                name: settings.datasets[name].shards for name in general_settings(settings).unsupervised
            },
            "encoders": embedding_sizes(general_settings(settings)),
            "dtype": general_settings(settings).dtype,
        }


class OperatorChoice(Strict):
    """An operator with the settings that it is built and trained with."""

    name: str
    fitting: Literal["nothing", "components", "training"]
    network: dict[str, Any]
    """``kind``, ``sizes`` from T to d, and the network's options."""
    loss: dict[str, float]
    """Arguments of its loss."""
    balanced: bool
    """Whether every source embedding has the same weight in its loss, and not every value."""


class OperatorParams(UnlabelledParams):
    """What some operators, each fitted for some seeds, depend on."""

    operators: list[OperatorChoice]
    seeds: list[int]
    training: TrainingSettings

    @classmethod
    def from_settings(
        cls, settings: Settings, operators: Sequence[str], seeds: Sequence[int]
    ) -> OperatorParams:
        """Pick what the operators of a job depend on.

        Raises
        ------
        ConfigurationError
            If the configuration fits no such operator.
        """
        general = general_settings(settings)
        chosen = [
            OperatorChoice(
                name=name,
                fitting=operator.fitting,
                network=operator.network_settings(general),
                loss=operator.loss_settings(general),
                balanced=operator.balanced,
            )
            for name, operator in ((name, find_operator(general, name)) for name in operators)
        ]
        return cls(
            **cls.pick(settings), operators=chosen, seeds=list(seeds), training=general.fusion.training
        )


class StudentParams(UnlabelledParams):
    """What the training of a student depends on."""

    kind: str
    seed: int
    layers: list[int]
    """Sizes of the fusing encoder's layers, from all embeddings together to h_G."""
    width: int
    size: int
    teacher_dropping: float
    training: TrainingSettings
    decoding: TrainingSettings
    """How the decoder is trained that tells what its embedding holds: as the fusing autoencoders are."""
    augment: AugmentSettings

    @classmethod
    def from_settings(cls, settings: Settings, kind: str, seed: int) -> StudentParams:
        """Pick what the student ``kind`` depends on; its fine-tuning is none of it."""
        general, student = general_settings(settings), general_settings(settings).student
        return cls(
            **cls.pick(settings),
            kind=find_student(kind).kind,
            seed=seed,
            layers=fused_sizes(general),
            width=student.width,
            size=student.size,
            teacher_dropping=student.teacher_dropping,
            training=student.training,
            decoding=general.fusion.training,
            augment=general.augment,
        )


class RepresentParams(ComputeParams):
    """What the representations of a data set's faces depend on."""

    dataset: str
    encoders: dict[str, int]
    dtype: Literal["float16", "float32"]
    representations: list[str]
    students: list[str]
    """Those representations that are students' embeddings."""
    seeds: list[int]

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> RepresentParams:
        """Pick what the representations of ``dataset`` depend on."""
        general = general_settings(settings)
        return cls(
            results=settings.results,
            compute=settings.compute,
            dataset=dataset,
            encoders=embedding_sizes(general),
            dtype=general.dtype,
            representations=[found.name for found in represented(general)],
            students=[found.name for found in represented(general) if found.by_student],
            seeds=settings.seeds_of("general"),
        )


class ProjectionParams(JobParams):
    """What nearest faces and the map of faces depend on."""

    datasets: list[str]
    """The targets' data sets, whose faces are on the map."""
    shown: list[str]
    """Those whose faces may be shown as neighbours."""
    seeds: list[int]

    @classmethod
    def from_settings(cls, settings: Settings) -> ProjectionParams:
        """Pick what the figures' faces depend on."""
        return cls(
            results=settings.results,
            datasets=target_datasets(general_settings(settings)),
            shown=shown_datasets(general_settings(settings), settings.datasets),
            seeds=settings.seeds_of("general"),
        )
