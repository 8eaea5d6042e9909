"""Evaluate every model on a data set's test subset."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from engram.config import Settings
from engram.core.errors import SplitError
from engram.core.files import atomic_path
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.models.files import load_model
from engram.models.vgg import VGG
from engram.training.batches import plain_batches
from engram.training.device import Device, choose_device
from engram.training.labelled_faces import Part, Subset

__all__ = ["evaluate_dataset"]


def evaluate_dataset(
    dataset: str,
    models: Sequence[Lineage],
    settings: Settings,
    layout: Layout,
    *,
    threads: int,
    code: str,
) -> None:
    """Write the predictions of every model and seed on the test subset of ``dataset``.

    Every test face has a row for each model, the undetected too: their prediction is empty
    and counts as wrong. A model without a head for the data set's task is left out.
    """
    started = time.perf_counter()
    device = choose_device(settings.compute, threads)
    store = FaceStore.open(layout.faces(dataset))
    split = read_split(layout.split(dataset), len(store.faces))
    task = settings.datasets[dataset].task
    faces = _test_faces(store, split, task, dataset)
    frames = []
    runs = [(lineage, seed) for lineage in models for seed in settings.seeds]
    for lineage, seed in tqdm(runs, desc=f"evaluate on {dataset}", unit="model"):
        network = load_model(layout.model(lineage, seed))
        if task in network.tasks:
            scores = _scores(device.place(network).eval(), store, faces, task, device)
            frames.append(_predictions(faces, scores, task).assign(lineage=str(lineage), seed=seed))
    predictions = pd.concat(frames, ignore_index=True)
    with atomic_path(layout.predictions(dataset)) as temporary:
        predictions.to_parquet(temporary, index=False)
    write_record(
        layout.evaluation_record(dataset),
        Record(
            kind="evaluation",
            name=dataset,
            settings={"task": task, "models": [str(lineage) for lineage in models], "seeds": settings.seeds},
            code=code,
            data={dataset: store.hash},
            splits={dataset: split.hash},
            environment=device.environment(),
            timings={"evaluate": time.perf_counter() - started},
            metrics={"faces": float(len(faces)), "models": float(len(frames))},
        ),
    )


def _test_faces(store: FaceStore, split: Split, task: str, dataset: str) -> pd.DataFrame:
    """Return row, subject, truth and detected of each labelled test face."""
    rows = split.rows("test")
    index = store.index.iloc[rows]
    faces = pd.DataFrame(
        {
            "row": rows,
            "subject": index["subject"].astype(str).to_numpy(),
            "truth": index[task].to_numpy(),
            "detected": index["detected"].to_numpy(bool),
        }
    )
    labelled = faces[faces["truth"].notna()].reset_index(drop=True)
    if labelled.empty:
        raise SplitError(f"{dataset}: no test face has a label of '{task}'. Change its split or its task.")
    return labelled


def _scores(network: VGG, store: FaceStore, faces: pd.DataFrame, task: str, device: Device) -> np.ndarray:
    """Return the class probabilities (N, classes) of each face; NaN where none was detected."""
    scores = np.full((len(faces), network.tasks[task]), np.nan, np.float32)
    found = np.flatnonzero(faces["detected"])
    if not len(found):
        return scores
    rows = faces["row"].to_numpy()[found]
    subset = Subset([Part(store.faces, rows, np.zeros(len(rows), np.int64))])
    with torch.inference_mode(), device.autocast():
        odds = [
            network(device.send(images), task).float().softmax(1).cpu() for images, _ in plain_batches(subset)
        ]
    scores[found] = torch.cat(odds).numpy()
    return scores


def _predictions(faces: pd.DataFrame, scores: np.ndarray, task: str) -> pd.DataFrame:
    classes = np.array(CLASSES[task], dtype=object)
    best = np.where(faces["detected"], classes[np.nan_to_num(scores).argmax(1)], None)
    columns = {f"score_{name}": scores[:, number] for number, name in enumerate(classes)}
    return faces.assign(prediction=best, **columns)
