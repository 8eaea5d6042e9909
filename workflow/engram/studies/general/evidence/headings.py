"""The columns of the general study's tables, and what the paper calls them."""

from __future__ import annotations

from engram.studies.general.methods import BASELINES, METHODS, STUDENTS
from engram.studies.general.operators import OPERATORS

__all__ = ["COMBINED", "RECONSTRUCTION", "SOURCE", "TRANSFER", "UNLABELLED", "recorded_name", "words_of"]

#: Methods in Table 3, each student's frozen embedding before the fine-tuned student.
TRANSFER = (
    *BASELINES,
    "cnn",
    "p_cnn",
    "h_g",
    *(method.name for method in METHODS.values() if method.student),
)
#: Methods in Table 6: the autoencoder is what gives h_G.
COMBINED = {
    "constant": "constant answer",
    "hog": "HOG, linear",
    "concat": "Concat",
    "pca": "PCA",
    "h_g": "AE",
    "h_g_balanced": "AE balanced",
    "bt": "BT",
    "bct": "BCT",
}
#: Methods in Table 4: the student's printed figures are those of Table 3 after fine-tuning.
SOURCE = {
    "constant": "",
    "hog": "",
    "original": "original",
    "cnn": "",
    "h_g": "E_G",
    "h_unique": "",
    "h_unique_tuned": "E_unique",
}
#: What reconstructs the source embeddings, in Table 5. ``concat`` only standardises them.
RECONSTRUCTION = {
    **{operator.name: operator.heading for operator in OPERATORS.values() if operator.fitting != "nothing"},
    **{student.kind: student.network_heading for student in STUDENTS.values()},
    "random": "random",
}
#: What the unlabelled faces are called.
UNLABELLED = "D_unsup"


def recorded_name(operator: str) -> str:
    """Return the name of one of `RECONSTRUCTION` in the column ``operator`` of reconstruction files."""
    return STUDENTS[operator].network_name if operator in STUDENTS else operator


def words_of(label: str) -> str:
    """Return a label such as ``east_asian`` in words."""
    return label.replace("_", " ")
