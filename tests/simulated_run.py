"""A small finished run, simulated: models of known accuracy, their records, splits and faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from engram.config import Settings, load_settings
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.studies.lineage.folds import folds_of, models
from engram.studies.lineage.trials import datasets_in_use, lineages

#: Accuracy on source, target and anything else by the recipe of the last stage.
KNOWN = {"base": (0.65, 0.40), "head": (0.50, 0.62), "head_conv": (0.44, 0.68), "all": (0.38, 0.72)}
MERGED = (0.66, 0.75)
#: Accuracy on its own target and on anything else of a model that never saw the source.
ALONE = (0.55, 0.25)
SUBJECTS, IMAGES = 12, 10
#: Faces of equal content: within test, and from training to test under another label.
COPIES = [
    ("aa", "wild", 290, "images.npy#290", "p01", "test", "fear"),
    ("aa", "wild", 291, "images.npy#291", "p01", "test", "fear"),
    ("bb", "wild", 3, "images.npy#3", "p00", "train", "happiness"),
    ("bb", "wild", 300, "images.npy#300", "p02", "test", "sadness"),
]


def make_settings(**changes) -> Settings:
    """Return settings with the paper's five strategies, the target alone and a chain of three levels."""
    looks = {
        "wild": "Drawn wild",
        "studio": "Drawn studio",
        "lab": "Drawn lab",
        "portraits": "Drawn portraits",
    }
    config = {
        "seeds": [1, 2, 3],
        "datasets": {
            name: {
                "title": title,
                "reader": "drawn",
                "drawn": {"look": name, "subjects": 40, "images": 400},
                "task": "age_group" if name == "portraits" else "expression",
                "show_faces": name != "lab",
            }
            for name, title in looks.items()
        },
        "memory": {
            "transfers": [{"source": "wild", "targets": ["studio", "lab"]}],
            "strategies": ["BL", "FC", "FC+CL", "RE", "FU", "TO", "Chain"],
            "strategy": {
                "BL": {"stages": ["source.base"]},
                "FC": {"stages": ["source.base", "target.head"]},
                "FC+CL": {"stages": ["source.base", "target.head_conv"]},
                "RE": {"stages": ["source.base", "target.all"]},
                "FU": {"stages": ["source+target.base"]},
                "TO": {"stages": ["target.base"]},
                "Chain": {"stages": ["portraits.base", "source.base", "target.all"]},
            },
            "recipe": {name: {} for name in KNOWN},
            "sweep": {
                "strategies": ["FC", "RE", "FU"],
                "learning_rates": [0.0001, 0.001],
                "epochs": [5, 20],
                "epochs_of": {"FU": [2]},
            },
        },
    }
    return load_settings(config | changes)


def known_accuracy(lineage: Lineage, dataset: str) -> float:
    """Return the accuracy that a model is simulated with on a data set."""
    stage = lineage.stage
    if dataset == "portraits":
        return 0.7 if stage.datasets == ["portraits"] else 0.5
    if len(stage.data) > 1:
        return MERGED[dataset not in ("wild",)] if dataset in ("wild", *stage.datasets) else 0.4
    fraction = stage.data[-1].percent / 100
    if not any("wild" in each.datasets for each in lineage.stages):
        return ALONE[0] - 0.06 * (1 - fraction) if dataset in stage.datasets else ALONE[1]
    on_source, on_target = KNOWN[stage.recipe.partition("_rate")[0]]
    if dataset == "wild":
        return on_source
    return on_target - 0.06 * (1 - fraction) if dataset in stage.datasets else 0.40


