"""The jobs that make the tables and claims of levels: what each depends on and reads."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from engram.config import EvidenceSettings, LevelsSettings, Settings
from engram.config.base import JobParams, Strict
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.reporting.files import claim_files, pages_apart, table_files
from engram.runtime.job_spec import JobSpec
from engram.studies.levels.tables import TABLES

__all__ = [
    "CLAIMS",
    "DomainParams",
    "LevelsParams",
    "levels_claim_files",
    "levels_claims_spec",
    "levels_table_files",
    "levels_tables_spec",
]

#: Begins the names of the files of the checked claims.
CLAIMS = "claims_levels"
#: Study -> the domain that it brings, and what its scores are.
_DOMAINS = {"memory": ("expression", "accuracy"), "entities": ("named entities", "F1")}


class DomainParams(Strict):
    """One domain: its chains, and what its predictions are of."""

    domain: str
    """What readers call it: ``expression`` or ``named entities``."""
    study: str
    """The study that trains its models: ``memory`` or ``entities``."""
    measure: str
    """What is measured on its target."""
    levels: LevelsSettings
    seeds: list[int]
    titles: dict[str, str]
    """Data set, sorted -> what readers call it."""
    tasks: dict[str, str]
    """Data set -> its task, or of a text what it is labelled with."""

    def predictions(self, layout: Layout) -> list[Path]:
        """Return the files of predictions, in the order of ``titles``."""
        place = layout if self.study == "memory" else layout.of_study(self.study)
        return [place.predictions(name) for name in self.titles]

    def origins(self, row: Mapping[str, Any], layout: Layout) -> list[Path]:
        """Return the files that a row (column -> value) of the domain came from: predictions, then records.

        A row of a chain has those of its own data set, or of the target, and its model's; a comparison has
        the predictions on all data sets and the records of all chains.
        """
        place = layout if self.study == "memory" else layout.of_study(self.study)
        named = row.get("dataset", row.get("target"))
        predictions = [place.predictions(str(named))] if named in self.titles else self.predictions(layout)
        lineages = [row["lineage"]] if "lineage" in row else [str(one) for one in self.lineages.values()]
        return predictions + [place.model_record(*one) for one in product(lineages, self.seeds)]

    @property
    def lineages(self) -> dict[str, Lineage]:
        """The model of each chain."""
        return {str(name): lineage for name, lineage in self.levels.lineages.items()}


class LevelsParams(JobParams):
    """What tables and claims of levels depend on besides predictions."""

    domains: list[DomainParams]
    """Those whose study has chains of levels."""
    evidence: EvidenceSettings

    @classmethod
    def from_settings(cls, settings: Settings) -> LevelsParams:
        """Pick them from a configuration."""
        found = [_domain(settings, study) for study in _DOMAINS]
        return cls(
            results=settings.results,
            domains=[domain for domain in found if domain is not None],
            evidence=settings.evidence,
        )

    def inputs(self, layout: Layout) -> dict[str, list[Path]]:
        """Return the predictions of all domains, by domain and data set."""
        return {"predictions": [file for domain in self.domains for file in domain.predictions(layout)]}


def _domain(settings: Settings, study: str) -> DomainParams | None:
    chosen = settings.memory if study == "memory" else settings.entities
    if chosen is None or chosen.levels is None:
        return None
    lineages = chosen.levels.lineages.values()
    names = sorted({name for one in lineages for name in (*one.stage.datasets, *one.earlier_datasets)})
    domain, measure = _DOMAINS[study]
    is_text = study == "entities"
    return DomainParams(
        domain=domain,
        study=study,
        measure=measure,
        levels=chosen.levels,
        seeds=settings.seeds_of("entities" if is_text else "memory"),
        titles={name: (settings.texts if is_text else settings.datasets)[name].title for name in names},
        tasks={
            name: settings.texts[name].kind if is_text else settings.datasets[name].task for name in names
        },
    )


def levels_table_files(layout: Layout) -> list[Path]:
    """Return the files of the tables."""
    return table_files(layout, TABLES)


def levels_claim_files(layout: Layout) -> list[Path]:
    """Return the files of the checked claims."""
    return claim_files(layout, CLAIMS)


def levels_tables_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that writes the tables; the pages among its outputs go into the report."""
    params = LevelsParams.from_settings(settings)
    return JobSpec(
        name="levels_tables",
        inputs=params.inputs(layout),
        outputs=pages_apart("pages", levels_table_files(layout)),
        log=layout.logs / "levels_tables.log",
        params=params,
    )


def levels_claims_spec(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that checks the claims; the page among its outputs goes into the report."""
    params = LevelsParams.from_settings(settings)
    return JobSpec(
        name="levels_claims",
        inputs=params.inputs(layout),
        outputs=pages_apart("page", levels_claim_files(layout)),
        log=layout.logs / "levels_claims.log",
        params=params,
    )
