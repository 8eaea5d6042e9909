"""From a study's settings to the list of what is trained: every strategy's lineage for every transfer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from engram.config import StageRecipe, StrategySettings, SweepSettings, TransferSettings
from engram.config.memory import sweep_recipe
from engram.core.lineage import Lineage, Stage, StageData

__all__ = [
    "MemoryStudy",
    "StudySettings",
    "SweepPoint",
    "Trial",
    "TrialSettings",
    "datasets_in_use",
    "families",
    "lineages",
    "stage_inputs",
    "sweep_points",
    "trials",
]


class TrialSettings(Protocol):
    """What the settings of a study of lineages say of its trials."""

    @property
    def transfers(self) -> Sequence[TransferSettings]:
        """Sources and their targets."""

    @property
    def fractions(self) -> Sequence[int]:
        """Fractions of a target's training subset, in percent."""

    @property
    def strategies(self) -> Sequence[str]:
        """Which strategies are run; the first is the baseline."""

    @property
    def strategy(self) -> Mapping[str, StrategySettings]:
        """Every strategy by name."""

    @property
    def further(self) -> Sequence[Lineage]:
        """Models that are trained besides those of strategies and of the sweep."""

    @property
    def sweep(self) -> SweepSettings | None:
        """Learning rates and numbers of epochs that some strategies are run with, if any."""


class StudySettings(TrialSettings, Protocol):
    """What the settings of a study of lineages say, such as `engram.config.MemorySettings`."""

    @property
    def recipe(self) -> Mapping[str, StageRecipe]:
        """Every recipe by name."""


class MemoryStudy(Protocol):
    """Settings with those of the memory study: a whole configuration, or what its tables depend on."""

    @property
    def memory(self) -> TrialSettings:
        """The study's trials."""


@dataclass(frozen=True)
class Trial:
    """A strategy for one transfer at one fraction, and its model: one row of the study's table."""

    source: str
    target: str
    strategy: str
    fraction: int
    """Percent of the target's training subset; 0 for a strategy that does not see the target."""
    lineage: Lineage

    @property
    def learnt_source(self) -> bool:
        """Whether any stage trained on the source. Where none did there is nothing to forget."""
        return any(self.source in stage.datasets for stage in self.lineage.stages)

    @property
    def roles(self) -> tuple[str, ...]:
        """The sides of the transfer that it is measured on: not the source if it never learnt it."""
        return ("source", "target") if self.learnt_source else ("target",)


def trials(study: TrialSettings) -> list[Trial]:
    """Return every trial, by transfer, target, strategy (in the order of the settings), fraction."""
    return [
        Trial(transfer.source, target, name, fraction, _lineage(study, transfer, target, name, fraction))
        for transfer in study.transfers
        for target in transfer.targets
        for name in study.strategies
        if study.strategy[name].is_for(transfer.source, target)
        for fraction in study.strategy[name].fractions_of(study.fractions)
    ]


def _lineage(
    study: TrialSettings, transfer: TransferSettings, target: str, name: str, fraction: int
) -> Lineage:
    roles = {"source": StageData(transfer.source), "target": StageData(target, fraction or 100)}

    def stage(text: str) -> Stage:
        data, _, recipe = text.partition(".")
        return Stage(tuple(roles.get(part) or StageData.parse(part) for part in data.split("+")), recipe)

    return Lineage(tuple(stage(text) for text in study.strategy[name].stages))


@dataclass(frozen=True)
class SweepPoint:
    """A strategy at one learning rate and number of epochs of its last stage."""

    trial: Trial
    recipe: str
    """The recipe that is changed."""
    learning_rate: float
    epochs: int


def sweep_points(study: TrialSettings) -> list[SweepPoint]:
    """Return the models of the sweep, by strategy, learning rate and epochs; none without a sweep."""
    sweep = study.sweep
    if sweep is None:
        return []
    pairs = [(transfer, target) for transfer in study.transfers for target in transfer.targets]
    transfer, target = next(pair for pair in pairs if sweep.target in (None, pair[1]))
    return [
        _sweep_point(study, transfer, target, name, rate, epochs)
        for name in sweep.strategies
        for rate, epochs in sweep.settings(name)
    ]


def _sweep_point(
    study: TrialSettings, transfer: TransferSettings, target: str, name: str, rate: float, epochs: int
) -> SweepPoint:
    stages = _lineage(study, transfer, target, name, 100).stages
    recipe = stages[-1].recipe
    last = replace(stages[-1], recipe=sweep_recipe(recipe, rate, epochs))
    trial = Trial(transfer.source, target, name, 100, Lineage((*stages[:-1], last)))
    return SweepPoint(trial, recipe, rate, epochs)


def lineages(study: TrialSettings) -> list[Lineage]:
    """Return the lineage of every model to train, each once, ancestors included, sorted.

    Where data sets have folds, `engram.studies.lineage.folds` says which models a lineage has.
    """
    found: set[Lineage] = set()
    chosen = [trial.lineage for trial in (*trials(study), *(point.trial for point in sweep_points(study)))]
    for last in (*chosen, *study.further):
        lineage: Lineage | None = last
        while lineage is not None:
            found.add(lineage)
            lineage = lineage.parent
    return sorted(found)


def families(
    study: StudySettings, models: Iterable[Lineage], *, first_together: bool = False
) -> dict[str, list[Lineage]]:
    """Return the models that one job may train one after another, by a name for the job.

    A family continues one parent by one recipe, on every target, fraction and fold. Its stages are alike and
    often short, and a new strategy does not change it; those of the sweep that change one recipe are another
    family. A model from random weights trains long and is a family of its own, but for those of the sweep;
    with ``first_together``, where it does not, all that begin by one recipe are a family.
    """
    found: dict[str, list[Lineage]] = {}
    swept = {point.trial.lineage.stage.recipe: f"{point.recipe}_sweep" for point in sweep_points(study)}
    for model in models:
        recipe = model.stage.recipe
        first = recipe if first_together else str(model).removesuffix(recipe) + swept.get(recipe, recipe)
        name = f"{model.parent.pooled}/{swept.get(recipe, recipe)}" if model.parent else first
        found.setdefault(name.replace("/", "__"), []).append(model)
    return found


def datasets_in_use(settings: MemoryStudy) -> list[str]:
    """Return the names of the data sets that the study of memory reads, sorted."""
    names = {name for lineage in lineages(settings.memory) for name in lineage.stage.datasets}
    for transfer in settings.memory.transfers:
        names.update((transfer.source, *transfer.targets))
    return sorted(names)


def stage_inputs(chosen: Iterable[Lineage]) -> list[str]:
    """Return the data sets that training the last stages of some lineages reads, sorted.

    These are its own and those of the stages before: after each epoch a stage's record keeps the accuracy on
    the validation subset of each, and some recipes train on earlier data.
    """
    return sorted(
        {name for lineage in chosen for name in (*lineage.stage.datasets, *lineage.earlier_datasets)}
    )
