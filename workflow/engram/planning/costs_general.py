"""What each kind of job of the general study takes."""

from __future__ import annotations

from collections.abc import Callable

from engram.ground.knowledge import (
    TEACHERS,
    Knowledge,
    frozen_approaches,
    fused_sizes,
    representations,
    sizes_swept,
    subsets_of_encoders,
)
from engram.ground.labels import CLASSES
from engram.ground.layout import GENERAL_CROP
from engram.planning.costs import Machine, Scale, light
from engram.planning.counts import Count, count_encoder, count_perceptron, count_resnet
from engram.planning.jobs import Job
from engram.planning.work import FORWARD_BATCH, Cost, Work

__all__ = ["ATTRIBUTES", "general_costs"]

#: Outputs of a head on attributes, whose number stands in the manifest: CelebA's is taken.
ATTRIBUTES = 40
#: Faces behind a kernel, and the products of matrices of that size that scoring one subset takes.
_SAMPLED, _PRODUCTS = 1500, 2
#: Weights of first layers that train together; larger heads train alone.
_TOGETHER = 1 << 22
_FLOAT = 4
#: Faces of an extraction's pass on a GPU.
_EXTRACTED = 256


def _encoder(job: Job, scale: Scale, machine: Machine) -> Cost:
    general = scale.settings.general
    encoder = general.encoders[job.wildcards["encoder"]]
    size, count = scale.sizes[encoder.dataset], count_encoder(encoder)[0]
    values, training = scale.face_values(GENERAL_CROP), encoder.training
    work = Work(disk=_FLOAT * count.parameters, scratch=32 * count.parameters)
    work.train("residual", count, size.train, training.epochs, training.batch_size, values)
    work.look("residual", count, size.validation, values, training.epochs)
    return machine.cost(work)


def _check(job: Job, scale: Scale, machine: Machine) -> Cost:
    count = count_encoder(scale.settings.general.encoders[job.wildcards["encoder"]])[0]
    work = Work()
    work.look("residual", count, 2, 0)
    return machine.cost(work)


def _extract(job: Job, scale: Scale, machine: Machine) -> Cost:
    settings = scale.settings
    dataset = job.wildcards["dataset"]
    faces = scale.sizes[dataset].images / settings.datasets[dataset].shards
    work, width = Work(), 2 if settings.general.dtype == "float16" else _FLOAT
    batch = _EXTRACTED if machine.gpu else FORWARD_BATCH
    for number, name in enumerate(job.params["encoders"]):
        encoder = settings.general.encoders[name]
        # A face is read once for all encoders of the job.
        values = 0 if number else 3 * encoder.size**2
        work.look("residual", count_encoder(encoder)[0], faces, values, batch=batch)
        work.disk += faces * encoder.embedding * width
    return machine.cost(work)


def _operator(name: str, scale: Scale) -> Count:
    """Return an operator's network, there and back."""
    general = scale.settings.general
    sizes = fused_sizes(general)
    if name == "concat":
        return Count(0, 2 * sizes[0], sizes[0], 2 * sizes[0])
    if name == "pca":
        there = sizes[0] * sizes[-1]
        return Count(2 * there, there + sizes[0], sizes[0], sizes[0] + sizes[-1])
    layers = [*sizes[:-1], sizes_swept(general).get(name, sizes[-1])]
    return count_perceptron([*layers, *layers[-2::-1]])


def _fit(job: Job, scale: Scale, machine: Machine) -> Cost:
    general = scale.settings.general
    size, training = scale.sizes[general.unsupervised], general.fusion.training
    total, seeds = fused_sizes(general)[0], len(job.params["seeds"])
    work = Work(arrays=_FLOAT * total * size.train)
    for name in job.params["operators"]:
        count = _operator(name, scale)
        work.disk += _FLOAT * count.parameters * seeds
        if name == "pca":
            work.look("perceptron", Count(total**2, 0, 0), size.train, 0)
        elif name != "concat":
            for _ in range(seeds):
                how = {"epochs": training.epochs, "batch": training.batch_size, "values": 0}
                work.train("perceptron", count, size.train, **how, joins=False)
                work.look("perceptron", count, size.validation, 0, training.epochs)
        work.look("perceptron", count, size.test, 0, seeds)
    return machine.cost(work)


