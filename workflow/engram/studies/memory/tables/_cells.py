"""What the study's tables call the data sets."""

from __future__ import annotations

from engram.studies.memory.collect import Evidence

__all__ = ["dataset_titles"]


def dataset_titles(evidence: Evidence) -> dict[str, str]:
    """Return the title of each data set."""
    return {name: settings.title for name, settings in evidence.settings.datasets.items()}
