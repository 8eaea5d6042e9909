"""Export a tagger: the best by validation, as it lies among the models, with its card.

It is written as safetensors alone. TorchScript and ONNX hold what maps tensors to tensors; a tagger also
turns words and their bytes into numbers and searches the best tags along a sentence, in Python.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np

from engram.core.errors import RecordError
from engram.core.files import atomic_path, file_hash, write_text
from engram.core.records import Record, environment, write_record
from engram.models.text.files import load_tagger
from engram.runtime.job_spec import NamedFiles
from engram.studies.entities.card import ExportedTagger, tagger_card
from engram.studies.entities.collect import Evidence
from engram.studies.entities.heads import covering_head
from engram.studies.entities.jobs.export import Candidate, TaggerExportParams
from engram.studies.lineage.forgetting import levels

__all__ = ["best_tagger", "export_tagger", "validation_score"]


def export_tagger(inputs: NamedFiles, outputs: NamedFiles, params: TaggerExportParams, *, code: str) -> None:
    """Write the best tagger with its card.

    Parameters
    ----------
    inputs, outputs
        Those of `engram.studies.entities.jobs.export.tagger_export`.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If a record or the predictions are missing.
    """
    started = time.perf_counter()
    evidence = Evidence.load(inputs, params)
    chosen, score, source = best_tagger(inputs, params, evidence)
    tagger = load_tagger(source)
    labels = covering_head(tagger, params.target)
    assert labels is not None, "its last stage learnt the target"
    files = dict(zip(("model", "card", "record"), map(Path, outputs.files), strict=True))
    files["record"].unlink(missing_ok=True)  # without it the export is unfinished
    with atomic_path(files["model"]) as temporary:
        shutil.copyfile(source, temporary)
    exported = ExportedTagger(
        record=evidence.training[str(chosen.model), chosen.seed],
        hash=file_hash(files["model"]),
        target=params.target,
        score=score,
        candidates=len(inputs.models),
        labels=labels,
    )
    write_text(files["card"], tagger_card(chosen.model.pooled, evidence, levels(evidence), exported))
    record = Record(
        kind="export",
        name=f"tagger {chosen.model}",
        seed=chosen.seed,
        settings={"strategies": list(chosen.strategies), "target": params.target},
        code=code,
        data=exported.record.data,
        inputs={source.relative_to(params.results).as_posix(): exported.hash},
        environment=environment(),
        timings={"export": time.perf_counter() - started},
        metrics={
            "validation_score": score,
            "parameters": float(sum(values.numel() for values in tagger.parameters())),
        },
    )
    write_record(files["record"], record)


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
