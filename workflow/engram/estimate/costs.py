"""What each kind of job takes: the data sets' jobs, the memory study's, and those of the evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engram.config import Settings
from engram.core.lineage import Lineage
from engram.data.jobs import crop_settings
from engram.estimate.counts import count_vgg
from engram.estimate.jobs import Job
from engram.estimate.sizes import DataSize
from engram.estimate.throughput import Device, Throughput
from engram.estimate.work import Cost, Work
from engram.studies.general.plan import GeneralTask, finetune_methods, general_tasks
from engram.studies.lineage.trials import lineages

__all__ = ["Machine", "Scale", "evidence_rows", "light", "memory_costs"]

#: Raw pixels are three bytes; a prediction of the tables, with its scores and names, this many.
_CHANNELS, _PREDICTION_BYTES = 3, 120
#: What a table, a figure or a page of claims leaves, all forms together.
_PAGE_BYTES = 300_000
#: Faces behind the Fisher information.
_FISHER_FACES = 256


@dataclass(frozen=True)
class Scale:
    """A configuration and the sizes of its data sets."""

    settings: Settings
    sizes: dict[str, DataSize]

    @property
    def items(self) -> dict[str, GeneralTask]:
        """The general study's knowledge by name."""
        general = self.settings.general
        return {item.name: item for item in general_tasks(general)} if general else {}

    def face_values(self, crop: str) -> int:
        """Return the values of a stored face."""
        faces = crop_settings(self.settings)[crop]
        return faces.size**2 * (1 if faces.colour == "grey" else 3)


@dataclass(frozen=True)
class Machine:
    """What jobs run on."""

    throughput: Throughput
    gpu: bool
    """Whether networks run on GPUs."""
    processes: int = 1
    """Of a job that several share, on each of its nodes."""
    nodes: int = 1

    def cost(self, work: Work) -> Cost:
        """Return what a job that computes networks takes in one process."""
        return work.cost(self._device, self.throughput.host, gpu=self.gpu)

    def shared_cost(self, work: Work) -> Cost:
        """Return what a job takes whose script starts as many processes as there are to be."""
        together = {"processes": self.processes, "nodes": self.nodes}
        return work.cost(self._device, self.throughput.host, gpu=self.gpu, **together)

    @property
    def _device(self) -> Device:
        return self.throughput.planned_gpu if self.gpu else self.throughput.cpu


def light(machine: Machine, seconds: float, disk: float, arrays: float = 0.0) -> Cost:
    """Return what a job without a network takes: it runs on the host."""
    host = machine.throughput.host
    return Cost(host.start_seconds + seconds, False, host.start_bytes + arrays, 0.0, disk)


def evidence_rows(scale: Scale) -> dict[str, int]:
    """Return the rows of predictions that each study's tables read."""
    seeds = len(scale.settings.seeds)
    models = len(lineages(scale.settings.memory))
    tested = {
        name for transfer in scale.settings.memory.transfers for name in (transfer.source, *transfer.targets)
    }
    rows = {"memory": models * seeds * sum(scale.sizes[name].test for name in tested), "general": 0}
    for item in scale.items.values():
        size = scale.sizes[item.dataset]
        units = {"pairs": item.pairs, "leave_one_out": size.images, "split": size.test}[item.protocol]
        frozen = 6 if item.role == "target" else 4
        rows["general"] += units * seeds * (frozen + len(finetune_methods(scale.settings.general, item)))
    return rows


def _draw(job: Job, scale: Scale, machine: Machine) -> Cost:
    size = scale.sizes[job.wildcards["dataset"]]
    pixels = size.images * size.side**2
    seconds = pixels / 64**2 / machine.throughput.host.drawn_images_per_second
    return light(machine, seconds, pixels * _CHANNELS)


def _read(job: Job, scale: Scale, machine: Machine) -> Cost:
    size = scale.sizes[job.wildcards["dataset"]]
    # Each image is opened for its size, not decoded.
    return light(machine, size.images / 5000, size.images * 100)


def _prepare(job: Job, scale: Scale, machine: Machine) -> Cost:
    name, host = job.wildcards["dataset"], machine.throughput.host
    size = scale.sizes[name]
    if scale.settings.datasets[name].detect:
        each = host.detect_seconds + size.side**2 / host.detect_pixels_per_second
    else:
        each = size.side**2 * _CHANNELS / host.prepared_values_per_second
    return light(machine, size.images * each, size.images * scale.face_values(job.wildcards["crop"]))


def _split(job: Job, scale: Scale, machine: Machine) -> Cost:
    images = scale.sizes[job.wildcards["dataset"]].images
    return light(machine, images / 20_000, images * 40)


