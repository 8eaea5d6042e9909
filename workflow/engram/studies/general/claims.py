"""What the general study's claims are held against: our predictions and the printed figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from engram.reporting.claims import Basis, read_claims
from engram.reporting.claims_report import write_claims
from engram.runtime.job_spec import NamedFiles
from engram.statistics.crossed import Effect, combine, mean_effect
from engram.statistics.intervals import Scores
from engram.studies.general.claims_printed import COLUMNS, count_row, error_row, printed_basis
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.evidence.headings import RECONSTRUCTION, recorded_name
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.evidence.notes import stand_in_notes
from engram.studies.general.evidence.parameters import student_parameters, teacher_parameters
from engram.studies.general.evidence.sizes import (
    CORRELATION,
    LEAST_SIZES,
    ZERO,
    error_and_loss,
    operators_by_size,
)
from engram.studies.general.evidence.times import times_table
from engram.studies.general.jobs.report import CLAIMS, ClaimsParams
from engram.studies.general.methods import HEADINGS
from engram.studies.general.operators import fused_sizes, sizes_swept
from engram.studies.general.task_plan import GeneralTask

__all__ = ["CLAIMS_FILE", "general_bases", "judge_claims", "write_general_claims"]

#: The paper's claims.
CLAIMS_FILE = Path(__file__).with_name("claims.yaml")

#: What is known without an interval.
_EXACT = ("time", "growth", "parameters")


def write_general_claims(evidence: GeneralEvidence, folder: str | Path) -> None:
    """Write the general study's claims, ``claims_general.csv`` and so on, into a folder."""
    write_claims(read_claims(CLAIMS_FILE), general_bases(evidence), folder, CLAIMS)


def general_bases(evidence: GeneralEvidence) -> list[Basis]:
    """Return the two bases: our data, and the printed figures."""
    return [_measured(evidence), printed_basis()]


def _measured(evidence: GeneralEvidence) -> Basis:
    rows = [*_transfer_rows(evidence), *_size_rows(evidence), *_reconstruction_rows(evidence)]
    rows += [*_time_rows(evidence), *_parameter_rows(evidence), *_correlation_rows(evidence)]
    values = pd.DataFrame(rows, columns=[*COLUMNS, "item", "key"]).assign(condition="")

    def scores(row: dict) -> Scores:
        if row["what"] == "correlation":
            return error_and_loss(evidence)
        found = evidence.reconstruction if row["what"] == "reconstruction" else evidence.scores
        return found[row["item"]]

    def difference(left: dict, right: dict, function: Callable) -> Effect | None:
        if left["what"] in _EXACT:
            return None
        return combine(function, scores(left).effect(left["key"]), scores(right).effect(right["key"]))

    def subjects(left: dict, right: dict) -> tuple[int, int, int]:
        return scores(left).subjects(left["key"], right["key"])

    chosen = evidence.params.evidence
    method = (
        f"Differences have {100 * chosen.confidence:g} % intervals, paired by subject and by seed "
        f"({len(evidence.params.seeds)} seeds; docs/statistics.md). "
        "Times are those of this run, on the machine that it ran on; times and numbers of parameters have no "
        "intervals and no verdict."
    )
    note = " ".join([method, *stand_in_notes(evidence)])
    return Basis(
        "measured",
        "our data",
        note,
        values,
        difference,
        pool=mean_effect,
        subjects=subjects,
        confidence=chosen.confidence,
        margin=chosen.margin,
        digits=2,
    )


def _transfer_rows(evidence: GeneralEvidence) -> Iterator[dict]:
    for item in (*evidence.targets, *evidence.sources):
        for method in evidence.scores[item.name].models:
            if method in HEADINGS:
                what = "transfer" if item.role == "target" else "source"
                yield _measured_row(evidence, item, what, method, HEADINGS[method], method)


def _size_rows(evidence: GeneralEvidence) -> Iterator[dict]:
    """Yield the sweep's smallest, largest and middle sizes, under names that any sweep has."""
    own, swept = fused_sizes(evidence.general)[-1], sizes_swept(evidence.general)
    for item in evidence.targets:
        yield _measured_row(evidence, item, "size", "h_g", f"h_G ({own} values)", "h_g")
        for place, name in _places(own, swept).items():
            yield _measured_row(evidence, item, "size", place, f"{swept[name]} values", name)


def _places(own: int, swept: dict[str, int]) -> dict[str, str]:
    """Return the operators of the sweep by place; those next to h_G's size only if they are no extremes."""
    below = sorted((name for name in swept if swept[name] < own), key=swept.__getitem__)
    above = sorted((name for name in swept if swept[name] > own), key=swept.__getitem__)
    places = {"smallest": below[:1], "below": below[1:][-1:], "above": above[:-1][:1], "largest": above[-1:]}
    return {place: names[0] for place, names in places.items() if names}


def _measured_row(
    evidence: GeneralEvidence, item: GeneralTask, what: str, method: str, label: str, key: str
) -> dict:
    metric = metric_of(item)
    return {
        "what": what,
        "task": item.title,
        "item": item.name,
        "predicted": item.task,
        "method": method,
        "label": label,
        "value": evidence.scores[item.name].of(key).value,
        "unit": metric.unit,
        "better": metric.better,
        "key": key,
    }


def _reconstruction_rows(evidence: GeneralEvidence) -> Iterator[dict]:
    for encoder, scores in evidence.reconstruction.items():
        for name, label in RECONSTRUCTION.items():
            key = recorded_name(name)
            if key in scores:
                value = scores.of(key).value
                yield error_row(encoder, name, label, value) | {"item": encoder, "key": key}


def _time_rows(evidence: GeneralEvidence) -> Iterator[dict]:
    for row in times_table(evidence).itertuples(index=False):
        yield {
            "what": "time",
            "task": f"all {row.targets} targets",
            "predicted": "",
            "method": row.method,
            "label": HEADINGS[row.method],
            "value": row.total,
            "unit": "s",
            "better": -1,
        }
        if not np.isnan(row.growth):
            yield {
                "what": "growth",
                "task": f"from {row.targets} to {2 * row.targets} targets",
                "predicted": "",
                "method": row.method,
                "label": HEADINGS[row.method],
                "value": row.growth,
                "unit": "times",
                "better": -1,
            }


def _parameter_rows(evidence: GeneralEvidence) -> Iterator[dict]:
    counts = {"h_unique": student_parameters(evidence), "h_g": teacher_parameters(evidence)}
    if not np.isnan(list(counts.values())).any():
        yield from (count_row(method, value) for method, value in counts.items())


def _correlation_rows(evidence: GeneralEvidence) -> Iterator[dict]:
    """Yield the rank correlation over sizes of reconstruction error and loss on targets, and 0 beside it."""
    if len(operators_by_size(evidence.general)) < LEAST_SIZES:
        return
    scores = error_and_loss(evidence)
    for name, label in ((CORRELATION, "rank correlation"), (ZERO, "none")):
        yield {
            "what": "correlation",
            "task": "mean over targets",
            "item": "",
            "predicted": "",
            "method": name,
            "label": label,
            "value": scores.of(name).value,
            "unit": "",
            "better": 1,
            "key": name,
        }


def judge_claims(inputs: NamedFiles, outputs: NamedFiles, params: ClaimsParams) -> None:
    """Judge the claims and write them; see `engram.studies.general.jobs.report.claims_job`."""
    write_general_claims(GeneralEvidence.from_inputs(params, inputs), Path(outputs.page).parent)