def _student_count(scale: Scale) -> Count:
    general = scale.settings.general
    return count_resnet(general.student.width, general.student.size, fused_sizes(general)[-1])


def _student(job: Job, scale: Scale, machine: Machine) -> Cost:
    general, count = scale.settings.general, _student_count(scale)
    size, training = scale.sizes[general.unsupervised], general.student.training
    values = scale.face_values(GENERAL_CROP)
    sizes = fused_sizes(general)
    learnt = sizes[0] if TEACHERS[job.wildcards["kind"]] == "concat" else sizes[-1]
    pupil = count + count_perceptron(sizes[::-1]) if learnt == sizes[0] else count
    faces = size.train + size.validation
    work = Work(disk=_FLOAT * count.parameters, scratch=32 * pupil.parameters + _FLOAT * learnt * faces)
    work.train("residual", pupil, size.train, training.epochs, training.batch_size, values + learnt)
    work.look("residual", pupil, size.validation, values, training.epochs)
    return machine.cost(work)


def _represent(job: Job, scale: Scale, machine: Machine) -> Cost:
    general, images = scale.settings.general, scale.sizes[job.wildcards["dataset"]].images
    seeds, sizes, work = len(scale.settings.seeds), fused_sizes(general), Work()
    for name in representations(general):
        if name.startswith("h_") and name != "h_g":
            work.look("residual", _student_count(scale), images, scale.face_values(GENERAL_CROP), seeds)
        else:
            work.look("perceptron", _operator({"h_g": "ae"}.get(name, name), scale), images, 0, seeds)
        work.disk += seeds * images * sizes_swept(general).get(name, sizes[-1]) * _FLOAT
    return machine.cost(work)


def _views(job: Job, scale: Scale, machine: Machine) -> Cost:
    arrays = sum(scale.sizes[name].images for name in job.params["datasets"])
    held = _FLOAT * arrays * fused_sizes(scale.settings.general)[-1]
    # The map is of a thousand faces at most, whatever the data.
    return light(machine, 2 * machine.throughput.host.evidence_seconds, 100_000, held)


def _outputs(item: Knowledge, scale: Scale) -> int:
    """Return the outputs of a head on a piece of knowledge."""
    if item.kind == "classification":
        return len(CLASSES[item.task])
    if item.kind == "identity":
        return scale.sizes[item.dataset].subjects
    return 1 if item.kind == "regression" else ATTRIBUTES


def _runs(item: Knowledge, scale: Scale) -> tuple[int, float, float]:
    """Return how often a head or network is trained a seed, and its training and validation faces."""
    size = scale.sizes[item.dataset]
    if item.protocol == "leave_one_out":
        return size.subjects, 0.9 * size.images, 0.1 * size.images
    return 1, size.train, size.validation


def _add_heads(work: Work, layers: list[list[int]], item: Knowledge, scale: Scale, folds: int) -> None:
    """Add heads of the given layers, trained together as far as their weights fit, ``folds`` times."""
    general = scale.settings.general
    recipe = general.head.training
    _, train, validation = _runs(item, scale)
    counts = [count_perceptron(each) for each in layers]
    total = sum(counts, Count(0, 0, 0))
    largest = max(count.parameters for count in counts)
    # Steps of a group are shared: so many groups, each with its part of the arithmetic.
    groups = max(1, round(folds * total.parameters / max(_TOGETHER, largest)))
    share = Count(folds * total.adds / groups, folds * total.parameters / groups, total.values)
    for _ in range(groups):
        work.train("perceptron", share, train, recipe.epochs, recipe.batch_size, 0, joins=False)
        work.look("perceptron", share, validation, 0, recipe.epochs)


