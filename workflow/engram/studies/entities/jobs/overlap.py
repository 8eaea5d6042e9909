"""The jobs that look for test sentences in other texts, and refuse a run that trains on them; torch-free."""

from __future__ import annotations

from engram.config import Settings
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.data.text.jobs import OverlapCheckParams, OverlapParams, text_files
from engram.runtime.job_spec import JobSpec
from engram.studies.entities.jobs.stages import STUDY, entities_datasets, entities_workplace, study_of

__all__ = ["entities_overlap", "entities_overlap_check", "trained_and_tested"]


def entities_overlap(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that counts the test sentences of each text in every text of the study."""
    names = entities_datasets(settings)
    return JobSpec(
        name="find_text_overlap",
        inputs={
            "stores": [file for name in names for file in text_files(layout.text(name))],
            "splits": [layout.split(name) for name in names],
        },
        outputs={"overlap": layout.text_overlap},
        log=layout.logs / "find_text_overlap.log",
        params=OverlapParams(results=settings.results, texts=names),
        priority=100,
    )


def entities_overlap_check(settings: Settings, layout: Layout) -> JobSpec:
    """Return the check that no model is tested on what it is trained on in another text."""
    return JobSpec(
        name="check_text_overlap",
        inputs={"overlap": layout.text_overlap},
        outputs={"report": layout.root / STUDY / "overlap.json"},
        log=layout.logs / "check_text_overlap.log",
        params=OverlapCheckParams(
            results=settings.results,
            pairs=trained_and_tested(settings, layout),
            allowed=study_of(settings).allow_overlap,
        ),
        priority=100,
    )


def trained_and_tested(settings: Settings, layout: Layout) -> list[tuple[str, str]]:
    """Return each text that some model is trained on, with each that this model is tested on, sorted.

    A model's ancestors train it too, and so do the texts that its dictionaries are made of.
    """
    place = entities_workplace(settings, layout)
    return sorted(
        {
            (trained, tested)
            for tested in entities_datasets(settings)
            for model in place.evaluated(tested)
            for trained in _trained_on(settings, model)
        }
    )


def _trained_on(settings: Settings, model: Lineage) -> set[str]:
    recipes = study_of(settings).recipe
    dictionaries = (recipes[stage.recipe].dictionary for stage in model.stages)
    read = {name for found in dictionaries if found for name in found.texts}
    return read.union(*(stage.datasets for stage in model.stages))
