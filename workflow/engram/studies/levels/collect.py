"""The scores of all chains of levels, of both domains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engram.config import Settings
from engram.config.levels import LEVELS_BEFORE, ChainName
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.runtime.job_spec import JobFiles, NamedFiles
from engram.statistics.crossed import Effect, mean_effect
from engram.statistics.intervals import Scores, accuracy_scores
from engram.statistics.predictions import read_predictions
from engram.statistics.span_predictions import MEASURES, read_span_predictions
from engram.studies.levels.jobs import DomainParams, LevelsParams

__all__ = ["CHAIN_WORDS", "Chain", "Domain", "Evidence", "Level", "collect_levels"]

#: What readers call the chains.
CHAIN_WORDS: dict[ChainName, str] = {
    "none": "target alone",
    "near": "near level",
    "far": "far level",
    "two": "far, then near level",
    "exchanged": "near, then far level",
    "three": "three levels",
}


@dataclass(frozen=True)
class Level:
    """A level of a chain."""

    stage: Lineage
    """The model just after it."""
    number: int
    """Its place, the oldest is 1."""
    behind: int
    """How many levels come after it, the target's too: how far away it is when the chain is done."""

    @property
    def datasets(self) -> list[str]:
        """What it trains on."""
        return self.stage.stage.datasets


@dataclass(frozen=True)
class Chain:
    """A chain of levels of one domain."""

    name: ChainName
    lineage: Lineage

    @property
    def title(self) -> str:
        """What readers call it."""
        return CHAIN_WORDS[self.name]

    @property
    def before(self) -> int:
        """How many levels come before the target."""
        return LEVELS_BEFORE[self.name]

    @property
    def levels(self) -> list[Level]:
        """The levels before the target, oldest first."""
        stages = self.lineage.stages
        return [
            Level(Lineage(stages[:number]), number, len(stages) - number) for number in range(1, len(stages))
        ]


@dataclass(frozen=True)
class Domain:
    """A domain's settings, and how its models do on each of its data sets."""

    settings: DomainParams
    scores: Mapping[str, Scores]
    """Data set -> the score of every model, in percent."""

    @property
    def name(self) -> str:
        """What readers call it."""
        return self.settings.domain

    @property
    def chains(self) -> list[Chain]:
        """Its chains, in the order of `LEVELS_BEFORE`."""
        return [Chain(name, lineage) for name, lineage in self.settings.levels.lineages.items()]

    @property
    def on_target(self) -> Scores:
        """The scores on the target."""
        return self.scores[self.settings.levels.target]

    def forgotten(self, chain: Chain, level: Level) -> dict[str, Effect]:
        """Return data set -> what the finished chain lost of it, in points; not where it has no head."""
        final = str(chain.lineage)
        found = {name: self.scores[name] for name in level.datasets}
        return {
            name: scores.effect(str(level.stage)) - scores.effect(final)
            for name, scores in found.items()
            if str(level.stage) in scores and final in scores
        }

    def lost(self, chain: Chain, level: Level) -> Effect | None:
        """Return what the finished chain lost of a level, the mean over its data sets, in points."""
        found = list(self.forgotten(chain, level).values())
        return mean_effect(found) if found else None


@dataclass(frozen=True)
class Evidence:
    """All domains that a run has."""

    settings: LevelsParams
    files: NamedFiles

    @cached_property
    def domains(self) -> list[Domain]:
        """The domains, each with its scores."""
        return self._read(None)

    @cached_property
    def comparable(self) -> list[Domain]:
        """The domains by equally many seeds, the first that each has: only such effects can be pooled."""
        return self._read(self.common_seeds)

    @property
    def common_seeds(self) -> int:
        """How many seeds every domain has."""
        return min(len(domain.seeds) for domain in self.settings.domains)

    def _read(self, seeds: int | None) -> list[Domain]:
        files = iter(self.files.predictions)
        return [Domain(domain, dict(self._scores(domain, files, seeds))) for domain in self.settings.domains]

    def _scores(
        self, domain: DomainParams, files: Iterator[str | Path], seeds: int | None
    ) -> Iterator[tuple[str, Scores]]:
        """Yield each data set's scores by the first ``seeds`` seeds; None: by all."""
        confidence = self.settings.evidence.confidence
        for name, task in domain.tasks.items():
            needed = self._needed(domain, name)
            file = Path(next(files))
            if domain.study == "memory":
                predictions = read_predictions(file, name, task, domain.seeds, needed)
                yield name, accuracy_scores(predictions.first_seeds(seeds), confidence)
            else:
                answers = read_span_predictions(file, name, domain.seeds, needed)[MEASURES[task]]
                yield name, answers.first_seeds(seeds).scores(confidence)

    def _needed(self, domain: DomainParams, dataset: str) -> list[str]:
        """Return the models that must have predicted a data set: those that have just learnt it."""
        stages = [
            Lineage(chain.stages[:number])
            for chain in domain.lineages.values()
            for number in range(1, len(chain.stages) + 1)
        ]
        return sorted({str(stage) for stage in stages if dataset in stage.stage.datasets})


def collect_levels(settings: Settings, results: str | Path) -> Evidence:
    """Return the scores of a run that lies in the folder ``results``; no domain where it has no chains."""
    params = LevelsParams.from_settings(settings)
    return Evidence(params, JobFiles(**params.inputs(Layout(Path(results)))))
