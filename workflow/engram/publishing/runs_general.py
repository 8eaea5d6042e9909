"""What tracking says of the general study's jobs.

Students hang below the operator that taught them, the exported one below that student, and all that
is solved for a piece of knowledge below the run of its frozen embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engram.config import Settings
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, read_record
from engram.publishing.run import Run, run_key, run_of
from engram.studies.general.collect import GeneralEvidence, collect_general
from engram.studies.general.methods import HEADINGS, SELECTED, STUDENTS
from engram.studies.general.metrics import metric_of
from engram.studies.general.plan import (
    general_datasets,
    general_records,
    probe_methods,
)

__all__ = ["general_runs"]

#: The job of all approaches on frozen embeddings.
_FROZEN = "frozen"


def general_runs(settings: Settings, layout: Layout) -> Iterator[Run]:
    """Give a run for every record of the general study, parents before their children; none without it.

    Runs of transfer and selection have the metric of each approach on the test units: the mean over
    seeds, and that of each seed.
    """
    if settings.general is None:
        return
    evidence = collect_general(settings, layout.root)
    for name in general_datasets(settings):
        path = layout.faces_record(name, GENERAL_CROP)
        tags = {"study": "general", "dataset": name}
        # The memory study may have faces of the same data set, cropped otherwise.
        yield run_of(settings, evidence.preparation[name], path, tags=tags, kind=GENERAL_CROP)
    paths = [*general_records(settings, layout), layout.export / "record.json"]
    found = [(read_record(path), path) for path in paths]
    for record, path in sorted(found, key=lambda pair: _hangs_below_frozen(pair[0])):
        yield _general_run(evidence, record, path)


def _hangs_below_frozen(record: Record) -> bool:
    return record.kind == "selection" or (record.kind == "transfer" and not record.name.endswith(_FROZEN))


def _general_run(evidence: GeneralEvidence, record: Record, path: Path) -> Run:
    settings = evidence.settings
    tags = {"study": "general", "dataset": "+".join(sorted(record.data))}
    if record.seed is not None:
        tags["seed"] = str(record.seed)
    if record.kind in ("transfer", "selection"):
        return _knowledge_run(evidence, record, path, tags)
    parent = None
    if record.kind == "student":
        parent = run_key(settings, "fusion", STUDENTS[record.name].operator, record.seed)
    elif record.kind == "export":
        parent = run_key(settings, "student", record.name, record.seed)
    return run_of(settings, record, path, tags=tags, parent=parent)


def _knowledge_run(evidence: GeneralEvidence, record: Record, path: Path, tags: dict[str, str]) -> Run:
    name, _, job = record.name.partition("/")
    item = evidence.outcomes[name].knowledge
    if record.kind == "selection":
        approaches = [*SELECTED]
    else:
        probed = [method.name for method in probe_methods(evidence.general, item)]
        approaches = probed if job == _FROZEN else [job]
    about = {"knowledge": name, "task": item.task, "role": item.role}
    about["approaches"] = ", ".join(HEADINGS.get(approach, approach) for approach in approaches)
    parent = run_key(evidence.settings, "transfer", f"{name}/{_FROZEN}")
    return run_of(
        evidence.settings,
        record,
        path,
        tags=tags | about,
        metrics=_measured(evidence, name, approaches),
        parent=parent if _hangs_below_frozen(record) else None,
    )


def _measured(evidence: GeneralEvidence, name: str, approaches: list[str]) -> dict[str, float]:
    """Return ``test_accuracy/h_unique``, ``test_accuracy/h_unique/seed1`` and so on."""
    found = evidence.outcomes[name]
    metric = "test_" + metric_of(found.knowledge).name.replace(" ", "_")
    measured = {}
    for approach in approaches:
        by_seed = found.values[found.approaches.index(approach)].mean(axis=1)
        measured[f"{metric}/{approach}"] = float(by_seed.mean())
        for seed, value in zip(evidence.settings.seeds, by_seed, strict=True):
            measured[f"{metric}/{approach}/seed{seed}"] = float(value)
    return measured
