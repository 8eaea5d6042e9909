"""What it takes to solve a piece of knowledge: heads on frozen embeddings, choice of encoders, networks."""

from __future__ import annotations

from collections.abc import Callable

from engram.config import GeneralSettings
from engram.core.labels import CLASSES
from engram.core.paths import GENERAL_CROP
from engram.estimate.costs import Machine, Scale
from engram.estimate.counts import Count, count_encoder, count_perceptron, count_student
from engram.estimate.jobs import Job
from engram.estimate.sizes import DataSize
from engram.estimate.work import Cost, Work
from engram.studies.general.operators import fused_sizes, sizes_swept
from engram.studies.general.plan import GeneralTask, probe_methods, subsets_of_encoders

__all__ = ["transfer_costs"]

#: Outputs of a head on attributes, whose number stands in the manifest: CelebA's is taken.
_ATTRIBUTES = 40
#: Of so many other persons one validates where one is left out, and of so many where encoders are chosen.
_VALIDATING, _CHOOSING = 10, 5
#: Subsets of the encoders that each seed answers with, at most: the choice of each of five methods, BT, BCT.
_REPORTED = 7
#: Faces behind a kernel, and the products of matrices of that size that scoring one subset takes.
_SAMPLED, _PRODUCTS = 1500, 2
#: Weights of first layers that train together; larger heads train alone.
_TOGETHER = 1 << 22
_FLOAT = 4

#: Numbers of training and validation faces.
Faces = tuple[int, int]


def _outputs(item: GeneralTask, scale: Scale) -> int:
    """Return the outputs of a head on a piece of knowledge."""
    if item.kind == "classification":
        return len(CLASSES[item.task])
    if item.kind == "identity":
        return scale.sizes[item.dataset].subjects
    return 1 if item.kind == "regression" else _ATTRIBUTES