def _add_frozen(work: Work, item: Knowledge, approaches: list[str], scale: Scale) -> None:
    general, size = scale.settings.general, scale.sizes[item.dataset]
    sizes, outputs = fused_sizes(general), _outputs(item, scale)
    work.arrays = max(work.arrays, 2 * _FLOAT * size.images * sizes[0])
    folds = _runs(item, scale)[0] * len(scale.settings.seeds)
    if item.protocol != "pairs":
        for name in approaches:
            given = sizes_swept(general).get(name, sizes[0] if name == "concat" else sizes[-1])
            hidden = sizes[1:] if name == "concat" else [general.head.hidden]
            _add_heads(work, [[given, *hidden, outputs]], item, scale, folds)
    work.disk += _answers(item, scale) * len(approaches)


def _answers(item: Knowledge, scale: Scale) -> float:
    """Return the bytes of one approach's predictions."""
    size = scale.sizes[item.dataset]
    units = {"pairs": item.pairs, "leave_one_out": size.images, "split": size.test}[item.protocol]
    each = 8 * ATTRIBUTES if item.kind == "attributes" else 30
    return units * len(scale.settings.seeds) * each


def _add_choice(work: Work, item: Knowledge, scale: Scale) -> None:
    general, size = scale.settings.general, scale.sizes[item.dataset]
    subsets, outputs = subsets_of_encoders(general), _outputs(item, scale)
    work.arrays = max(work.arrays, 3 * _FLOAT * size.images * fused_sizes(general)[0])
    work.disk += 4 * _answers(item, scale)
    if item.protocol == "pairs":
        return
    layers = [
        [sum(general.encoders[name].embedding for name in members), general.head.hidden, outputs]
        for members in subsets
    ]
    _add_heads(work, layers, item, scale, len(scale.settings.seeds))
    sampled = min(_SAMPLED, size.train)
    kernel = len(subsets) * _PRODUCTS * sampled**2
    work.look("perceptron", Count(kernel, 0, 0), sampled, 0)


def _add_networks(work: Work, item: Knowledge, approaches: list[str], scale: Scale) -> None:
    general, count = scale.settings.general, _student_count(scale)
    tuning, values = general.student.tuning, scale.face_values(GENERAL_CROP)
    trainable = [e for e in general.encoders.values() if e.imported is None or e.imported.trainable]
    costly = max([count_encoder(each)[0] for each in trainable] or [count], key=lambda each: each.adds)
    folds, train, validation = _runs(item, scale)
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
    return machine.cost(work)


def _solve(job: Job, scale: Scale, machine: Machine) -> Cost:
    work, item = Work(), scale.items[job.wildcards["knowledge"]]
    _add_frozen(work, item, frozen_approaches(scale.settings.general, item), scale)
    if job.params["choose"]:
        _add_choice(work, item, scale)
    networks = [name for name in job.params["approaches"] if name != "frozen"]
    _add_networks(work, item, networks, scale)
    return machine.cost(work)


def _export(job: Job, scale: Scale, machine: Machine) -> Cost:
    count, host = _student_count(scale), machine.throughput.host
    device = machine.throughput.cpu
    seconds = device.start_seconds - host.start_seconds + 2 * host.evidence_seconds
    return light(machine, max(0.0, seconds), 3 * _FLOAT * count.parameters, 4 * _FLOAT * count.parameters)


def general_costs() -> dict[str, Callable[[Job, Scale, Machine], Cost]]:
    """Return a kind of job -> what gives its cost."""
    return {
        "train_encoder": lambda job, scale, machine: (
            _encoder if scale.settings.general.encoders[job.wildcards["encoder"]].imported is None else _check
        )(job, scale, machine),
        "extract_embeddings": _extract,
        "fit_operators": _fit,
        "train_student": _student,
        "represent_faces": _represent,
        "general_views": _views,
        "transfer_frozen": _frozen,
        "select_encoders": _select,
        "transfer_trained": _trained,
        "solve_knowledge": _solve,
        "export_student": _export,
    }
