"""A finished general study, simulated: methods of known accuracy and error, and all their files."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from engram.config import GeneralSettings, Settings, load_settings
from engram.core.labels import CLASSES
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.studies.general.evidence.collect import GeneralEvidence
from engram.studies.general.methods import SELECTED
from engram.studies.general.operators import sizes_swept
from engram.studies.general.plan import (
    finetune_methods,
    general_datasets,
    learnt_datasets,
    operators,
    overlap_targets,
    probe_methods,
    shown_datasets,
)
from engram.studies.general.task_plan import GeneralTask, general_tasks
from tests.simulated_answers import FACES, PAIRS, SUBJECTS, predict, skill
from tests.simulated_run import make_settings

#: The root of each operator's mean squared error.
RMSE = {"pca": 0.5, "ae": 0.3, "vae": 0.4, "dae": 0.35, "E_mt": 0.9, "E_unique": 0.42, "E_unic": 0.6}
RMSE |= {"random": 1.4, "ae_balanced": 0.32}
#: Seconds of embedding a data set by one encoder.
EXTRACTION = 0.5
TARGETS = {
    "age_classes": ("city", "age_group", "split", "Age classes"),
    "gender": ("city", "gender", "split", "Gender"),
    "films": ("stills", "expression", "split", "Expression, stills"),
    "street": ("street", "expression", "split", "Expression, street"),
    "groups": ("city", "ethnicity", "split", "Group"),
    "press": ("press", "identity", "pairs", "Identity"),
    "age": ("city", "age", "split", "Age, city"),
    "pain": ("clinic", "pain", "split", "Pain"),
    "album": ("album", "age", "leave_one_out", "Age, album"),
    "marks": ("celebrities", "attributes", "split", "Attributes"),
}
ENCODERS = {
    "expression": ("wild", "expression"),
    "identity": ("gallery", "identity"),
    "object": ("objects", "object"),
    "age": ("portraits", "age"),
    "attributes": ("celebrities", "attributes"),
    "gender": ("portraits", "gender"),
}


def general_settings(**changes) -> Settings:
    """Return settings with six encoders and the ten targets of Table 3."""
    looks = sorted({look for look, *_ in (*TARGETS.values(), *ENCODERS.values())} | {"crowd"})
    config = make_settings(seeds=[1, 2, 3]).model_dump(mode="json")
    for look in looks:
        config["datasets"][look] = {
            "title": f"Drawn {look}",
            "reader": "drawn",
            "drawn": {"look": look, "subjects": SUBJECTS, "images": SUBJECTS * FACES},
            "show_faces": look in ("city", "stills", "street", "press"),
        }
    config["general"] = {
        "unsupervised": "crowd",
        "encoders": {
            name: {"task": task, "dataset": look, "embedding": 16} for name, (look, task) in ENCODERS.items()
        },
        "fusion": {"hidden": [64, 48, 32], "sizes": [4, 8, 16, 64, 96], "balance": True},
        "targets": {
            name: {"dataset": look, "task": task, "protocol": protocol, "title": title, "pairs": PAIRS}
            for name, (look, task, protocol, title) in TARGETS.items()
        },
    }
    return load_settings(config | changes)


def write_general_run(settings: Settings, results: Path) -> None:
    """Write all that the general study's jobs leave for the evidence."""
    layout, general = Layout(results), settings.general
    for name in general_datasets(settings):
        _write_faces(layout, settings, name)
    for dataset in {*general.unsupervised, *(target.dataset for target in general.targets.values())}:
        for name in general.encoders:
            record = Record(
                kind="embeddings",
                name=f"{dataset}/{name}",
                settings={},
                code="0",
                environment={},
                timings={"read": 1.0, "extract": EXTRACTION},
            )
            write_record(layout.embeddings(dataset, name) / "shard-0.json", record)
    for name in general.encoders:
        _write(layout.encoder(name), "encoder", name, metrics={"parameters": 1000.0}, timings={"train": 50.0})
    for item in general_tasks(general):
        frozen = [method.name for method in probe_methods(general, item)]
        timings = {f"train/{name}": 3.0 for name in frozen}
        more = {
            "settings": {"task": item.task},
            "timings": timings,
            "metrics": {f"validation/{name}": skill(settings, name) for name in frozen},
        }
        _write(layout.transfer(item.name, "frozen"), "transfer", f"{item.name}/frozen", **more)
        _save(layout.transfer(item.name, "frozen") / "predictions.parquet", predict(settings, item, frozen))
        for name in (method.name for method in finetune_methods(general, item)):
            seconds = {"train": 45.0 if name == "cnn" else 18.0}
            more = {"settings": {"task": item.task}, "timings": seconds}
            _write(layout.transfer(item.name, name), "transfer", f"{item.name}/{name}", **more)
            _save(layout.transfer(item.name, name) / "predictions.parquet", predict(settings, item, [name]))
        if item.role == "target":
            _write_selection(layout, settings, item)
    for name in operators(general):
        for seed in settings.seeds:
            _write_reconstruction(layout.fusion(name, seed), "fusion", settings, name, seed)
    for kind in general.students:
        for seed in settings.seeds:
            _write_reconstruction(layout.student(kind, seed), "student", settings, f"E_{kind}", seed)
    _write_views(layout, settings)
    _write_overlap(layout, general)


