"""The jobs that train and evaluate the models of a study of lineages; torch-free, for the rules.

One job trains a stage or a family of stages, for one seed or several, one after another:
`compute.job` and `compute.seeds_per_job` make short stages worth the start of a process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import SerializeAsAny

from engram.config import ComputeParams, Settings, StageRecipe
from engram.config.base import Strict
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.runtime.job_spec import Files, JobSpec
from engram.studies.lineage.folds import Folds, folds_of, models
from engram.studies.lineage.trials import (
    StudySettings,
    Trial,
    families,
    stage_inputs,
    sweep_points,
    trials,
)

__all__ = [
    "EvaluationParams",
    "StageParams",
    "Workplace",
    "evaluation_spec",
    "parents_of",
    "stage_spec",
    "stage_specs",
]


class StageParams(ComputeParams):
    """What training stages depends on; a study adds what its networks are built of."""

    lineages: list[str]
    """The models that the job trains, each for every seed; a model of a fold names the fold."""
    seeds: list[int]
    recipes: Mapping[str, StageRecipe]
    """The recipes of their last stages, by name."""
    tasks: dict[str, str]
    """The data sets that these stages read, sorted -> their label sets."""
    network: SerializeAsAny[Strict]
    """The study's settings of its network, for the record."""

    @property
    def layout(self) -> Layout:
        """Where the study's files lie."""
        return Layout(Path(self.results))

    def reads(self, lineage: Lineage) -> list[str]:
        """Return the data sets that training a lineage's last stage reads, sorted."""
        return stage_inputs([lineage])


class EvaluationParams(ComputeParams):
    """What the predictions of all models on one data set depend on."""

    dataset: str
    task: str
    lineages: list[str]
    """The models, one a fold where their data have folds."""
    seeds: list[int]


@dataclass(frozen=True)
class Workplace:
    """What the jobs of a study need besides its settings: seeds, grouping, and where samples lie."""

    study: StudySettings
    layout: Layout
    seeds: Sequence[int]
    job: str
    """``stage`` or ``family``: what one job trains."""
    seeds_per_job: int
    store: Callable[[str], list[Path]]
    """Returns the files of a data set's prepared samples."""
    folds: Folds
    """The data sets with folds, and how many."""
    prefix: str = ""
    """Begins the names of the study's rules, and its folders of logs."""
    keeps_epochs: bool = False
    """Whether a training writes the scores on test subsets after each epoch."""
    first_together: bool = False
    """Whether models from random weights are short: one job trains all that begin by one recipe."""
    seen_alone: bool = False
    """Whether a model is evaluated on the data sets alone that its lineage has seen, or else on source and
    target of its transfers too."""
    reads: Callable[[Sequence[Lineage]], list[str]] = stage_inputs
    """Returns the data sets that training the last stages of some lineages reads, sorted."""
    further: Callable[[Sequence[Lineage]], list[Path]] | None = None
    """Returns the files that training some lineages reads besides; None where there are none."""

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        study: StudySettings,
        seeds: Sequence[int],
        layout: Layout,
        store: Callable[[str], list[Path]],
    ) -> Workplace:
        """Pick them from a configuration, for a study of the data sets of faces with its seeds."""
        compute = settings.compute
        return cls(
            study,
            layout,
            seeds,
            compute.job,
            compute.seeds_per_job,
            store,
            folds_of(settings.datasets),
        )

    @cached_property
    def models(self) -> list[Lineage]:
        """Every model that the study trains."""
        return models(self.study, self.folds)

    @cached_property
    def continued(self) -> set[Lineage]:
        """The models that others start from."""
        return {*parents_of(self.models)}

    def inputs(self, chosen: Sequence[Lineage], seeds: Sequence[int]) -> dict[str, list[Path]]:
        """Return the files that training some lineages reads: stores, splits and parents' models."""
        names = self.reads(chosen)
        parents = product(parents_of(chosen), seeds)
        return {
            "stores": [file for name in names for file in self.store(name)],
            "splits": [self.layout.split(name) for name in names],
            "parents": [self.layout.model(parent, seed) for parent, seed in parents],
        }

    def with_further(
        self, inputs: Mapping[str, Files], chosen: Callable[[Any], Sequence[Lineage]]
    ) -> dict[str, Files]:
        """Return inputs with the files that training reads besides, as an input function.

        So what is planned alone asks for them. ``chosen`` returns the lineages of a job's wildcards.
        """
        further = self.further
        if further is None:
            return dict(inputs)
        return {**inputs, "further": lambda wildcards: further(chosen(wildcards))}

    def evaluated(self, dataset: str) -> list[Lineage]:
        """Return the models that are evaluated on a data set: those that some table may ask for it."""
        known = [] if self.seen_alone else [*trials(self.study), *_swept(self.study)]
        asked = {trial.lineage for trial in known if dataset in (trial.source, trial.target)}
        return [
            model
            for model in self.models
            if dataset in {*model.stage.datasets, *model.earlier_datasets} or model.pooled in asked
        ]

    def seed_batches(self) -> list[list[int]]:
        """Return the seeds of each job."""
        size = self.seeds_per_job
        return [list(self.seeds[start : start + size]) for start in range(0, len(self.seeds), size)]