def simulate_predictions(settings: Settings, dataset: str) -> pd.DataFrame:
    """Draw the predictions of every model that has a head for the data set's classes."""
    task = settings.datasets[dataset].task
    classes = CLASSES[task]
    stream = np.random.default_rng(derive_seed("simulated", dataset))
    images = SUBJECTS * IMAGES
    truth = np.arange(images) % len(classes)
    subject = np.repeat(np.arange(SUBJECTS), IMAGES)
    ease = stream.normal(0, 0.08, SUBJECTS)[subject] + stream.normal(0, 0.15, images)
    detected = stream.random(images) > 0.02
    frames = []
    for lineage in lineages(settings.memory):
        if task not in {settings.datasets[name].task for stage in lineage.stages for name in stage.datasets}:
            continue
        for seed in settings.seeds:
            chance = known_accuracy(lineage, dataset) + ease + stream.normal(0, 0.02)
            right = stream.random(images) < chance
            wrong = (truth + stream.integers(1, len(classes), images)) % len(classes)
            answer = np.where(right, truth, wrong)
            logits = stream.normal(0, 1, (images, len(classes)))
            logits[np.arange(images), answer] = logits.max(axis=1) + stream.exponential(2.0, images)
            scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            scores[~detected] = np.nan
            words = np.array(classes, dtype=object)
            frames.append(
                pd.DataFrame(
                    {
                        "lineage": str(lineage),
                        "seed": seed,
                        "row": np.arange(images) + 280,
                        "subject": [f"p{number:02d}" for number in subject],
                        "truth": words[truth],
                        "prediction": np.where(detected, words[answer], None),
                        "detected": detected,
                        **{
                            f"score_{name}": scores[:, k].astype(np.float32) for k, name in enumerate(classes)
                        },
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def write_run(settings: Settings, results: Path) -> None:
    """Write all that a run's jobs leave for the evidence."""
    layout = Layout(results)
    found = pd.DataFrame(COPIES, columns=["content", "dataset", "row", "image", "subject", "subset", "label"])
    for name in datasets_in_use(settings):
        path = layout.predictions(name)
        path.parent.mkdir(parents=True)
        simulate_predictions(settings, name).to_parquet(path, index=False)
        _write_data(layout, name, settings.datasets[name].task, settings.datasets[name].split.folds or 0)
    found[found["dataset"].isin(datasets_in_use(settings))].to_csv(layout.duplicates, index=False)
    for model in models(settings.memory, folds_of(settings.datasets)):
        for seed in settings.seeds:
            write_record(layout.model_record(model, seed), _training_record(model, seed))


def _write_data(layout: Layout, name: str, task: str, folds: int) -> None:
    subset = np.repeat(["train", "validation", "test"], [240, 40, 120])
    subjects = [f"p{row // 10:02d}" for row in range(280)] + [f"p{row // 10:02d}" for row in range(120)]
    split = pd.DataFrame({"row": range(400), "subject": subjects, "subset": subset, "rank": range(400)})
    split = pd.concat([split.assign(fold=fold) for fold in range(1, folds + 1) or [0]])
    layout.split(name).parent.mkdir(parents=True, exist_ok=True)
    labels = np.array(CLASSES[task], dtype=object)[np.arange(400) % len(CLASSES[task])]
    images = [f"images.npy#{row}" for row in range(400)]
    split.to_csv(layout.split(name), index=False)
    layout.faces(name).mkdir(parents=True)
    index = pd.DataFrame({"image": images, "subject": subjects, task: labels, "detected": True})
    index.to_parquet(layout.faces(name) / "index.parquet", index=False)
    np.save(layout.faces(name) / "faces.npy", _faces(name))
    metrics = {"images": 400, "subjects": 40, "detected": 394, "undetected": 6, "eyes": 371}
    write_record(layout.faces_record(name), _record("faces", name, metrics=metrics))


def _faces(name: str) -> np.ndarray:
    """Draw 400 discs with eyes, so that a sheet of mistakes shows something face-like."""
    stream = np.random.default_rng(derive_seed("faces", name))
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    disc = (x**2 + (y / 1.2) ** 2 < 0.7) * 120 + 60
    for side in (-0.35, 0.35):
        disc = np.where((x - side) ** 2 + (y + 0.2) ** 2 < 0.02, 20, disc)
    noise = stream.integers(-25, 25, (400, 48, 48))
    return np.clip(disc + noise, 0, 255).astype(np.uint8)[..., None]


def _training_record(lineage: Lineage, seed: int) -> Record:
    stream = np.random.default_rng(derive_seed("history", lineage, seed))
    epochs = np.arange(1, int(stream.integers(14, 30)))
    fall = np.exp(-epochs / stream.uniform(4, 8))
    history = [
        {
            "epoch": float(epoch),
            "loss": 0.3 + 1.6 * part,
            "validation_loss": 0.9 + 1.0 * part + stream.normal(0, 0.03) + 0.006 * epoch,
            "validation_accuracy": float(np.clip(0.68 - 0.5 * part + stream.normal(0, 0.015), 0, 1)),
            "learning_rate": 1e-3,
        }
        for epoch, part in zip(epochs, fall, strict=True)
    ]
    best = max(history, key=lambda entry: entry["validation_accuracy"])["epoch"]
    metrics = {
        "best_epoch": best,
        "training_faces": 240.0,
        **{f"validation_faces/{name}": 40.0 for name in _seen(lineage)},
    }
    curves = _curves(lineage, len(history), stream)
    made = {"history": history, "metrics": metrics, "curves": curves}
    if lineage.stage.recipe == "all":
        # As if RE chose a weight: the first seed another than the others.
        chosen = [float(seed == 1), float(seed != 1)]
        made["candidates"] = [
            {"l2_sp": 0.1 * 10**n, "wild": 0.4 + 0.1 * each, "criterion": 0.5 + 0.1 * each, "chosen": each}
            for n, each in enumerate(chosen)
        ]
        metrics["chosen_l2_sp"] = 0.1 if seed == 1 else 1.0
    made["folds"] = {name: lineage.fold_of(name) for name in _seen(lineage) if lineage.fold_of(name)}
    settings = {"recipe": {"batch_size": 64}}
    return _record("training", str(lineage), seed=seed, settings=settings, **made)


def _seen(lineage: Lineage) -> list[str]:
    """Return the data sets that an adapted model, or one on several, has seen."""
    seen = sorted({*lineage.stage.datasets, *lineage.earlier_datasets})
    return seen if lineage.parent or len(seen) > 1 else []


def _curves(lineage: Lineage, epochs: int, stream: np.random.Generator) -> list[dict[str, float]]:
    """Go from what the parent knew of each data set to what the model knows."""
    curves = []
    for epoch in range(epochs + 1 if _seen(lineage) else 0):
        entry = {"epoch": float(epoch)}
        for name in _seen(lineage):
            after = known_accuracy(lineage, name)
            before = known_accuracy(lineage.parent, name) if lineage.parent else 1 / 7
            noise = stream.normal(0, 0.01) if epoch else 0.0
            entry[name] = after + (before - after) * 0.6**epoch + noise
        curves.append(entry)
    return curves


def _record(kind: str, name: str, **more) -> Record:
    environment = {"precision": "bf16"}
    return Record(kind=kind, name=name, code="0", environment=environment, **{"settings": {}, **more})
