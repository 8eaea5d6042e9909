"""How many parameters the teacher and the student have: counted when they were trained or checked."""

from __future__ import annotations

from engram.core.records import read_record
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.methods import MAIN_STUDENT
from engram.studies.general.operators import FUSED

__all__ = ["student_parameters", "teacher_parameters"]


def teacher_parameters(evidence: GeneralEvidence) -> float:
    """Return the parameters behind h_G: of all source encoders and the fusing one.

    NaN if an imported encoder's file does not tell its number.
    """
    counts = [record.metrics.get("parameters", float("nan")) for record in evidence.encoders.values()]
    fusing = read_record(evidence.operator_records[FUSED.name, evidence.params.seeds[0]])
    return sum(counts) + fusing.metrics.get("parameters", float("nan"))


def student_parameters(evidence: GeneralEvidence) -> float:
    """Return the parameters of the student, without a head."""
    record = read_record(evidence.student_records[MAIN_STUDENT.kind, evidence.params.seeds[0]])
    return record.metrics.get("parameters", float("nan"))
