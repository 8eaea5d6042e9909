"""The methods that the study compares and the students behind them, each described once; torch-free.

A new method is one entry of `METHODS`, a new kind of student one entry of `STUDENTS`. Its name then works
in the configuration, in the rules, in training and in tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engram.config import GeneralSettings
from engram.core.errors import ConfigurationError
from engram.studies.general.operators import fusion_operators

__all__ = [
    "BASELINES",
    "HEADINGS",
    "MAIN_STUDENT",
    "METHODS",
    "SELECTED",
    "STUDENTS",
    "Method",
    "Role",
    "Student",
    "find_student",
    "methods",
    "students",
]

#: A task is solved because an encoder was trained on it, or because the study transfers to it.
Role = Literal["source", "target"]


@dataclass(frozen=True)
class Student:
    """A kind of student: what it learns from, by which loss, and what it is called."""

    kind: str
    """Its key in the configuration and its folder's name."""
    label: str
    """What stands behind ``h_`` (its embedding) and ``E_`` (its network) in tables."""
    operator: str
    """The fitted operator whose file it reads; ``concat`` only standardises the source embeddings."""
    target: Literal["fused", "sources"]
    """What it learns: the operator's code, or all standardised source embeddings."""
    decoder: Literal["none", "layers", "projectors"]
    """What reads its embedding in training: nothing, the mirrored layers of the fusing encoder, or a
    projector for each source; a key of `engram.models.student_with_decoder.DECODERS`."""
    loss: str
    """How outputs are compared with the target: a file of `engram.training.losses`."""
    colour: str
    """Its colour in figures."""

    @property
    def representation(self) -> str:
        """Name of its frozen embedding among the representations, such as ``h_mt``."""
        return f"h_{self.kind}"

    @property
    def finetuned(self) -> str:
        """Name of the method that trains it further on a task, such as ``h_mt_tuned``."""
        return f"h_{self.kind}_tuned"

    @property
    def heading(self) -> str:
        """Heading of its embedding in tables, such as ``h_MT``."""
        return f"h_{self.label}"

    @property
    def network_heading(self) -> str:
        """Heading of the network itself in tables, such as ``E_MT``."""
        return f"E_{self.label}"

    @property
    def network_name(self) -> str:
        """Its name in the column ``operator`` of reconstruction files, such as ``E_mt``."""
        return f"E_{self.kind}"


#: Every kind of student by its key, in the order of tables.
STUDENTS = {
    student.kind: student
    for student in (
        # One step: all source embeddings at once, through a decoder (section 3.4).
        Student("mt", "MT", "concat", "sources", "layers", "reconstruction", "#CC79A7"),
        # Two steps: the operator first, then the student (sections 3.2 and 3.3 of Vielzeuf et al. 2019).
        Student("unique", "unique", "ae", "fused", "none", "cosine", "#0072B2"),
        # Sariyildiz et al. 2024: a projector and a loss for each source, some of which are dropped.
        Student("unic", "UNIC", "concat", "sources", "projectors", "unic", "#009E73"),
    )
}
#: The study's own student, which every configuration has and which is exported.
MAIN_STUDENT = STUDENTS["unique"]


def find_student(kind: str) -> Student:
    """Return the student of this kind.

    Raises
    ------
    ConfigurationError
        If there is no such kind.
    """
    if kind not in STUDENTS:
        raise ConfigurationError(f"general.students: unknown kind '{kind}'. Known: {', '.join(STUDENTS)}.")
    return STUDENTS[kind]


def students(general: GeneralSettings) -> list[Student]:
    """Return the students that a configuration trains, in its order."""
    return [find_student(kind) for kind in general.students]


@dataclass(frozen=True)
class Method:
    """A way to solve a task: a column of Table 3 of Vielzeuf et al. (2019)."""

    name: str
    """Its folder, and its value in the column ``method`` of predictions."""
    heading: str
    """Its heading in tables."""
    step: Literal["probe", "finetune", "search"]
    """How it learns a task: a head on a frozen embedding, a whole network, or a head on the embeddings of
    those encoders that the subset search finds best."""
    reads: Literal["nothing", "pixels", "encoder", "embeddings", "representation", "student"]
    """What it starts from; ``pixels`` are the stored faces themselves. ``encoder`` is a source task's own for
    a probe, and for a network the one that the subset search finds best; ``embeddings`` are those of several
    encoders side by side."""
    roles: tuple[Role, ...] = ("target",)
    """The tasks that it solves."""
    operators: tuple[str, ...] = ()
    """Operators that have to be fitted for it on the unlabelled faces."""
    student: Student | None = None
    """The student that it reads."""


def _student_methods(student: Student) -> tuple[Method, Method]:
    """Return a student's frozen embedding and the fine-tuned student."""
    both: tuple[Role, ...] = ("source", "target")
    # To standardise the source embeddings, as `concat` does, is no fitting worth a mention.
    operators = (student.operator,) if student.target == "fused" else ()
    heading = f"{student.heading} fine-tuned"
    return (
        Method(student.representation, student.heading, "probe", "representation", both, operators, student),
        Method(
            student.finetuned,
            heading,
            "finetune",
            "student",
            both if student == MAIN_STUDENT else ("target",),
            operators,
            student,
        ),
    )


#: Every method by its name, in the order of tables.
METHODS = {
    method.name: method
    for method in (
        # Baselines that learn nothing deep; `GeneralSettings.baselines` chooses them.
        Method("constant", "constant answer", "probe", "nothing", ("source", "target")),
        Method("hog", "HOG, linear", "probe", "pixels", ("source", "target")),
        Method("original", "original", "probe", "encoder", ("source",)),
        Method("cnn", "CNN", "finetune", "nothing", ("source", "target")),
        Method("p_cnn", "P-CNN", "finetune", "encoder"),
        Method("concat", "Concat", "probe", "embeddings"),
        Method("pca", "PCA", "probe", "representation", operators=("pca",)),
        # The best single embedding, and the best combination.
        Method("bt", "BT", "search", "embeddings"),
        Method("bct", "BCT", "search", "embeddings"),
        Method("h_g", "h_G", "probe", "representation", ("source", "target"), ("ae",)),
        # h_G of an autoencoder whose loss gives every source embedding the same weight.
        Method("h_g_balanced", "h_G balanced", "probe", "representation", operators=("ae_balanced",)),
        *(method for student in STUDENTS.values() for method in _student_methods(student)),
    )
}


#: The methods that the settings choose one by one.
BASELINES = ("constant", "hog")


def methods(general: GeneralSettings, role: Role) -> list[Method]:
    """Return the methods by which a configuration solves the tasks of a role, in the order of tables."""
    kept = (*students(general), None)
    return [
        method
        for method in METHODS.values()
        if role in method.roles
        and (method.name not in BASELINES or method.name in general.baselines)
        and method.student in kept
        and set(method.operators) <= set(fusion_operators(general))
    ]


#: The methods that the subset search gives.
SELECTED = tuple(name for name, method in METHODS.items() if method.step == "search")
#: The heading of every method in tables.
HEADINGS = {name: method.heading for name, method in METHODS.items()}
