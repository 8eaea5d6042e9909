"""Evaluate every model on a data set's test subset."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from engram.core.files import atomic_path
from engram.core.lineage import Lineage
from engram.core.records import Record, write_record
from engram.data.split import read_split
from engram.runtime.job_spec import NamedFiles
from engram.studies.lineage.folds import predicted_by
from engram.studies.lineage.jobs import EvaluationParams
from engram.studies.lineage.protocols import Modality
from engram.training.device import choose_device

__all__ = ["evaluate_lineages"]


def evaluate_lineages(
    inputs: NamedFiles,
    outputs: NamedFiles,
    params: EvaluationParams,
    modality: Modality,
    *,
    threads: int,
    code: str,
) -> None:
    """Write the predictions of every model and seed on the test subset of a data set.

    Every labelled test sample has a row for each lineage and seed, under the lineage's name without fold;
    the column ``fold`` says which of its models predicted it, see `engram.studies.lineage.folds`. A model
    without a head for the data set is left out.

    Parameters
    ----------
    inputs
        ``models`` (in the order of lineages, then seeds), ``stores`` (files of one folder) and ``split``.
    outputs
        ``predictions`` and ``record``.
    modality
        The study's samples and networks.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.
    """
    started = time.perf_counter()
    device = choose_device(params.compute, threads)
    name, task = params.dataset, params.task
    store = modality.open_store(Path(inputs.stores[0]).parent)
    split = read_split(inputs.split[0], len(store))
    samples = modality.test_samples(store, split, task, name)
    tested = samples[["row"]].merge(split.tested(), on="row", how="left", validate="one_to_one")
    frames = []
    models = list(map(Lineage.parse, params.lineages))
    siblings = {model: [other for other in models if other.pooled == model.pooled] for model in models}
    files = list(zip(product(models, params.seeds), inputs.models, strict=True))
    for (model, seed), file in tqdm(files, desc=f"evaluate on {name}", unit="model"):
        network = modality.load_network(Path(file))
        mine = samples[predicted_by(model, siblings[model], name, tested)]
        head = modality.head(network, model, name, task)
        if head is not None and len(mine):
            frame = modality.predict(
                device.place(network).eval(), store, mine.reset_index(drop=True), head, device
            )
            frames.append(frame.assign(lineage=str(model.pooled), seed=seed, fold=model.fold))
    with atomic_path(outputs.predictions[0]) as temporary:
        pd.concat(frames, ignore_index=True).to_parquet(temporary, index=False)
    record = Record(
        kind="evaluation",
        name=name,
        settings={"task": task, "models": params.lineages, "seeds": params.seeds},
        code=code,
        data={name: store.hash},
        splits={name: split.hash},
        environment=device.environment(),
        timings={"evaluate": time.perf_counter() - started},
        metrics={modality.unit: float(len(samples)), "models": float(len(frames))},
    )
    write_record(Path(outputs.record[0]), record)
