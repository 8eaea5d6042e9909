"""The jobs that train and evaluate the memory study's networks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from engram.config import NetworkSettings, RecipeSettings, Settings
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.data.jobs import SplitCheckParams, store_files
from engram.runtime.job_spec import JobSpec
from engram.studies.lineage.jobs import (
    EvaluationParams,
    StageParams,
    Workplace,
    evaluation_spec,
    stage_specs,
)
from engram.studies.lineage.trials import datasets_in_use, stage_inputs

__all__ = ["MemoryStageParams", "evaluation_params", "memory_evaluation", "memory_stages", "memory_workplace"]


class MemoryStageParams(StageParams):
    """What training stages of the memory study depends on."""

    recipes: dict[str, RecipeSettings]
    network: NetworkSettings
    channels: Literal[1, 3]
    """Channels of a stored face."""
    size: int
    """Width and height of a stored face in pixels."""

    @classmethod
    def from_settings(
        cls, settings: Settings, names: Sequence[str], seeds: Sequence[int]
    ) -> MemoryStageParams:
        """Pick them for the job that trains some lineages for some seeds."""
        memory, chosen = settings.memory, list(map(Lineage.parse, names))
        return cls(
            results=settings.results,
            compute=settings.compute,
            lineages=list(names),
            seeds=list(seeds),
            recipes={name: memory.recipe[name] for name in sorted({each.stage.recipe for each in chosen})},
            tasks={name: settings.datasets[name].task for name in stage_inputs(chosen)},
            network=memory.network,
            channels=1 if settings.faces.colour == "grey" else 3,
            size=settings.faces.size,
        )

    def network_arguments(self) -> dict[str, Any]:
        """Return the arguments of `engram.models.vgg.VGG`."""
        return {**self.network.model_dump(), "channels": self.channels, "size": self.size}


def evaluation_params(settings: Settings, dataset: str) -> EvaluationParams:
    """Return what the predictions on a data set depend on."""
    chosen = memory_workplace(settings, Layout(Path(settings.results))).evaluated(dataset)
    return EvaluationParams(
        results=settings.results,
        compute=settings.compute,
        dataset=dataset,
        task=settings.datasets[dataset].task,
        lineages=list(map(str, chosen)),
        seeds=settings.seeds_of("memory"),
    )


def memory_split_check(settings: Settings, layout: Layout) -> JobSpec:
    """Return the check of all splits that every training waits for."""
    names = datasets_in_use(settings)
    return JobSpec(
        name="check_splits",
        inputs={"splits": [layout.split(name) for name in names]},
        outputs={"report": layout.root / "data" / "splits.json"},
        log=layout.logs / "check_splits.log",
        params=SplitCheckParams.from_settings(settings, names),
        priority=100,
    )


def memory_stages(settings: Settings, layout: Layout) -> list[JobSpec]:
    """Return the rules that train every model of the study."""
    return stage_specs(memory_workplace(settings, layout), partial(MemoryStageParams.from_settings, settings))


def memory_evaluation(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that evaluates every model on a data set, the wildcard ``dataset``."""
    return evaluation_spec(memory_workplace(settings, layout), partial(evaluation_params, settings))


def memory_workplace(settings: Settings, layout: Layout) -> Workplace:
    """Return what the study's jobs need besides its settings."""

    def store(name: str) -> list[Path]:
        return store_files(layout.faces(name))

    return Workplace.from_settings(settings, settings.memory, settings.seeds_of("memory"), layout, store)