def _runs(item: GeneralTask, scale: Scale) -> tuple[int, Faces]:
    """Return how often a head or network is trained a seed, and on which faces."""
    size = scale.sizes[item.dataset]
    if item.protocol == "leave_one_out":
        validating = max(1, (size.subjects - 1) // _VALIDATING)
        return size.subjects, _by_persons(size, validating, tested=1)
    return 1, (size.train, size.validation)


def _choosing(item: GeneralTask, scale: Scale) -> Faces:
    """Return the faces that choose the encoders."""
    size = scale.sizes[item.dataset]
    if item.protocol == "leave_one_out":
        return _by_persons(size, max(1, size.subjects // _CHOOSING))
    return size.train, size.validation


def _by_persons(size: DataSize, validating: int, tested: int = 0) -> Faces:
    """Return the faces of those who are left for training, and of ``validating`` persons."""
    each = size.images / size.subjects
    return round(each * (size.subjects - validating - tested)), round(each * validating)


def _add_heads(
    work: Work, layers: list[list[int]], faces: Faces, general: GeneralSettings, folds: int = 1
) -> None:
    """Add heads of the given layers, trained together as far as their weights fit, ``folds`` times."""
    recipe, (train, validation) = general.head.training, faces
    counts = [count_perceptron(each) for each in layers]
    total = sum(counts, Count(0, 0, 0))
    largest = max(count.parameters for count in counts)
    # Steps of a group are shared: so many groups, each with its part of the arithmetic.
    groups = max(1, round(folds * total.parameters / max(_TOGETHER, largest)))
    share = Count(folds * total.adds / groups, folds * total.parameters / groups, total.values)
    for _ in range(groups):
        work.train("perceptron", share, train, recipe.epochs, recipe.batch_size, 0, joins=False)
        work.look("perceptron", share, validation, 0, recipe.epochs)


def _add_frozen(work: Work, item: GeneralTask, approaches: list[str], scale: Scale) -> None:
    general, seeds = scale.settings.general, len(scale.settings.seeds)
    sizes, outputs = fused_sizes(general), _outputs(item, scale)
    folds, faces = _runs(item, scale)
    for name in approaches:
        # Filled from what was read, so that both are there for a moment.
        held = 2 * _FLOAT * scale.sizes[item.dataset].images * _gathered(name, item, general)
        work.arrays = max(work.arrays, held)
        if item.protocol != "pairs":
            given = sizes_swept(general).get(name, sizes[0] if name == "concat" else sizes[-1])
            hidden = sizes[1:] if name == "concat" else [general.head.hidden]
            _add_heads(work, [[given, *hidden, outputs]], faces, general, folds * seeds)
    work.disk += _answers(item, scale) * len(approaches)


def _gathered(approach: str, item: GeneralTask, general: GeneralSettings) -> int:
    """Return the values a face that an approach gathers in memory: representations stay on the disk."""
    if approach == "concat":
        return fused_sizes(general)[0]
    if approach != "original":
        return 0
    encoder = general.encoders[item.encoder]
    # An encoder that was trained here answers by its own head, but for pairs.
    return encoder.embedding if encoder.imported or item.protocol == "pairs" else 0


def _answers(item: GeneralTask, scale: Scale) -> float:
    """Return the bytes of one approach's predictions."""
    size = scale.sizes[item.dataset]
    units = {"pairs": item.pairs, "leave_one_out": size.images, "split": size.test}[item.protocol]
    each = 8 * _ATTRIBUTES if item.kind == "attributes" else 30
    return units * len(scale.settings.seeds) * each


def _add_choice(work: Work, item: GeneralTask, scale: Scale) -> None:
    general, outputs = scale.settings.general, _outputs(item, scale)
    images, subsets = scale.sizes[item.dataset].images, subsets_of_encoders(general)
    work.arrays = max(work.arrays, 3 * _FLOAT * images * fused_sizes(general)[0])
    work.disk += 4 * _answers(item, scale)
    if item.protocol == "pairs":
        return
    layers = [
        [sum(general.encoders[name].embedding for name in members), general.head.hidden, outputs]
        for members in subsets
    ]
    single, faces = len(general.encoders), _choosing(item, scale)
    for _ in scale.settings.seeds:
        # Single encoders, the other subsets, and once more the kernel's best: which ones is not known
        # before, so these are the largest.
        for part in (layers[:single], layers[single:], layers[-general.top :]):
            _add_heads(work, part, faces, general)
    if item.protocol == "leave_one_out":
        folds, left = _runs(item, scale)
        for _ in range(_REPORTED * len(scale.settings.seeds)):
            _add_heads(work, layers[-1:], left, general, folds)
    sampled = min(_SAMPLED, faces[0])
    kernel = len(subsets) * _PRODUCTS * sampled**2
    work.look("perceptron", Count(kernel, 0, 0), sampled, 0)


def _add_networks(work: Work, item: GeneralTask, approaches: list[str], scale: Scale) -> None:
    general, count = scale.settings.general, count_student(scale.settings.general)
    tuning, values = general.student.tuning, scale.face_values(GENERAL_CROP)
    trainable = [e for e in general.encoders.values() if e.imported is None or e.imported.trainable]
    costly = max([count_encoder(each)[0] for each in trainable] or [count], key=lambda each: each.adds)
    folds, (train, validation) = _runs(item, scale)
    for name in approaches:
        network = costly if name == "p_cnn" else count
        for _ in range(folds * len(scale.settings.seeds)):
            work.train("residual", network, train, tuning.epochs, tuning.batch_size, values)
            work.look("residual", network, validation, values, tuning.epochs)
        work.look("residual", network, scale.sizes[item.dataset].test, values, len(scale.settings.seeds))
        work.disk += _answers(item, scale)
        work.scratch = max(work.scratch, 32 * network.parameters)


def _frozen(job: Job, scale: Scale, machine: Machine) -> Cost:
    work = Work()
    _add_frozen(work, scale.items[job.wildcards["knowledge"]], job.params["approaches"], scale)
    return machine.cost(work)


def _select(job: Job, scale: Scale, machine: Machine) -> Cost:
    work = Work()
    _add_choice(work, scale.items[job.wildcards["knowledge"]], scale)
    return machine.cost(work)


def _trained(job: Job, scale: Scale, machine: Machine) -> Cost:
    work = Work()
    _add_networks(work, scale.items[job.wildcards["knowledge"]], job.params["approaches"], scale)
    return machine.shared_cost(work)


def _solve(job: Job, scale: Scale, machine: Machine) -> Cost:
    work, item = Work(), scale.items[job.wildcards["knowledge"]]
    probed = [method.name for method in probe_methods(scale.settings.general, item)]
    _add_frozen(work, item, probed, scale)
    if job.params["choose"]:
        _add_choice(work, item, scale)
    networks = [name for name in job.params["approaches"] if name != "frozen"]
    _add_networks(work, item, networks, scale)
    return machine.cost(work)


def transfer_costs() -> dict[str, Callable[[Job, Scale, Machine], Cost]]:
    """Return a kind of job -> what gives its cost."""
    return {
        "transfer_frozen": _frozen,
        "select_encoders": _select,
        "transfer_trained": _trained,
        "solve_knowledge": _solve,
    }
