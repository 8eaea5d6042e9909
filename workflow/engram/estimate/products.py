"""What a job computes, by the files that it makes: however rules group them, a file is one result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from engram.config import GeneralSettings, Settings
from engram.core.paths import MEMORY_CROP, Layout
from engram.data.jobs import crop_settings, encoder_crops
from engram.data.shard_jobs import compressed_crops, shard_file
from engram.studies.entities.jobs.stages import STUDY, EntitiesEvaluationParams, EntitiesStageParams
from engram.studies.entities.workload import text_evaluation_work, text_stage_work
from engram.studies.general.plan import finetune_methods
from engram.studies.general.task_plan import general_tasks
from engram.studies.general.workload import GeneralWork
from engram.studies.lineage.trials import lineages
from engram.studies.memory.jobs.stages import MemoryStageParams, evaluation_params
from engram.studies.memory.workload import evaluation_work, stage_work
from engram.training.workload import DataSize, Work

__all__ = ["product_works"]

#: Seconds of one core of a Xeon processor, measured: an image drawn in 64 x 64, read, put into a subset,
#: detected and aligned; 512 x 512 of its pixels decoded besides.
_DRAWN, _READ, _SPLIT, _DETECTED, _DECODED = 0.004, 0.0002, 0.00005, 0.0084, 0.016
#: Seconds of a core for a stored pixel that is made a JPEG.
_ENCODED = 4.2e-09
#: Bytes of a pixel of a photographed face as JPEG, by the quality (docs/store.md).
_JPEG_BYTES = {50: 0.074, 75: 0.106, 90: 0.179, 95: 0.26, 100: 0.509}
#: Seconds of a core for a sentence that is drawn, or stored, and the bytes that it leaves.
_SENTENCE, _SENTENCE_BYTES = 0.0004, 300
#: Seconds of a table or figure, and of one prediction that it reads.
_SHOWN, _READ_PREDICTION = 1.25, 2.4e-7
#: Bytes of a table or figure in all its forms, and of a prediction in memory.
_PAGE, _PREDICTION = 300_000, 480


def product_works(
    settings: Settings, layout: Layout, sizes: Mapping[str, DataSize]
) -> Callable[[Sequence[str]], Work]:
    """Return a function that gives what a job computes, from its outputs.

    A file that is no result of its own, such as a record, adds nothing.
    """
    products = [(_pattern(path), work) for path, work in _products(settings, layout, sizes).items()]
    evidence = _evidence(settings, sizes)

    def work_of(outputs: Sequence[str]) -> Work:
        total = Work()
        for output in outputs:
            for pattern, work in products:
                if found := pattern.fullmatch(output):
                    total += work(**found.groupdict())
                    break
        shown = Path(outputs[0]).is_relative_to(layout.tables) or Path(outputs[0]).is_relative_to(
            layout.figures
        )
        return total + evidence if shown else total

    return work_of


def _pattern(path: Path) -> re.Pattern[str]:
    """Return the pattern of a path with wildcards in braces; only a lineage has several folders."""
    text = re.escape(str(path)).replace(r"\{lineage\}", "(?P<lineage>.+)").replace(r"\{\}", "[^/]+")
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", text))


def _products(
    settings: Settings, layout: Layout, sizes: Mapping[str, DataSize]
) -> dict[Path, Callable[..., Work]]:
    """Return each result that costs something: a path with wildcards, ``{}`` for any, and its work."""

    def faces(dataset: str, crop: str) -> Work:
        """Return the preparation of a data set's faces, of all shards where they are stored in shards."""
        size, again = sizes[dataset], encoder_crops(settings).get(crop)
        seconds = _DECODED * (size.side / 512) ** 2
        if again is None:
            seconds += _DETECTED if settings.datasets[dataset].detect else 0.0
        return Work(core_seconds=size.images * seconds, disk=size.images * _face_bytes(settings, crop))

    def shard(dataset: str, crop: str) -> Work:
        whole, shards = faces(dataset, crop), settings.datasets[dataset].shards
        encoded = _ENCODED * sizes[dataset].images * _side(settings, crop) ** 2
        return Work(core_seconds=(whole.core_seconds + encoded) / shards, disk=whole.disk / shards)

    def drawn(dataset: str) -> Work:
        size = sizes[dataset]
        pixels = size.images * size.side**2
        return Work(core_seconds=_DRAWN * pixels / 64**2, disk=3 * pixels)

    products: dict[Path, Callable[..., Work]] = {
        layout.drawn("{dataset}") / "images.npy": drawn,
        layout.manifest("{dataset}"): lambda dataset: Work(core_seconds=_READ * sizes[dataset].images),
        layout.split("{dataset}"): lambda dataset: Work(core_seconds=_SPLIT * sizes[dataset].images),
        layout.faces("{dataset}", "{crop}") / "faces.npy": faces,
        shard_file(layout.faces("{dataset}", "{crop}"), "{}"): shard,
        layout.model("{lineage}", "{}"): lambda lineage: stage_work(
            MemoryStageParams.from_settings(settings, [lineage], settings.seeds_of("memory")[:1]), sizes
        ),
        layout.predictions("{dataset}"): lambda dataset: evaluation_work(
            evaluation_params(settings, dataset), settings, sizes
        ),
    }
    if settings.entities is not None:
        mine, seeds = layout.of_study(STUDY), settings.seeds_of("entities")[:1]
        products |= {
            layout.drawn("{dataset}") / "train.tsv": lambda dataset: _sentences(sizes[dataset]),
            layout.text("{dataset}") / "form_ids.npy": lambda dataset: _sentences(sizes[dataset]),
            mine.model("{lineage}", "{}"): lambda lineage: text_stage_work(
                EntitiesStageParams.from_settings(settings, [lineage], seeds), sizes
            ),
            mine.predictions("{dataset}"): lambda dataset: text_evaluation_work(
                EntitiesEvaluationParams.from_settings(settings, layout, dataset), settings, sizes
            ),
        }
    if settings.general is not None:
        general = GeneralWork(settings, sizes)
        products |= {
            layout.encoder("{encoder}") / "model.safetensors": general.encoder,
            layout.embeddings("{dataset}", "{encoder}") / "shard-{}.npy": general.embeddings,
            layout.fusion("{operator}", "{}") / "model.safetensors": general.operator,
            layout.student("{kind}", "{}") / "model.safetensors": general.student,
            layout.representations("{dataset}") / "{name}.npy": general.representation,
            layout.selection("{task}") / "scores.parquet": general.selection,
            layout.transfer("{task}", "frozen") / "predictions.parquet": general.probe,
            layout.transfer("{task}", "{method}") / "predictions.parquet": general.finetune,
        }
    return products