def _write_overlap(layout: Layout, general: GeneralSettings) -> None:
    """Let the unlabelled faces have two test faces of each target, and nothing else meet."""
    rows = [
        {
            "learnt": name,
            "tested": other,
            "test_faces": SUBJECTS * FACES,
            "same_faces": 2 * (name in general.unsupervised and other not in general.unsupervised),
            "test_subjects": SUBJECTS,
            "named_subjects": SUBJECTS if other in general.unsupervised else None,
            "same_subjects": 0 if other in general.unsupervised else None,
        }
        for name in learnt_datasets(general)
        for other in overlap_targets(general)
    ]
    pd.DataFrame(rows).to_csv(layout.general_overlap, index=False)


def layout_of(evidence: GeneralEvidence) -> Layout:
    """Return the layout of a simulated run."""
    return Layout(Path(evidence.params.results))


def _write_selection(layout: Layout, settings: Settings, item: GeneralTask) -> None:
    folder = layout.selection(item.name)
    _save(folder / "predictions.parquet", predict(settings, item, list(SELECTED)))
    timings = {"train/bt": 21.0, "train/bct": 210.0}
    _write(folder, "selection", item.name, timings=timings, settings={"task": item.task})
    names = list(settings.general.encoders)
    chosen = ["+".join(part) for size in range(1, 7) for part in combinations(names, size)]
    random = np.random.default_rng(derive_seed("subsets", item.name))
    quality = random.normal(0, 1, len(chosen)) + np.array([text.count("+") for text in chosen])
    rows = []
    for selector, noise, seconds in (
        ("networks", 0, 70.0),
        ("kernel", 0.4, 1.5),
        ("logme", 1, 0.5),
        ("h_score", 2, 0.2),
    ):
        scores = 0.5 + 0.02 * (quality + noise * random.normal(0, 1, len(chosen)))
        rows.append(
            pd.DataFrame(
                {
                    "selector": selector,
                    "subset": chosen,
                    "size": [text.count("+") + 1 for text in chosen],
                    "validation": scores,
                    "test": 100 * scores - 2 if selector == "networks" else np.nan,
                    "seconds": seconds,
                    "seed": settings.seeds[0],
                }
            )
        )
    top = rows[1].nlargest(5, "validation")["subset"]
    again = rows[0][rows[0]["subset"].isin(top)].assign(selector="kernel_top", seconds=7.0)
    _save(folder / "scores.parquet", pd.concat([*rows, again], ignore_index=True))


