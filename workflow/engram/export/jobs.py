"""What the export of the student depends on, and its rule. Torch-free: rules import it to plan."""

from __future__ import annotations

from typing import Literal

from engram.config import DrawnSettings, FacesSettings, Settings, TrainingSettings
from engram.config.base import JobParams, Strict
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.shard_jobs import stored_files
from engram.runtime.job_spec import JobSpec
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.methods import MAIN_STUDENT
from engram.studies.general.plan import export_files
from engram.studies.general.settings import general_settings
from engram.studies.general.task_plan import GeneralTask, general_tasks

__all__ = ["ExportParams", "ExportedData", "ExportedEncoder", "ExportedTask", "export_spec"]


class ExportedEncoder(Strict):
    """What the card says of an encoder that the student's teacher fuses."""

    name: str
    task: str
    embedding: int
    origin: str
    """Title of the data set that it was trained on, or ``imported``."""


class ExportedData(Strict):
    """What the card says of the student's training faces."""

    name: str
    title: str
    source: str
    drawn: DrawnSettings | None


class ExportedTask(Strict):
    """A row of the card's results."""

    name: str
    title: str
    data: str
    metric: str
    digits: int


class ExportParams(JobParams):
    """What the exported student, its preprocessing and its card depend on."""

    seeds: list[int]
    checked: str
    """The data set on whose faces the formats are compared: that of the first target."""
    checked_title: str
    faces: FacesSettings
    detector: Literal["haar", "yunet", "none"]
    """What found the faces that the student learnt from; `none` only if none of them were searched for."""
    width: int
    training: TrainingSettings
    data: list[ExportedData]
    encoders: list[ExportedEncoder]
    tasks: list[ExportedTask]
    confidence: float

    @classmethod
    def from_settings(cls, settings: Settings) -> ExportParams:
        """Describe the student of the general study, its teacher, its data and the targets."""
        general = general_settings(settings)
        data = {name: settings.datasets[name] for name in general.unsupervised}
        targets = [item for item in general_tasks(general) if item.role == "target"]
        return cls(
            results=settings.results,
            seeds=settings.seeds_of("general"),
            checked=targets[0].dataset,
            checked_title=settings.datasets[targets[0].dataset].title,
            faces=general.faces,
            detector=general.faces.detector if any(each.detect for each in data.values()) else "none",
            width=general.student.width,
            training=general.student.training,
            data=[
                ExportedData(name=name, **each.model_dump(include={"title", "source", "drawn"}))
                for name, each in data.items()
            ],
            encoders=[_describe_encoder(settings, name) for name in general.encoders],
            tasks=[_describe_task(settings, item) for item in targets],
            confidence=settings.evidence.confidence,
        )


def _describe_encoder(settings: Settings, name: str) -> ExportedEncoder:
    encoder = general_settings(settings).encoders[name]
    trained_on = None if encoder.imported else encoder.dataset
    origin = "imported" if trained_on is None else settings.datasets[trained_on].title
    return ExportedEncoder(name=name, task=encoder.knows or name, embedding=encoder.embedding, origin=origin)


def _describe_task(settings: Settings, item: GeneralTask) -> ExportedTask:
    metric = metric_of(item)
    return ExportedTask(
        name=item.name,
        title=item.title,
        data=settings.datasets[item.dataset].title,
        metric=f"{metric.name}, {metric.unit}" if metric.unit else metric.name,
        digits=metric.digits,
    )


def export_spec(settings: Settings) -> JobSpec:
    """Return the rule that exports the student with the best validation score."""
    layout, params = Layout.from_settings(settings), ExportParams.from_settings(settings)
    students = [layout.student(MAIN_STUDENT.kind, seed) for seed in settings.seeds_of("general")]
    return JobSpec(
        name="export_student",
        inputs={
            "students": [folder / "model.safetensors" for folder in students],
            "records": [folder / "record.json" for folder in students],
            "faces": stored_files(settings, layout, params.checked, GENERAL_CROP),
            "detection": [layout.faces_record(each.name, GENERAL_CROP) for each in params.data],
            "transfer": [layout.tables / "general_transfer.csv"],
        },
        outputs={"files": export_files(layout)},
        log=layout.logs / "export_student.log",
        params=params,
    )
