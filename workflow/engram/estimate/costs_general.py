"""What each kind of job of the general study takes, up to its frozen representations."""

from __future__ import annotations

from collections.abc import Callable

from engram.core.paths import GENERAL_CROP
from engram.estimate.costs import Machine, Scale, light
from engram.estimate.costs_transfer import transfer_costs
from engram.estimate.counts import (
    Count,
    count_encoder,
    count_perceptron,
    count_projectors,
    count_student,
)
from engram.estimate.jobs import Job
from engram.estimate.work import FORWARD_BATCH, Cost, Work
from engram.studies.general.operators import fused_sizes, sizes_swept
from engram.studies.general.plan import representations

__all__ = ["general_costs"]

_FLOAT, _DOUBLE = 4, 8
#: Bytes of a subset's embeddings that stay in memory for fusion; of larger ones a block of rows at a time.
_RESIDENT, _BLOCK = 256 * 2**20, 1024
#: Square matrices of PCA, one row and column a value of all embeddings.
_SCATTERS = 4
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
    return machine.shared_cost(work)


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
    return machine.shared_cost(work)


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
    work = Work(arrays=sum(_kept(faces, total) for faces in (size.train, size.validation, size.test)))
    if "pca" in job.params["operators"]:
        work.arrays += _SCATTERS * _DOUBLE * total**2
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


def _kept(faces: int, values: int) -> int:
    """Return the bytes that a subset's embeddings take in memory."""
    whole = _FLOAT * faces * values
    return whole if whole <= _RESIDENT else _FLOAT * _BLOCK * values


def _student(job: Job, scale: Scale, machine: Machine) -> Cost:
    general, kind = scale.settings.general, job.wildcards["kind"]
    count, size = count_student(general), scale.sizes[general.unsupervised]
    training, values = general.student.training, scale.face_values(GENERAL_CROP)
    total, *_, learnt = fused_sizes(general)
    pupil, work = count + _reader(kind, scale), Work(disk=_FLOAT * count.parameters)
    work.scratch = 32 * pupil.parameters
    if kind == "unique":
        # h_G is computed once and kept; source embeddings are read from where they lie.
        work.scratch += _FLOAT * learnt * (size.train + size.validation)
    else:
        learnt = total
    work.train("residual", pupil, size.train, training.epochs, training.batch_size, values + learnt)
    work.look("residual", pupil, size.validation, values, training.epochs)
    return machine.shared_cost(work)


def _reader(kind: str, scale: Scale) -> Count:
    """Return what rebuilds the source embeddings from a student's while it learns."""
    general = scale.settings.general
    sizes = fused_sizes(general)
    if kind == "mt":
        return count_perceptron(sizes[::-1])
    if kind == "unic":
        return count_projectors(sizes[-1], [encoder.embedding for encoder in general.encoders.values()])
    return Count(0, 0, 0)


def _represent(job: Job, scale: Scale, machine: Machine) -> Cost:
    general, images = scale.settings.general, scale.sizes[job.wildcards["dataset"]].images
    seeds, sizes, work = len(scale.settings.seeds), fused_sizes(general), Work()
    for name in representations(general):
        if name.startswith("h_") and name != "h_g":
            work.look("residual", count_student(general), images, scale.face_values(GENERAL_CROP), seeds)
        else:
            work.look("perceptron", _operator({"h_g": "ae"}.get(name, name), scale), images, 0, seeds)
        work.disk += seeds * images * sizes_swept(general).get(name, sizes[-1]) * _FLOAT
    return machine.cost(work)


def _views(job: Job, scale: Scale, machine: Machine) -> Cost:
    arrays = sum(scale.sizes[name].images for name in job.params["datasets"])
    held = _FLOAT * arrays * fused_sizes(scale.settings.general)[-1]
    # The map is of a thousand faces at most, whatever the data.
    return light(machine, 2 * machine.throughput.host.evidence_seconds, 100_000, held)


def _export(job: Job, scale: Scale, machine: Machine) -> Cost:
    count, host = count_student(scale.settings.general), machine.throughput.host
    device = machine.throughput.cpu
    seconds = device.start_seconds - host.start_seconds + 2 * host.evidence_seconds
    return light(machine, max(0.0, seconds), 3 * _FLOAT * count.parameters, 4 * _FLOAT * count.parameters)


def general_costs() -> dict[str, Callable[[Job, Scale, Machine], Cost]]:
    """Return a kind of job -> what gives its cost."""
    return {
        "train_encoder": _encoder,
        "check_encoder": _check,
        "extract_embeddings": _extract,
        "fit_operators": _fit,
        "train_student": _student,
        "represent_faces": _represent,
        "general_views": _views,
        "export_student": _export,
        **transfer_costs(),
    }
