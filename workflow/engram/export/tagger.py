"""Export a tagger: the best by validation, with its card, after a check that it answers as in the run.

It is written as safetensors alone. TorchScript and ONNX hold what maps tensors to tensors; a tagger also
turns words and their bytes into numbers and searches the best tags along a sentence, in Python.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from engram.core.errors import CheckpointError, PredictionsError, RecordError
from engram.core.files import atomic_path, file_hash, write_json, write_text
from engram.core.reading import read_table
from engram.core.records import Record, environment, write_record
from engram.data.text.store import TextStore
from engram.data.text.tags import pack
from engram.export.tagging import TextTagger
from engram.models.text.files import load_tagger
from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.card import ExportedTagger, tagger_card
from engram.studies.entities.collect import Evidence
from engram.studies.entities.heads import covering_head
from engram.studies.entities.jobs.export import Candidate, TaggerExportParams
from engram.studies.lineage.forgetting import levels

__all__ = ["SAME", "best_tagger", "export_tagger", "validation_score"]

#: The fraction of test sentences in which the exported tagger must find what it found in the run. Batches of
#: other sentences, another processor: the last bits of a sum differ, and where two answers are equally good
#: another one may be found.
SAME = 0.99
_BATCH = 64


def export_tagger(
    inputs: NamedFiles, outputs: NamedFiles, params: TaggerExportParams, *, threads: int, code: str
) -> None:
    """Write the best tagger with its card and the check.

    Parameters
    ----------
    inputs, outputs
        Those of `engram.studies.entities.jobs.export.tagger_export`.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If a record or the predictions are missing, or the tagger answers otherwise than in the run.
    """
    started = time.perf_counter()
    evidence = Evidence.load(inputs, params)
    chosen, score, source = best_tagger(inputs, params, evidence)
    tagger = load_tagger(source)
    labels = covering_head(tagger, params.target)
    assert labels is not None, "its last stage learnt the target"
    files = dict(zip(("model", "card", "check", "record"), map(Path, outputs.files), strict=True))
    files["record"].unlink(missing_ok=True)  # without it the export is unfinished
    with atomic_path(files["model"]) as temporary:
        shutil.copyfile(source, temporary)
    check = _check(files["model"], labels, chosen, inputs, params, threads)
    write_json(files["check"], check)
    exported = ExportedTagger(
        record=evidence.training[str(chosen.model), chosen.seed],
        hash=file_hash(files["model"]),
        target=params.target,
        score=score,
        candidates=len(inputs.models),
        check=check,
    )
    write_text(files["card"], tagger_card(chosen.model.pooled, evidence, levels(evidence), exported))
    parameters = sum(values.numel() for values in tagger.parameters())
    record = _record(chosen, exported, parameters, source.relative_to(params.results), code)
    record.timings = {"export": time.perf_counter() - started}
    write_record(files["record"], record)


def _record(chosen: Candidate, exported: ExportedTagger, parameters: int, source: Path, code: str) -> Record:
    """Return the record of an export; ``source`` is the model's file below the results."""
    check = exported.check
    return Record(
        kind="export",
        name=f"tagger {chosen.model}",
        seed=chosen.seed,
        settings={"strategies": list(chosen.strategies), "target": exported.target},
        code=code,
        data={exported.target: check["data"]},
        inputs={source.as_posix(): exported.hash},
        environment=environment("torch", "numpy", threads=str(torch.get_num_threads())),
        metrics={
            "validation_score": exported.score,
            "parameters": float(parameters),
            "same": check["same"] / check["sentences"],
        },
    )


def best_tagger(
    inputs: NamedFiles, params: TaggerExportParams, evidence: Evidence
) -> tuple[Candidate, float, Path]:
    """Return the model with the best validation score on the target, the score and the file."""
    candidates = list(params.candidates())
    scores = [
        validation_score(evidence.training[str(each.model), each.seed], params.target) for each in candidates
    ]
    best = int(np.argmax(scores))
    return candidates[best], scores[best], Path(inputs.models[best])


def validation_score(record: Record, text: str) -> float:
    """Return the score on a text's validation subset, 0 to 1, after the epoch that was kept.

    Raises
    ------
    RecordError
        If the record does not have it.
    """
    kept = record.metrics.get("best_epoch")
    for epoch in record.curves:
        if epoch["epoch"] == kept and text in epoch:
            return epoch[text]
    raise RecordError(
        f"record of '{record.name}', seed {record.seed}: it has no validation score of '{text}' after epoch "
        f"{kept}. Delete the model's folder and run snakemake again."
    )


def _check(
    path: Path,
    labels: str,
    chosen: Candidate,
    inputs: NamedFiles,
    params: TaggerExportParams,
    threads: int,
) -> dict[str, Any]:
    """Tag the test subset with the exported file, and compare with the run's predictions."""
    tagger, store = TextTagger(path, labels, threads), TextStore.load(Path(inputs.store[0]).parent)
    run = _predicted(chosen, inputs, params)
    rows = run["row"].to_numpy(np.int64)
    order = np.argsort(store.index["length"].to_numpy()[rows], kind="stable")
    same = 0
    for start in tqdm(range(0, len(order), _BATCH), desc="check", unit="batch"):
        places = order[start : start + _BATCH]
        found = tagger.tag([store.words(int(rows[place])) for place in places])
        for place, spans in zip(places, found, strict=True):
            same += pack(span for span in spans if span.type in store.types) == run["found"].iloc[place]
    if same < SAME * len(rows):
        raise CheckpointError(
            f"{path}: the exported tagger finds the run's entities in {same} of {len(rows)} test sentences "
            f"of '{params.target}'. Delete the run's predictions of it and run snakemake again."
        )
    return {
        "text": params.target,
        "labels": labels,
        "sentences": len(rows),
        "same": same,
        "data": store.hash,
    }


def _predicted(chosen: Candidate, inputs: NamedFiles, params: TaggerExportParams) -> pd.DataFrame:
    """Return row and found of the test sentences that the model predicted in the run."""
    path = next(Path(file) for file in inputs.predictions if Path(file).parent.name == params.target)
    table = read_table(path, PredictionsError, ("row", "lineage", "seed", "fold", "found"))
    mine = (table["lineage"] == str(chosen.model.pooled)) & (table["seed"] == chosen.seed)
    found = table[mine & (table["fold"] == chosen.model.fold)]
    if found.empty:
        raise PredictionsError(
            f"{path}: there is no prediction of '{chosen.model}', seed {chosen.seed}. Delete the file and "
            "run snakemake again."
        )
    return found.assign(found=found["found"].fillna(""))
