"""The notes under the tables of levels."""

from __future__ import annotations

from engram.reporting.tables import interval_words
from engram.studies.levels.collect import Evidence

__all__ = ["READING", "notes"]

#: Said wherever these results are shown.
READING = (
    "Hung and Chang (2021) compare transfer along levels for expression and for named entities. Their text "
    "could not be read; the levels, their data and the claims are our reading of it."
)


def notes(evidence: Evidence, paired: bool = False) -> list[str]:
    """Return what both tables say: the chains, whose reading this is, and the intervals."""
    chains = [
        f"{domain.name}: " + "; ".join(f"{chain.title} {chain.lineage}" for chain in domain.chains)
        for domain in evidence.domains
    ]
    return [
        f"Chains: {'. '.join(chains)}.",
        READING,
        interval_words(evidence.settings.evidence.confidence, paired),
    ]
