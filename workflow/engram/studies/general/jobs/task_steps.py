"""The steps that solve a task (subset search, probe, finetune), each with all that it depends on.

Titles and ``published`` stand in none of them, so that these retrain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from engram.config import (
    AugmentSettings,
    ComputeParams,
    GeneralSettings,
    HeadSettings,
    TrainingSettings,
    TuningSettings,
)
from engram.config.base import Strict
from engram.core.errors import ConfigurationError
from engram.studies.general.jobs.pipeline_params import EncoderUse
from engram.studies.general.methods import Method
from engram.studies.general.operators import embedding_sizes, fused_sizes
from engram.studies.general.plan import finetune_methods, probe_methods, trainable_encoders
from engram.studies.general.task_plan import GeneralTask, Task, general_tasks

__all__ = [
    "FinetuneStep",
    "ProbeStep",
    "SearchStep",
    "Step",
    "TaskParams",
    "find_task",
    "finetune_step",
    "probe_step",
    "search_step",
]


class _OnEmbeddings(Strict):
    """What heads on stored embeddings depend on."""

    head: HeadSettings
    encoders: dict[str, int]
    """Encoder -> values of its embedding, in the order of the embeddings' files."""
    dtype: str
    """Number format of stored embeddings."""


class SearchStep(_OnEmbeddings):
    """Score every subset of the encoders and solve the task by the best."""

    step: Literal["search"] = "search"
    top: int
    """How many of the kernel's best subsets are followed by their networks."""
    trainable: list[str]
    """The encoders that P-CNN can start from."""


class ProbeStep(_OnEmbeddings):
    """Train heads on frozen embeddings."""

    step: Literal["probe"] = "probe"
    methods: dict[str, Literal["nothing", "pixels", "encoder", "embeddings", "representation"]]
    """Method -> what its heads read."""
    own_head: bool
    """Whether the task is that of an encoder trained here, which predicts by its own head."""
    fused: list[int]
    """Hidden layers of a head on all embeddings: those of the fusing encoder."""


class FinetuneStep(Strict):
    """Train whole networks."""

    step: Literal["finetune"] = "finetune"
    methods: dict[str, Literal["nothing", "encoder", "student"]]
    """Method -> what its network starts from."""
    width: int
    """Channels of the student's first layer: CNN has its architecture."""
    size: int
    """Side in pixels of the student's faces."""
    embedding: int
    """Values of the student's embedding."""
    hidden: int
    """Units of the new head's hidden layer."""
    dropout: float
    recipe: TuningSettings
    head_training: TrainingSettings
    """How the head alone is trained first, on the frozen embedding."""
    augment: AugmentSettings
    encoders: dict[str, EncoderUse]
    """The encoders that P-CNN may start from, in the order of their files."""


Step = Annotated[SearchStep | ProbeStep | FinetuneStep, Field(discriminator="step")]


class TaskParams(ComputeParams):
    """What solving a task depends on."""

    task: Task
    seeds: list[int]
    steps: list[Step]
    unsolvable: Literal["leave_out", "stop"]
    """Whether the job of a task that cannot be solved writes that, or fails."""


def find_task(general: GeneralSettings, name: str) -> GeneralTask:
    """Return a task by its name.

    Raises
    ------
    ConfigurationError
        If the settings have no such task.
    """
    known = {task.name: task for task in general_tasks(general)}
    if name not in known:
        raise ConfigurationError(f"there is no task '{name}'. Known: {', '.join(known)}.")
    return known[name]


def _on_embeddings(general: GeneralSettings, names: Sequence[str]) -> dict[str, Any]:
    sizes = {name: size for name, size in embedding_sizes(general).items() if name in names}
    return {"head": general.head, "encoders": sizes, "dtype": general.dtype}


def search_step(general: GeneralSettings, task: GeneralTask) -> SearchStep:
    """Return the subset search for a target."""
    return SearchStep(
        **_on_embeddings(general, list(general.encoders)),
        top=general.top,
        trainable=trainable_encoders(general),
    )


def probe_step(general: GeneralSettings, task: GeneralTask) -> ProbeStep:
    """Return the probes of a task, by all methods on frozen embeddings."""
    methods = {method.name: method.reads for method in probe_methods(general, task)}
    own = task.encoder if "encoder" in methods.values() else None
    own_head = own is not None and task.protocol != "pairs" and general.encoders[own].imported is None
    read = list(general.encoders) if "embeddings" in methods.values() else []
    return ProbeStep(
        **_on_embeddings(general, [own] if own is not None and not own_head else read),
        methods=methods,
        own_head=own_head,
        fused=fused_sizes(general)[1:],
    )


def finetune_step(general: GeneralSettings, task: GeneralTask, names: Sequence[str] = ()) -> FinetuneStep:
    """Return the training of a task's networks, of all or of those by the methods in ``names``.

    Raises
    ------
    ConfigurationError
        If a method trains no network for the task.
    """
    known = {method.name: method for method in finetune_methods(general, task)}
    if unknown := sorted(set(names) - set(known)):
        raise ConfigurationError(
            f"method '{unknown[0]}' trains no network for task '{task.name}'. There are: {', '.join(known)}."
        )
    chosen: list[Method] = [known[name] for name in names or known]
    student = general.student
    encoders = {name: EncoderUse.from_settings(encoder) for name, encoder in general.encoders.items()}
    return FinetuneStep(
        methods={method.name: method.reads for method in chosen},
        width=student.width,
        size=student.size,
        embedding=fused_sizes(general)[-1],
        hidden=general.head.hidden,
        dropout=general.head.dropout,
        recipe=student.tuning,
        head_training=general.head.training,
        augment=general.augment,
        encoders=encoders if any(method.reads == "encoder" for method in chosen) else {},
    )