def _sheet(job: Job, scale: Scale, machine: Machine) -> Cost:
    return light(machine, machine.throughput.host.evidence_seconds, _PAGE_BYTES)


def _evidence(study: str) -> Callable[[Job, Scale, Machine], Cost]:
    def cost(job: Job, scale: Scale, machine: Machine) -> Cost:
        host, rows = machine.throughput.host, evidence_rows(scale)[study]
        resamples = scale.settings.evidence.resamples / 1000
        seconds = host.evidence_seconds + rows * resamples / host.evidence_rows_per_second
        return light(machine, seconds, _PAGE_BYTES, rows * _PREDICTION_BYTES * 4)

    return cost


def _stage(job: Job, scale: Scale, machine: Machine) -> Cost:
    work = Work()
    for lineage in map(Lineage.parse, job.params["lineages"]):
        for _ in job.params["seeds"]:
            _add_stage(work, lineage, scale)
    return machine.shared_cost(work)


def _add_stage(work: Work, lineage: Lineage, scale: Scale) -> None:
    """Add one stage of one seed; it takes all its epochs, none is saved by patience."""
    settings, stage = scale.settings, lineage.stage
    recipe, sizes = settings.memory.recipe[stage.recipe], scale.sizes
    faces, channels = settings.faces.size, 1 if settings.faces.colour == "grey" else 3
    values, epochs = faces**2 * channels, recipe.epochs
    train = sum(_share(sizes[part.dataset].train, part.percent / 100) for part in stage.portions)
    validation = sum(sizes[part.dataset].validation for part in stage.portions)
    if recipe.replay:
        rehearsed = _rehearsable(lineage, settings)
        train += sum(_share(sizes[name].train, recipe.replay) for name in rehearsed)
        validation += sum(_share(sizes[name].validation, recipe.replay) for name in rehearsed)
    frozen, learning, between = count_vgg(settings.memory.network.width, channels, faces, recipe.layers)
    cached = 0.0
    if between:
        views = min(recipe.views, epochs)
        work.look("convolutions", frozen, views * train + validation, values)
        cached = 2 * between * (views * train + validation)
        family, values = "perceptron" if recipe.layers == "classifier" else "convolutions", between
    else:
        family = "convolutions"
    work.train(family, learning, train, epochs, recipe.batch_size, values)
    work.look(family, learning, validation, values, epochs)
    if recipe.distillation:
        work.look(family, learning, train, 0, epochs)
    if recipe.elastic:
        work.look("convolutions", learning, 3 * _FISHER_FACES, values)
    parameters = frozen.parameters + learning.parameters
    work.disk += 4 * parameters
    # Two checkpoints stand beside each other while the newer is written.
    work.scratch = max(work.scratch, cached + 2 * 16 * parameters)


def _share(faces: int, share: float) -> int:
    return max(1, round(faces * share))


def _rehearsable(lineage: Lineage, settings: Settings) -> list[str]:
    """Return the earlier stages' data sets that are labelled with what the last stage learns."""
    task = settings.datasets[lineage.stage.datasets[0]].task
    return [name for name in lineage.earlier_datasets if settings.datasets[name].task == task]


def _evaluate(job: Job, scale: Scale, machine: Machine) -> Cost:
    work, settings = Work(), scale.settings
    channels = 1 if settings.faces.colour == "grey" else 3
    _, whole, _ = count_vgg(settings.memory.network.width, channels, settings.faces.size)
    tested = scale.sizes[job.wildcards["dataset"]].test
    models = len(job.params["lineages"]) * len(job.params["seeds"])
    work.look("convolutions", whole, tested, settings.faces.size**2 * channels, models)
    work.disk = work.arrays = models * tested * _PREDICTION_BYTES
    return machine.cost(work)


def memory_costs() -> dict[str, Callable[[Job, Scale, Machine], Cost]]:
    """Return a kind of job -> what gives its cost."""
    return {
        "draw_faces": _draw,
        "read_dataset": _read,
        "prepare_faces": _prepare,
        "split_subjects": _split,
        "contact_sheet": _sheet,
        "train_stage": _stage,
        "evaluate_models": _evaluate,
        **{f"memory_{name}": _evidence("memory") for name in ("tables", "claims", "figure")},
        **{f"general_{name}": _evidence("general") for name in ("tables", "claims", "figure")},
        "model_cards": _evidence("memory"),
        "track": _sheet,
        "write_report": _sheet,
        "all": lambda job, scale, machine: Cost(0.0, False, 0.0, 0.0, 0.0),
    }