def _swept(study: StudySettings) -> list[Trial]:
    return [point.trial for point in sweep_points(study)]


def parents_of(chosen: Iterable[Lineage]) -> list[Lineage]:
    """Return the lineages that some lineages start from, each once, sorted."""
    return sorted({lineage.parent for lineage in chosen if lineage.parent is not None})


def stage_specs(
    place: Workplace, params: Callable[[Sequence[str], Sequence[int]], StageParams]
) -> list[JobSpec]:
    """Return the rules that train every model of a study.

    With ``job: stage`` it is one wildcard rule for each batch of seeds, with ``job: family`` one rule for
    each family and batch.

    Parameters
    ----------
    params
        Returns the parameters of the job that trains some lineages for some seeds.
    """
    if place.job == "stage":
        return [_wildcard_spec(place, seeds, params) for seeds in place.seed_batches()]
    return [
        stage_spec(place, name, members, seeds, params)
        for name, members in families(place.study, place.models, first_together=place.first_together).items()
        for seeds in place.seed_batches()
    ]


def _wildcard_spec(place: Workplace, seeds: list[int], params: Callable[..., StageParams]) -> JobSpec:
    def read(name: str) -> Files:
        return lambda wildcards: place.inputs([Lineage.parse(wildcards.lineage)], seeds)[name]

    return JobSpec(
        name=f"{place.prefix}train_stage_{_batch(seeds)}",
        inputs=place.with_further(
            {name: read(name) for name in place.inputs([], seeds)},
            lambda wildcards: [Lineage.parse(wildcards.lineage)],
        ),
        outputs=_outputs(place, ["{lineage}"], seeds),
        log=place.layout.logs / f"{place.prefix}train_stage" / "{lineage}" / f"{_batch(seeds)}.log",
        params=lambda wildcards: params([wildcards.lineage], seeds),
    )


def stage_spec(
    place: Workplace,
    family: str,
    members: list[Lineage],
    seeds: list[int],
    params: Callable[..., StageParams],
) -> JobSpec:
    """Return the rule that trains a family of lineages for a batch of seeds."""
    names = list(map(str, members))
    return JobSpec(
        name=f"{place.prefix}train_stage_{family}_{_batch(seeds)}",
        inputs=place.with_further(place.inputs(members, seeds), lambda _: members),
        outputs=_outputs(place, names, seeds),
        log=place.layout.logs / f"{place.prefix}train_stage" / family / f"{_batch(seeds)}.log",
        params=params(names, seeds),
        priority=_priority(place, members),
    )


def _priority(place: Workplace, members: Sequence[Lineage]) -> int:
    """Return how early a job of some lineages starts, so that no core waits for the last.

    First come models from random weights, which train longest, then those that others continue.
    """
    if all(lineage.parent is None for lineage in members):
        return 10
    return 0 if place.continued.isdisjoint(members) else 5


def _outputs(place: Workplace, names: Sequence[str], seeds: Sequence[int]) -> dict[str, list[Path]]:
    """Return models and records in the order of lineages, then seeds."""
    layout, made = place.layout, [*product(names, seeds)]
    outputs = {
        "models": [layout.model(name, seed) for name, seed in made],
        "records": [layout.model_record(name, seed) for name, seed in made],
    }
    return outputs | ({"epochs": [layout.epochs(*each) for each in made]} if place.keeps_epochs else {})


def _batch(seeds: Sequence[int]) -> str:
    """Return the name of a batch of seeds, such as ``seeds_1_2``."""
    return "_".join(["seeds", *map(str, seeds)])


def evaluation_spec(place: Workplace, params: Callable[[str], EvaluationParams]) -> JobSpec:
    """Return the rule that evaluates every model on a data set, the wildcard ``dataset``.

    Parameters
    ----------
    params
        Returns the parameters for a data set.
    """
    layout = place.layout

    def evaluated(wildcards: Any) -> list[Path]:
        chosen = place.evaluated(wildcards.dataset)
        return [layout.model(name, seed) for name, seed in product(chosen, place.seeds)]

    return JobSpec(
        name=f"{place.prefix}evaluate_models",
        inputs={
            "models": evaluated,
            "stores": place.store("{dataset}"),
            "split": [layout.split("{dataset}")],
        },
        outputs={
            "predictions": [layout.predictions("{dataset}")],
            "record": [layout.evaluation_record("{dataset}")],
        },
        log=layout.logs / f"{place.prefix}evaluate_models" / "{dataset}.log",
        params=lambda wildcards: params(wildcards.dataset),
    )
