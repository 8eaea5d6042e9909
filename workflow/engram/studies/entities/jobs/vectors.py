"""The job that reads a file of word vectors once for all models of a network; torch-free, for the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engram.config import Settings
from engram.config.base import JobParams
from engram.core.paths import Layout
from engram.data.text.jobs import text_files
from engram.runtime.job_spec import JobSpec
from engram.studies.entities.jobs.networks import found_network, networks_of
from engram.studies.entities.jobs.stages import STUDY, study_of
from engram.studies.lineage.trials import lineages, stage_inputs

__all__ = ["VectorsParams", "entities_vectors"]


class VectorsParams(JobParams):
    """What preparing a network's word vectors depends on."""

    size: int | None
    """The values of a word that the settings say; None if they say none."""


def entities_vectors(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that prepares the word vectors of a network, the wildcard ``network``.

    It keeps the words of the texts that the network's lineages learn from.
    """
    study, own = study_of(settings), layout.of_study(STUDY)

    def stores(wildcards: Any) -> list[Path]:
        chosen = [each for each in lineages(study) if networks_of(study, [each]) == [wildcards.network]]
        return [file for name in stage_inputs(chosen) for file in text_files(layout.text(name))]

    def source(wildcards: Any) -> Path:
        return Path(str(found_network(settings, study.networks[wildcards.network]).vectors))

    return JobSpec(
        name="prepare_vectors",
        inputs={"vectors": source, "stores": stores},
        outputs={"vectors": own.vectors("{network}")},
        log=layout.logs / "prepare_vectors/{network}.log",
        params=lambda wildcards: VectorsParams(
            results=settings.results, size=study.networks[wildcards.network].words
        ),
        wildcards={
            "network": "|".join(name for name, network in study.networks.items() if network.vectors) or "none"
        },
    )
