"""What the claims about levels are held against: each domain's scores of chains, and what these forgot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from engram.reporting.claims import Basis, read_claims
from engram.reporting.claims_report import write_claims
from engram.runtime.job_spec import NamedFiles
from engram.statistics.crossed import Effect, combine, mean_effect
from engram.studies.levels.collect import Domain, Evidence
from engram.studies.levels.jobs import CLAIMS, LevelsParams

__all__ = ["CLAIMS_FILE", "judge_claims", "levels_basis", "write_levels_claims"]

#: The claims: our reading of the paper.
CLAIMS_FILE = Path(__file__).with_name("claims.yaml")

_COLUMNS = ["domain", "about", "chain", "behind", "value", "label", "lineage"]


def judge_claims(inputs: NamedFiles, outputs: NamedFiles, params: LevelsParams) -> None:
    """Judge the claims and write their files beside ``outputs.page``."""
    write_levels_claims(Evidence(params, inputs), Path(outputs.page[0]).parent)


def write_levels_claims(evidence: Evidence, folder: str | Path) -> None:
    """Write the claims into a folder; see `engram.reporting.claims_report.write_claims`."""
    write_claims(read_claims(CLAIMS_FILE), [levels_basis(evidence)], folder, CLAIMS)


def levels_basis(evidence: Evidence) -> Basis:
    """Return our data as a basis: a row a domain and chain, and one a domain, chain and level."""
    effects: dict[tuple[Any, ...], Effect] = {}
    rows = []
    for domain in evidence.comparable:
        for row, effect in _values(domain):
            effects[_key(row)] = effect
            rows.append(row | {"value": effect.value})

    def difference(left: dict, right: dict, function: Callable[[float, float], float]) -> Effect:
        return combine(function, effects[_key(left)], effects[_key(right)])

    chosen = evidence.settings.evidence
    words = " and ".join(domain.name for domain in evidence.domains)
    note = (
        f"Domains: {words}. Accuracy of expressions and F1 of entities count alike, in points. Differences "
        f"have {100 * chosen.confidence:g} % intervals, paired by subject or document and by seed where the "
        f"data are the same (docs/statistics.md), by the first {evidence.common_seeds} seeds of each domain."
    )
    return Basis(
        "measured",
        "our data",
        note,
        pd.DataFrame(rows, columns=_COLUMNS),
        difference,
        pool=mean_effect,
        confidence=chosen.confidence,
        margin=chosen.margin,
    )


def _values(domain: Domain) -> Iterator[tuple[dict[str, Any], Effect]]:
    """Yield the row and the effect of every value: scores on the target, and what is lost of each level."""
    for chain in domain.chains:
        row = {"domain": domain.name, "chain": chain.name, "lineage": str(chain.lineage)}
        score = domain.on_target.effect(str(chain.lineage))
        yield row | {"about": "target", "behind": 0, "label": chain.title}, score
        for level in chain.levels:
            lost = domain.lost(chain, level)
            if lost is not None:
                label = f"forgotten of {'+'.join(level.datasets)} ({chain.title})"
                yield row | {"about": "forgotten", "behind": level.behind, "label": label}, lost


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("domain", "about", "chain", "behind"))
