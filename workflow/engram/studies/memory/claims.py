"""What the memory study's claims are held against: our predictions and the printed figures."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import pandas as pd
from scipy.special import ndtri

from engram.reporting.claims import Basis, read_claims
from engram.reporting.claims_report import write_claims
from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.trials import Trial
from engram.studies.memory.collect import Evidence
from engram.studies.memory.jobs.evidence import EvidenceParams
from engram.studies.memory.notes import stand_in_notes
from engram.studies.memory.printed import printed_test_size, read_printed

__all__ = ["CLAIMS_FILE", "judge_claims", "memory_bases", "newcombe", "write_memory_claims"]

#: The paper's claims.
CLAIMS_FILE = Path(__file__).with_name("claims.yaml")


def judge_claims(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Judge the claims and write their files beside ``outputs.page``."""
    write_memory_claims(Evidence.load(inputs, params), Path(outputs.page[0]).parent)


def write_memory_claims(evidence: Evidence, folder: str | Path) -> None:
    """Write the memory study's claims into a folder; see `engram.reporting.claims_report.write_claims`."""
    write_claims(read_claims(CLAIMS_FILE), memory_bases(evidence), folder)


def memory_bases(evidence: Evidence) -> list[Basis]:
    """Return the three bases: our data, the printed figures, and these with binomial intervals."""
    return [_measured(evidence), _printed(), _binomial(evidence.settings.evidence.confidence)]


def newcombe(
    first: float, second: float, sizes: tuple[int, int], confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of a difference of two independent proportions.

    Newcombe (1998), method 10: from the two Wilson intervals, without continuity correction.

    Parameters
    ----------
    first, second
        The two shares, in [0, 1]; the interval is that of first minus second.
    sizes
        Number of images behind each.
    confidence
        Of the interval.
    """
    (low1, high1), (low2, high2) = (
        _wilson(share, size, confidence) for share, size in zip((first, second), sizes, strict=True)
    )
    difference = first - second
    low = difference - sqrt((first - low1) ** 2 + (high2 - second) ** 2)
    return low, difference + sqrt((high1 - first) ** 2 + (second - low2) ** 2)


def _wilson(share: float, size: int, confidence: float) -> tuple[float, float]:
    z = float(ndtri((1 + confidence) / 2))
    middle = share + z * z / (2 * size)
    half = z * sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    scale = 1 + z * z / size
    return (middle - half) / scale, (middle + half) / scale


def _measured(evidence: Evidence) -> Basis:
    rows = [_measured_row(evidence, trial, role) for trial in evidence.trials for role in trial.roles]

    def interval(left: dict, right: dict) -> tuple[float, float]:
        estimate = evidence.scores[left["dataset"]].difference(left["lineage"], right["lineage"])
        return estimate.low, estimate.high

    confidence = f"{100 * evidence.settings.evidence.confidence:g} %"
    method = (
        f"Differences have paired {confidence} intervals: both models see the same resampled subjects "
        f"and seeds ({evidence.settings.evidence.resamples} resamples, {len(evidence.settings.seeds)} seeds)."
    )
    note = " ".join([method, *stand_in_notes(evidence)])
    return Basis("measured", "our data", note, pd.DataFrame(rows), interval)


def _measured_row(evidence: Evidence, trial: Trial, role: str) -> dict:
    dataset, settings = getattr(trial, role), evidence.settings.datasets
    lineage = str(trial.lineage)
    return {
        "source": trial.source,
        "target": trial.target,
        "published_target": settings[trial.target].published or "",
        "evaluated_on": role,
        "strategy": trial.strategy,
        "fraction": trial.fraction,
        "dataset": dataset,
        "lineage": lineage,
        "label": _label(trial.strategy, trial.fraction),
        "value": evidence.scores[dataset].of(lineage).value,
    }


def _printed_values() -> pd.DataFrame:
    printed = read_printed("integrity")
    labels = [_label(*pair) for pair in zip(printed["strategy"], printed["fraction"], strict=True)]
    return printed.rename(columns={"accuracy": "value"}).assign(
        published_target=printed["target"], label=labels
    )


def _printed() -> Basis:
    def interval(left: dict, right: dict) -> tuple[float, float]:
        return (left["value"] - right["value"],) * 2

    note = "They have no intervals: a comparison holds if the two figures stand in the claimed order."
    return Basis("printed", "the printed figures", note, _printed_values(), interval, digits=2)


def _binomial(confidence: float) -> Basis:
    def interval(left: dict, right: dict) -> tuple[float, float]:
        size = printed_test_size(left[left["evaluated_on"]])
        low, high = newcombe(left["value"] / 100, right["value"] / 100, (size, size), confidence)
        return 100 * low, 100 * high

    note = (
        f"Newcombe's {100 * confidence:g} % intervals for two independent proportions, from the printed test "
        "sizes. Both models saw the same images, which the printed figures do not pair: that makes these "
        "intervals rather too wide. They know nothing of subjects and training runs: that makes them rather "
        "too narrow."
    )
    title = "the printed figures with binomial intervals"
    return Basis("printed_binomial", title, note, _printed_values(), interval, digits=2)


def _label(strategy: str, fraction: int) -> str:
    return f"{strategy} {fraction} %" if fraction else strategy