def _side(settings: Settings, crop: str) -> int:
    """Return the side in pixels of a stored face."""
    again = encoder_crops(settings).get(crop)
    return crop_settings(settings)[crop].size if again is None else again.size


def _face_bytes(settings: Settings, crop: str) -> float:
    """Return the bytes of a stored face."""
    pixels = _side(settings, crop) ** 2
    if settings.general is not None and compressed_crops(settings, [crop]):
        quality = settings.general.faces.store.quality
        return pixels * float(np.interp(quality, [*_JPEG_BYTES], [*_JPEG_BYTES.values()]))
    return pixels * (1 if crop == MEMORY_CROP and settings.faces.colour == "grey" else 3)


def _sentences(size: DataSize) -> Work:
    """Return the drawing of a text, or its storing."""
    return Work(core_seconds=_SENTENCE * size.images, disk=_SENTENCE_BYTES * size.images)


def _evidence(settings: Settings, sizes: Mapping[str, DataSize]) -> Work:
    """Return a table or figure of the larger study: it reads the predictions."""
    memory = settings.memory
    tested = {name for transfer in memory.transfers for name in (transfer.source, *transfer.targets)}
    rows = len(settings.seeds_of("memory")) * len(lineages(memory)) * sum(sizes[name].test for name in tested)
    if settings.general is not None:
        rows = max(rows, len(settings.seeds_of("general")) * _answers(settings.general, sizes))
    return Work(core_seconds=_SHOWN + _READ_PREDICTION * rows, arrays=_PREDICTION * rows, disk=_PAGE)


def _answers(general: GeneralSettings, sizes: Mapping[str, DataSize]) -> int:
    """Return how many answers of one seed the general study's tables read."""
    total = 0
    for task in general_tasks(general):
        size = sizes[task.dataset]
        units = {"pairs": task.pair_count, "leave_one_out": size.images, "split": size.test}[task.protocol]
        total += units * (6 + len(finetune_methods(general, task)))
    return total
