"""What the export of a tagger depends on, and its rule. Torch-free: rules import it to plan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from engram.config import Settings
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.runtime.job_spec import JobSpec
from engram.studies.entities.jobs.evidence import EvidenceParams, entities_evidence, study_layout
from engram.studies.lineage.folds import folds_of, models_of
from engram.studies.lineage.trials import trials

__all__ = ["Candidate", "TaggerExportParams", "tagger_export", "tagger_files"]

#: The exported tagger, its card and its record.
TAGGER = ("model.safetensors", "README.md", "record.json")
#: What the card reads of the study's evidence.
_READ = ("predictions", "records", "sizes")


class Candidate(NamedTuple):
    """A model that may be exported."""

    model: Lineage
    """With its fold, if it has one."""
    seed: int
    strategies: tuple[str, ...]
    """The strategies that it is the model of."""


class TaggerExportParams(EvidenceParams):
    """What the exported tagger and its card depend on."""

    export: str | None
    """The strategy to choose from; None for all."""

    @property
    def target(self) -> str:
        """The text that the tagger is chosen for: the first target."""
        return self.entities.transfers[0].targets[0]

    def candidates(self) -> Iterator[Candidate]:
        """Yield the models of the first target at the largest fraction, each once, by lineage and seed."""
        transfer, folds = self.entities.transfers[0], folds_of(self.texts)
        found: dict[Lineage, list[str]] = {}
        for trial in trials(self.entities):
            if (trial.source, trial.target) != (transfer.source, self.target):
                continue
            wanted = trial.strategy == self.export or self.export is None
            if wanted and trial.fraction == max(self.entities.fractions):
                found.setdefault(trial.lineage, []).append(trial.strategy)
        for lineage, strategies in sorted(found.items()):
            for model, seed in product(models_of(lineage, folds), self.seeds):
                yield Candidate(model, seed, tuple(strategies))


def tagger_files(settings: Settings, layout: Layout) -> list[Path]:
    """Return the files of the exported tagger; none without the study, or if no strategy sees the target."""
    if settings.entities is None or not list(_params(settings).candidates()):
        return []
    return [layout.tagger / name for name in TAGGER]


def tagger_export(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that exports the tagger with the best validation score on the first target."""
    params, mine = _params(settings), study_layout(layout)
    evidence = entities_evidence(settings, layout)
    return JobSpec(
        name="export_tagger",
        inputs={
            **{name: evidence[name] for name in _READ},
            "models": [mine.model(each.model, each.seed) for each in params.candidates()],
        },
        outputs={"files": [layout.tagger / name for name in TAGGER]},
        log=layout.logs / "export_tagger.log",
        params=params,
    )


def _params(settings: Settings) -> TaggerExportParams:
    study = settings.entities
    assert study is not None, "the configuration leaves the study of named entities out"
    picked = EvidenceParams.from_settings(settings)
    fields = {name: getattr(picked, name) for name in EvidenceParams.model_fields}
    return TaggerExportParams(**fields, export=study.export)
