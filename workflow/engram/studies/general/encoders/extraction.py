"""Extract embeddings: each face is read once for all encoders that share an input size."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from engram.core.arrays import in_blocks, shard_rows, sized
from engram.core.errors import EmbeddingError
from engram.core.records import Record, write_record
from engram.data.images.store import FaceStore
from engram.models.inputs import resize
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.encoders.embeddings import write_shard
from engram.studies.general.encoders.inputs import load_store
from engram.studies.general.encoders.loading import Encoder, load_encoder
from engram.studies.general.jobs.pipeline_params import ExtractionParams
from engram.training.device import Device, choose_device
from engram.training.feeding import read_ahead
from engram.training.workload import FORWARD_BATCH, GPU_FORWARD_BATCH

__all__ = ["extract_embeddings"]

#: Faces a forward pass: on a CPU few, so that activations stay in its cache.
_BATCH = {"cpu": FORWARD_BATCH, "cuda": GPU_FORWARD_BATCH}


def extract_embeddings(
    inputs: NamedFiles, outputs: NamedFiles, params: ExtractionParams, *, threads: int, code: str
) -> None:
    """Write a shard of a data set's embeddings by each encoder of the job, and a record beside each.

    A face that was not detected gets zeros. Memory does not grow with the data set. Several processes
    divide the rows between them, in the batches that one process would make.

    Parameters
    ----------
    inputs
        ``faces`` of the data set, and ``encoders``: the file of each encoder.
    outputs
        ``embeddings`` and ``records`` of each encoder, in the order of the parameters.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the records.

    Raises
    ------
    EngramError
        If faces or an encoder cannot be read, or are not what the settings say.
    EmbeddingError
        If an embedding is not finite; nothing is written then.
    DiskError
        If the disk is full; nothing is written then.
    """
    device = choose_device(params.compute, threads)
    store = load_store(inputs.faces)
    rows = shard_rows(len(store.faces), params.shard, params.shards)
    encoders = [
        load_encoder(name, chosen, Path(path), params.results, device)
        for (name, chosen), path in zip(params.encoders.items(), inputs.encoders, strict=True)
    ]
    _check_sizes(encoders)
    records = [_record(params, encoder, store, rows, device, code) for encoder in encoders]
    with ExitStack() as stack:
        writers = {
            encoder.name: stack.enter_context(
                write_shard(Path(path), (len(rows), encoder.embedding), params.dtype)
            )
            for encoder, path in zip(encoders, outputs.embeddings, strict=True)
        }
        seconds = _extract(params.dataset, store, rows, encoders, writers, device)
    for encoder, record, path in zip(encoders, records, outputs.records, strict=True):
        record.timings = {"read": seconds["read"], "extract": seconds[encoder.name]}
        write_record(path, record)


def _check_sizes(encoders: Sequence[Encoder]) -> None:
    sizes = {encoder.name: encoder.inputs.size for encoder in encoders}
    if len(set(sizes.values())) > 1:
        raise EmbeddingError(f"encoders of one job must share an input size, not {sizes}.")


def _extract(
    dataset: str,
    store: FaceStore,
    rows: range,
    encoders: Sequence[Encoder],
    writers: dict,
    device: Device,
) -> dict[str, float]:
    """Write every row's embeddings; return the seconds of reading and of each encoder."""
    detected = store.detected
    seconds: dict[str, float] = defaultdict(float)
    bar = tqdm(
        total=len(rows),
        desc=f"embed {dataset}",
        unit="face",
        file=sys.stderr,
        mininterval=1.0,
    )
    with bar, torch.inference_mode():
        size = encoders[0].inputs.size
        stored = sized(store.faces, size)
        batches = list(in_blocks(rows, _BATCH[device.torch_device.type]))
        reads = read_ahead(stored, (batch[detected[batch]] for batch in batches))
        for batch in batches:
            found = batch[detected[batch]]
            started = time.perf_counter()
            pixels = next(reads)
            faces = resize(pixels, size) if len(found) else None
            seconds["read"] += time.perf_counter() - started
            for encoder in encoders:
                started = time.perf_counter()
                values = np.zeros((len(batch), encoder.embedding), writers[encoder.name].dtype)
                if faces is not None:
                    embedded = _embed(encoder, faces, values.dtype, device)
                    _check_finite(encoder.name, dataset, embedded, store, found)
                    values[detected[batch]] = embedded
                writers[encoder.name].write(values)
                seconds[encoder.name] += time.perf_counter() - started
            bar.update(len(batch))
    return seconds


def _embed(encoder: Encoder, faces: Tensor, dtype: np.dtype, device: Device) -> np.ndarray:
    with device.autocast():
        embedded = encoder.embed(device.send(encoder.inputs.from_resized(faces)))
    # Torch rounds here: a value too large for float16 becomes infinite without a warning, and is refused.
    return embedded.float().cpu().to(getattr(torch, dtype.name)).numpy()


def _check_finite(name: str, dataset: str, embedded: np.ndarray, store: FaceStore, rows: np.ndarray) -> None:
    finite = np.isfinite(embedded).all(axis=1)
    if finite.all():
        return
    image = store.index["image"].iloc[rows[finite.argmin()]]
    advice = " or set general.dtype to 'float32'" if embedded.dtype == np.float16 else ""
    raise EmbeddingError(
        f"encoder '{name}': its embedding of image '{image}' of data set '{dataset}' is not finite as "
        f"{embedded.dtype}. Look at the image and at the encoder's normalisation{advice}."
    )


def _record(
    params: ExtractionParams, encoder: Encoder, store: FaceStore, rows: range, device: Device, code: str
) -> Record:
    undetected = int((~store.detected[rows.start : rows.stop]).sum())
    return Record(
        kind="embeddings",
        name=f"{params.dataset}/{encoder.name}",
        settings={
            "encoder": params.encoders[encoder.name].model_dump(mode="json"),
            "dtype": params.dtype,
            "shard": params.shard,
            "shards": params.shards,
        },
        code=code,
        data={params.dataset: store.hash},
        inputs=encoder.files,
        environment=device.environment(),
        metrics={"faces": float(len(rows)), "undetected": float(undetected)},
    )