def _write_reconstruction(folder: Path, kind: str, settings: Settings, name: str, seed: int) -> None:
    shown = "random" if name == "concat" else name
    size = sizes_swept(settings.general).get(name)
    error = RMSE["ae"] + 0.3 * 8 / size if size else RMSE[shown]
    random = np.random.default_rng(derive_seed("reconstruction", name, seed))
    # Two faces of opposite deviations, so that the mean over all faces is exactly the known one.
    spread = np.tile([0.8, 1.2], SUBJECTS * FACES // 2)
    columns = {encoder: error**2 * random.permutation(spread) for encoder in settings.general.encoders}
    rows = np.arange(SUBJECTS * FACES)
    keys = {"row": rows, "subject": [f"p{row // FACES:02d}" for row in rows], "operator": shown, "seed": seed}
    _save(folder / "reconstruction.parquet", pd.DataFrame(keys | columns))
    seconds, count = (20.0, 500.0) if kind == "fusion" else (100.0, 130.0)
    _write(folder, kind, name, seed=seed, timings={"train": seconds}, metrics={"parameters": count})


def _write_faces(layout: Layout, settings: Settings, name: str) -> None:
    folder = layout.faces(name, GENERAL_CROP)
    folder.mkdir(parents=True, exist_ok=True)
    index = make_index()
    index.to_parquet(folder / "index.parquet", index=False)
    np.save(folder / "faces.npy", draw_faces(index))
    metrics = {"images": len(index), "subjects": SUBJECTS, "detected": len(index) - 2, "undetected": 2}
    _write(folder, "faces", name, metrics=metrics)


def make_index() -> pd.DataFrame:
    """Return what is known of every simulated data set's faces."""
    rows = np.arange(SUBJECTS * FACES)
    subject = rows // FACES
    words = {name: np.array(CLASSES[name], dtype=object) for name in ("gender", "age_group", "skin_tone")}
    labels = {name: known[subject % len(known)] for name, known in words.items()}
    expressions = np.array(CLASSES["expression"], dtype=object)[rows % 7]
    age = 8.0 + 6 * subject
    subjects = [f"p{number:02d}" for number in subject]
    return pd.DataFrame(
        {
            "image": [f"{row}.png" for row in rows],
            "subject": subjects,
            **labels,
            "expression": expressions,
            "age": age,
            "detected": True,
        }
    )


def draw_faces(index: pd.DataFrame) -> np.ndarray:
    """Draw coloured discs with eyes, a colour a subject, (N, 48, 48, 3) uint8."""
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    disc = x**2 + (y / 1.2) ** 2 < 0.7
    eyes = sum((x - side) ** 2 + (y + 0.2) ** 2 < 0.02 for side in (-0.35, 0.35)) > 0
    faces = np.full((len(index), 48, 48, 3), 225, np.uint8)
    for row, subject in enumerate(index["subject"]):
        colour = np.random.default_rng(derive_seed("colour", subject)).integers(90, 220, 3)
        faces[row, disc] = colour
        faces[row, eyes] = 20
        mouth = (np.abs(y - 0.4) < 0.05) & (np.abs(x) < 0.1 + 0.08 * (row % 5))
        faces[row, mouth] = (150, 30, 30)
    return faces


def _write_views(layout: Layout, settings: Settings) -> None:
    random = np.random.default_rng(3)
    rows = []
    for dataset in shown_datasets(settings.general, settings.datasets):
        for representation in ("h_g", "h_unique"):
            for query in range(0, 60, 10):
                nearest = random.permutation(np.setdiff1d(np.arange(60), [query]))[:4]
                nearest = [query + 1, *nearest]
                for rank, row in enumerate(nearest, start=1):
                    rows.append((representation, query, rank, row, dataset, 0.1 * rank))
    columns = ["representation", "query", "rank", "row", "dataset", "distance"]
    _save(layout.views / "neighbours.parquet", pd.DataFrame(rows, columns=columns))
    parts = []
    for dataset in sorted({item.dataset for item in settings.general.targets.values()}):
        index = make_index().drop(columns=["subject", "detected"])
        middle = random.normal(0, 8, 2)
        places = {
            "x": middle[0] + random.normal(0, 2, len(index)),
            "y": middle[1] + random.normal(0, 2, len(index)),
        }
        parts.append(index.assign(dataset=dataset, row=np.arange(len(index)), **places))
        if dataset == "clinic":
            parts[-1]["pain"] = np.arange(len(index)) % 12 * 1.0
        if dataset != "city":
            parts[-1] = parts[-1].drop(columns="age_group")
    _save(layout.views / "map.parquet", pd.concat(parts, ignore_index=True))


def _write(folder: Path, kind: str, name: str, **more) -> None:
    said = {"settings": {}, "code": "0", "environment": {"precision": "fp32"}} | more
    record = Record(kind=kind, name=name, **said)
    write_record(folder / "record.json", record)


def _save(path: Path, frame: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)
