"""From settings to the list of what is trained: every strategy's lineage for every transfer."""

from __future__ import annotations

from dataclasses import dataclass

from engram.config import MemorySettings, Settings, TransferSettings
from engram.core.lineage import Lineage, Portion, Stage

__all__ = [
    "Trial",
    "datasets_in_use",
    "families",
    "lineages",
    "stage_inputs",
    "trials",
]


@dataclass(frozen=True)
class Trial:
    """One line of the study's table: a strategy for one transfer at one fraction, and its model."""

    source: str
    target: str
    strategy: str
    fraction: int
    """Percent of the target's training subset; 0 for a strategy that does not see the target."""
    lineage: Lineage


def trials(memory: MemorySettings) -> list[Trial]:
    """Return every trial, by transfer, target, strategy (in the order of the settings), fraction."""
    return [
        Trial(transfer.source, target, name, fraction, _lineage(memory, transfer, target, name, fraction))
        for transfer in memory.transfers
        for target in transfer.targets
        for name in memory.strategies
        for fraction in (memory.fractions if memory.strategy[name].uses_target else [0])
    ]


def _lineage(
    memory: MemorySettings, transfer: TransferSettings, target: str, name: str, fraction: int
) -> Lineage:
    roles = {"source": Portion(transfer.source), "target": Portion(target, fraction or 100)}

    def stage(text: str) -> Stage:
        data, _, recipe = text.partition(".")
        return Stage(tuple(roles.get(part) or Portion.parse(part) for part in data.split("+")), recipe)

    return Lineage(tuple(stage(text) for text in memory.strategy[name].stages))


def lineages(memory: MemorySettings) -> list[Lineage]:
    """Return every model to train, each once, ancestors included, sorted."""
    found: set[Lineage] = set()
    for trial in trials(memory):
        lineage: Lineage | None = trial.lineage
        while lineage is not None:
            found.add(lineage)
            lineage = lineage.parent
    return sorted(found)


def families(memory: MemorySettings) -> dict[str, list[Lineage]]:
    """Return the models that one job may train one after another, by a name for the job.

    A family continues one parent by one recipe, on every target and fraction: stages that are
    alike, often short, and not touched when another strategy is added. Models from random
    weights train long and stay alone.
    """
    found: dict[str, list[Lineage]] = {}
    for lineage in lineages(memory):
        name = f"{lineage.parent}/{lineage.stage.recipe}" if lineage.parent else str(lineage)
        found.setdefault(name.replace("/", "__"), []).append(lineage)
    return found


def datasets_in_use(settings: Settings) -> list[str]:
    """Return the names of the data sets that the study of memory reads, sorted."""
    names = {name for lineage in lineages(settings.memory) for name in lineage.stage.datasets}
    for transfer in settings.memory.transfers:
        names.update((transfer.source, *transfer.targets))
    return sorted(names)


def stage_inputs(settings: Settings, lineage: Lineage) -> list[str]:
    """Return the data sets that a lineage's last stage reads, sorted."""
    names = set(lineage.stage.datasets)
    if settings.memory.recipe[lineage.stage.recipe].needs_earlier_data:
        names.update(lineage.earlier_datasets)
    return sorted(names)
