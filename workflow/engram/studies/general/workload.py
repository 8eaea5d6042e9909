"""How many steps of which networks each job of the general study takes; torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from engram.config import EncoderSettings, GeneralSettings, Settings
from engram.core.labels import CLASSES
from engram.studies.general.methods import BASELINES, METHODS, Student, find_student
from engram.studies.general.operators import FUSED, FusionOperator, find_operator, fused_sizes, sizes_swept
from engram.studies.general.plan import probe_methods, represented, subsets_of_encoders, trainable_encoders
from engram.studies.general.task_plan import GeneralTask, general_tasks
from engram.training.workload import (
    GPU_FORWARD_BATCH,
    HEADS_BATCH,
    HEADS_WEIGHTS,
    OPERATOR_BATCH,
    DataSize,
    Network,
    Work,
    Workload,
)

__all__ = ["GeneralWork"]

_FLOAT = 4
#: Bytes of a subset's embeddings that stay in memory for fusion.
_RESIDENT = 256 * 2**20
#: Outputs of a head on attributes, whose number stands in the manifest: CelebA's is taken.
_ATTRIBUTES = 40
#: Of so many other subjects one validates where one is left out, and so many inner folds choose encoders.
_VALIDATING, _INNER = 10, 5
#: Measured on one core: PCA of 20,000 x 5,488 values, and kernel ridge on 1,500 faces for one subset.
_PCA_SECONDS, _KERNEL_SECONDS, _SAMPLED = 20.6, 0.063, 1500


@dataclass(frozen=True)
class GeneralWork:
    """The work behind each result of the study, by what names the result."""

    settings: Settings
    sizes: Mapping[str, DataSize]

    @property
    def general(self) -> GeneralSettings:
        """The study's settings."""
        assert self.settings.general is not None
        return self.settings.general

    @property
    def tasks(self) -> dict[str, GeneralTask]:
        """Every task by name."""
        return {task.name: task for task in general_tasks(self.general)}

    @property
    def unlabelled(self) -> DataSize:
        """D_unsup: its data sets together."""
        sizes = [self.sizes[name] for name in self.general.unsupervised]
        counts = {
            field: sum(getattr(size, field) for size in sizes)
            for field in ("images", "subjects", "train", "validation", "test")
        }
        return sizes[0].model_copy(update=counts)

    def encoder(self, encoder: str) -> Work:
        """Return the training of a source encoder."""
        chosen = self.general.encoders[encoder]
        size = self.sizes[chosen.dataset or ""]
        network = self._backbone(chosen, self._outputs(chosen.tasks[0], size))
        workloads = [
            Workload.training(network, size.train, chosen.training, models=1),
            Workload.forward(network, size.validation, times=chosen.training.epochs),
        ]
        return Work(workloads=workloads).shared(self.settings.compute.processes)

    def embeddings(self, dataset: str, encoder: str) -> Work:
        """Return the extraction of one shard of an encoder's embeddings."""
        chosen = self.general.encoders[encoder]
        faces = -(-self.sizes[dataset].images // self.settings.datasets[dataset].shards)
        width = 2 if self.general.dtype == "float16" else _FLOAT
        forward = Workload.forward(self._backbone(chosen), faces, gpu_batch=GPU_FORWARD_BATCH)
        work = Work(workloads=[forward], disk=faces * chosen.embedding * width)
        return work.shared(self.settings.compute.processes)

    def operator(self, operator: str) -> Work:
        """Return the fit of an operator of one seed, and its reconstruction of the test faces."""
        size, training = self.unlabelled, self.general.fusion.training
        total, arrays = fused_sizes(self.general)[0], 0
        for faces in (size.train, size.validation, size.test):
            arrays += min(faces * total * _FLOAT, _RESIDENT)
        chosen = find_operator(self.general, operator)
        if chosen.fitting == "nothing":
            return Work(arrays=arrays)
        network = self._operator(chosen)
        tested = Workload.forward(network, size.test, batch_size=OPERATOR_BATCH)
        if chosen.fitting == "components":
            seconds = _PCA_SECONDS * size.train / 20_000 * (total / 5488) ** 2
            kept = tested.model_copy(update={"models": 1})
            return Work(workloads=[kept], core_seconds=seconds, arrays=arrays)
        workloads = [
            Workload.training(network, size.train, training, joins=False, models=1),
            Workload.forward(network, size.validation, times=training.epochs, batch_size=OPERATOR_BATCH),
            tested,
        ]
        return Work(workloads=workloads, arrays=arrays)

    def student(self, kind: str) -> Work:
        """Return the training of a student of one seed."""
        size, training = self.unlabelled, self.general.student.training
        student = find_student(kind)
        network = self._student(student.decoder)
        workloads = [
            Workload.training(network, size.train, training, models=1),
            Workload.forward(network, size.validation, times=training.epochs),
            Workload.forward(network, size.test),
        ]
        decoding = self.general.fusion.training
        # The whole autoencoder in place of its decoder, which is a little less than half of it.
        decoder = self._operator(FUSED)
        workloads += [
            Workload.forward(self._student("none"), size.train + size.validation + size.test),
            Workload.training(decoder, size.train, decoding, joins=False, models=1),
            Workload.forward(decoder, size.validation, times=decoding.epochs, batch_size=OPERATOR_BATCH),
        ]
        # h_G and what the student gives are computed once and kept; the source embeddings are read from
        # where they lie.
        held = _FLOAT * fused_sizes(self.general)[-1] * (size.train + size.validation)
        kept = _FLOAT * fused_sizes(self.general)[-1] * (size.train + size.validation + size.test)
        return Work(workloads=workloads, scratch=kept + (held if student.target == "fused" else 0)).shared(
            self.settings.compute.processes
        )

    def representation(self, dataset: str, name: str) -> Work:
        """Return one frozen representation of a data set's faces, of all seeds."""
        faces, seeds = self.sizes[dataset].images, len(self.settings.seeds_of("general"))
        width = fused_sizes(self.general)[-1]
        (source,) = (each.source for each in represented(self.general) if each.name == name)
        if isinstance(source, Student):
            forward = Workload.forward(self._student("none"), faces, times=seeds)
        else:
            width = source.size or width
            forward = Workload.forward(self._operator(source), faces, times=seeds, batch_size=OPERATOR_BATCH)
        return Work(workloads=[forward], disk=seeds * faces * width * _FLOAT)

    def probe(self, task: str) -> Work:
        """Return the heads of all methods on frozen representations, of all seeds."""
        item, general = self.tasks[task], self.general
        fused, size = fused_sizes(general), self.sizes[item.dataset]
        methods = [method for method in probe_methods(general, item) if method.name not in BASELINES]
        widest = fused[0 if any(method.reads == "embeddings" for method in methods) else -1]
        work = Work(arrays=2 * _FLOAT * size.images * widest, disk=len(methods) * self._answers(item))
        if item.protocol == "pairs":
            return work
        folds, train, validation = self._folds(item)
        for method in methods:
            layers = [sizes_swept(general).get(method.name, fused[-1]), general.head.hidden]
            if method.reads == "embeddings":
                layers = fused
            elif method.reads == "encoder" and item.encoder:
                layers = [general.encoders[item.encoder].embedding, general.head.hidden]
            layers = [*layers, self._outputs(item.task, size)]
            work += self._heads(layers, folds * len(self.settings.seeds_of("general")), train, validation)
        return work

    def selection(self, task: str) -> Work:
        """Return the search for the best subset of encoders, of all seeds."""
        item, general, seeds = self.tasks[task], self.general, len(self.settings.seeds_of("general"))
        size, total = self.sizes[item.dataset], fused_sizes(general)[0]
        work = Work(arrays=3 * _FLOAT * size.images * total, disk=4 * self._answers(item))
        if item.protocol == "pairs":
            return work
        subsets, outputs = len(subsets_of_encoders(general)), self._outputs(item.task, size)
        # A subset has this many values in the mean.
        mean = round(total * (subsets + 1) / 2 / subsets)
        train, kernels = size.train, 1
        if item.protocol == "leave_one_out":
            folds, train, validation = self._folds(item)
            kernels = _INNER * folds
            # Heads on the best single encoder and on the best subset of each fold.
            for values in (round(total / len(general.encoders)), mean):
                heads = [values, general.head.hidden, outputs]
                work += self._heads(heads, seeds * folds, train, validation)
        else:
            heads = [mean, general.head.hidden, outputs]
            count = subsets + min(general.top, subsets)
            work += self._heads(heads, count, train, size.validation, seeds)
        kernel = kernels * subsets * _KERNEL_SECONDS * (min(_SAMPLED, train) / _SAMPLED) ** 2
        return work + Work(core_seconds=kernel)

    def finetune(self, task: str, method: str) -> Work:
        """Return whole networks trained on a task by a method, of all folds and seeds."""
        item, general = self.tasks[task], self.general
        size, recipe = self.sizes[item.learnt_on], general.student.tuning
        outputs = self._outputs(item.task, size)
        network = self._student("head", outputs)
        if METHODS[method].reads == "encoder":
            # Which encoder transfers best is not known before: the one with the largest input is taken.
            chosen = [general.encoders[name] for name in trainable_encoders(general)]
            if chosen:
                network = self._backbone(max(chosen, key=lambda each: (each.size, each.width)), outputs)
        folds, train, validation = self._folds(item)
        times = folds * len(self.settings.seeds_of("general"))
        workloads = [
            Workload.training(network, train, recipe, times=times),
            Workload.forward(network, validation, times=times * recipe.epochs),
            Workload.forward(network, size.test, times=len(self.settings.seeds_of("general"))),
        ]
        return Work(workloads=workloads, disk=self._answers(item)).shared(self.settings.compute.processes)

    def _heads(self, layers: list[int], count: int, train: int, validation: int, times: int = 1) -> Work:
        """Return ``count`` heads, trained together as far as their weights fit, ``times`` times."""
        recipe, workloads = self.general.head.training, []
        many = min(count, max(1, HEADS_WEIGHTS // sum(map(prod, pairwise(layers)))))
        for together, groups in ((many, count // many), (count % many, 1)):
            if together:
                network = Network(kind="heads", settings={"layers": layers, "count": together})
                runs, passes = times * groups, times * groups * recipe.epochs
                workloads += [
                    Workload.training(network, train, recipe, times=runs, joins=False),
                    Workload.forward(network, validation, times=passes, batch_size=HEADS_BATCH),
                ]
        return Work(workloads=workloads)

    def _folds(self, item: GeneralTask) -> tuple[int, int, int]:
        """Return how often a seed trains, on how many faces, and how many validate."""
        size = self.sizes[item.learnt_on]
        if item.protocol == "pairs":
            # Of each subject some images validate; so many as of a split, it is taken here.
            train = min(size.train, item.trained_faces or size.train)
            return 1, train, min(size.validation, train)
        if item.protocol != "leave_one_out":
            return 1, size.train, size.validation
        folds = min(item.folds or size.subjects, size.subjects)
        tested = round(size.subjects / folds)
        return folds, *_by_subjects(size, max(1, (size.subjects - tested) // _VALIDATING), tested=tested)

    def _answers(self, item: GeneralTask) -> float:
        """Return the bytes of one method's predictions."""
        size = self.sizes[item.dataset]
        units = {"pairs": item.pair_count, "leave_one_out": size.images, "split": size.test}[item.protocol]
        return (
            units
            * len(self.settings.seeds_of("general"))
            * (8 * _ATTRIBUTES if item.kind == "attributes" else 30)
        )

    def _outputs(self, task: str, size: DataSize) -> int:
        if task in CLASSES:
            return len(CLASSES[task])
        return {"identity": size.subjects, "attributes": _ATTRIBUTES}.get(task, 1)

    def _backbone(self, encoder: EncoderSettings, outputs: int | None = None) -> Network:
        """Return an encoder, with a head of so many outputs or without any."""
        settings: dict[str, Any] = {
            "size": encoder.size,
            "colour": encoder.colour,
            "stored": self.general.faces.size,
        }
        if encoder.imported:
            file = encoder.imported
            settings |= {"format": file.format, "architecture": file.architecture, "layer": file.layer}
            return Network(kind="imported", settings=settings)
        shape = {"architecture": encoder.architecture, "embedding": encoder.embedding, "width": encoder.width}
        return Network(kind="backbone", settings={**settings, "shape": shape, "head": self._head(outputs)})

    def _student(self, decoder: str, outputs: int | None = None) -> Network:
        """Return the student and what reads its embedding: a decoder, a ``head``, or ``none``."""
        general = self.general
        settings = {
            "size": general.student.size,
            "stored": general.faces.size,
            "width": general.student.width,
            "fused": fused_sizes(general),
            "sources": [encoder.embedding for encoder in general.encoders.values()],
            "decoder": decoder,
            "head": self._head(outputs),
        }
        return Network(kind="student", settings=settings)

    def _operator(self, operator: FusionOperator) -> Network:
        return Network(kind="operator", settings=operator.network_settings(self.general))

    def _head(self, outputs: int | None) -> dict[str, float] | None:
        head = self.general.head
        if not outputs:
            return None
        return {"hidden": head.hidden, "outputs": outputs, "dropout": head.dropout}


def _by_subjects(size: DataSize, validating: int, tested: int = 0) -> tuple[int, int]:
    """Return the faces of the subjects that are left for training, and of ``validating`` subjects."""
    each = size.images / size.subjects
    return max(1, round(each * (size.subjects - validating - tested))), max(1, round(each * validating))
