"""Fit the operators that fuse the source embeddings (section 3.2 of Vielzeuf et al. 2019, Table 5)."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from engram.core.files import atomic_path
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.models.autoencoders import Autoencoder, FusionNetwork, Projection
from engram.models.fusion_operators import FusionModule, Operator, build_network, save_operator
from engram.models.pca import fit_pca
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.fusion.reconstruction import (
    ReconstructionTask,
    ShuffledBatches,
    equal_weights,
    reconstruction_metrics,
    reconstruction_table,
    squared_errors,
)
from engram.studies.general.fusion.unlabelled import UnlabelledFaces
from engram.studies.general.jobs.pipeline_params import OperatorChoice, OperatorParams
from engram.training.checkpoints import Checkpoint
from engram.training.device import choose_device
from engram.training.loop import fit

__all__ = ["fit_operators", "random_embeddings", "reconstruct"]

#: The operator that only standardises: random embeddings stand in its place as a reference.
LOSSLESS = "concat"


def fit_operators(
    inputs: NamedFiles, outputs: NamedFiles, params: OperatorParams, *, threads: int, code: str
) -> None:
    """Fit operators for some seeds, one after another, on the unlabelled faces.

    Each learns from the training faces, is chosen by the validation faces, and leaves its model,
    its reconstruction of the test faces and its record. ``concat`` and ``pca`` do not depend on the
    seed. ``concat`` loses nothing: its reconstruction file holds a reference in its place, operator
    ``random``.

    Parameters
    ----------
    inputs
        ``embeddings``, ``faces`` and ``splits`` of D_unsup.
    outputs
        ``models``, ``records`` and ``reconstruction``: for each operator one a seed.
    threads
        Threads of this job.
    code
        Hash of the code that runs, for the records.

    Raises
    ------
    EngramError
        If a subset is empty, embeddings are missing or do not fit, or a loss diverges.
    """
    faces = UnlabelledFaces.load(inputs, params, choose_device(params.compute, threads))
    files = zip(outputs.models, outputs.records, outputs.reconstruction, strict=True)
    fits = [
        _Fit(operator, seed, params, faces, code, *map(Path, paths))
        for (operator, seed), paths in zip(product(params.operators, params.seeds), files, strict=True)
    ]
    projections: dict[int, tuple[Projection, float]] = {}
    for each in fits:
        each.run(projections)
    # Checkpoints stay until all are done, so that a killed job does not train a finished operator again.
    for each in fits:
        if each.checkpoint:
            each.checkpoint.remove()


class _Fit:
    """The fitting of one operator with one seed."""

    def __init__(
        self,
        operator: OperatorChoice,
        seed: int,
        params: OperatorParams,
        faces: UnlabelledFaces,
        code: str,
        model: Path,
        record: Path,
        reconstruction: Path,
    ) -> None:
        self.operator, self.seed, self.params, self.faces = operator, seed, params, faces
        self._model_file, self._record_file, self._errors_file = model, record, reconstruction
        self.record = self._begin_record(code)
        self.checkpoint: Checkpoint | None = None

    def _begin_record(self, code: str) -> Record:
        operator = self.operator
        chosen: dict[str, Any] = {"operator": operator.network, "encoders": self.faces.encoders}
        if operator.fitting == "training":
            chosen |= {"training": self.params.training.model_dump(mode="json"), **operator.loss}
            chosen |= {"balanced": operator.balanced}
        return Record(
            kind="fusion", name=operator.name, seed=self.seed, settings=chosen, code=code, **self.faces.origin
        )

    def run(self, projections: dict[int, tuple[Projection, float]]) -> None:
        """Fit, then write the model, the reconstruction and, last, the record.

        ``projections`` keeps what needs no seed: size of the code -> projection, seconds.
        """
        network: FusionNetwork
        if self.operator.fitting == "components":
            size = self.operator.network["sizes"][-1]
            if size not in projections:
                projections[size] = self._project(size)
            network, seconds = projections[size]
        elif self.operator.fitting == "nothing":
            network, seconds = build_network(self.operator.network), 0.0
        else:
            network, seconds = self._train()
        self.record.timings = {"standardise": self.faces.seconds, "train": seconds}
        scale = self.faces.scale
        module = FusionModule(network, torch.from_numpy(scale.mean), torch.from_numpy(scale.std))
        fitted = Operator(module.cpu().eval(), self.faces.encoders, self.operator.network)
        save_operator(self._model_file, fitted)
        self.record.metrics["parameters"] = float(network.encoding_parameters)
        self._reconstruct(fitted)
        write_record(self._record_file, self.record)

    def _project(self, size: int) -> tuple[Projection, float]:
        started = time.perf_counter()
        found = fit_pca(self.faces.training.blocks(), size)
        network = Projection(
            torch.from_numpy(found.mean.astype(np.float32)),
            torch.from_numpy(np.ascontiguousarray(found.directions, np.float32)),
        )
        return network, time.perf_counter() - started

    def _train(self) -> tuple[Autoencoder, float]:
        started = time.perf_counter()
        name, params = self.operator.name, self.params
        stream = derive_seed(self.seed, "fusion", name)
        self.checkpoint = Checkpoint(
            params.scratch(f"fusion/{name}", self.seed),
            self.record.fingerprint(),
            params.compute.checkpoint_seconds,
        )
        torch.manual_seed(derive_seed(stream, "weights"))
        network = build_network(self.operator.network)
        if not isinstance(network, Autoencoder):
            raise TypeError(f"operator '{name}' is to be trained, but its network is no autoencoder")
        network.start()
        self.faces.device.place(network)
        balanced = self.operator.balanced
        weights = self.faces.device.send(equal_weights(self.faces.encoders)) if balanced else None
        state = fit(
            ReconstructionTask(network, weights=weights, **self.operator.loss),
            ShuffledBatches(self.faces.training, params.training.batch_size, stream),
            self.faces.validation.pairs,
            params.training,
            device=self.faces.device,
            seed=stream,
            checkpoint=self.checkpoint,
            title=f"{name} (seed {self.seed})",
        )
        self.record.history, self.record.metrics = state.history, state.best()
        return network, time.perf_counter() - started

    def _reconstruct(self, fitted: Operator) -> None:
        """Write each test face's errors, and their mean into the record."""
        name = self.operator.name
        table = reconstruct(fitted, name, self.seed, self.faces)
        with atomic_path(self._errors_file) as temporary:
            table.to_parquet(temporary, index=False)
        prefix = "random_" if name == LOSSLESS else ""
        measured = reconstruction_metrics(table, self.faces.encoders)
        self.record.metrics |= {prefix + metric: value for metric, value in measured.items()}
        self.record.metrics |= self.faces.counts


def reconstruct(operator: Operator, name: str, seed: int, faces: UnlabelledFaces) -> pd.DataFrame:
    """Return how well an operator reconstructs the test faces' embeddings; see `reconstruction_table`."""
    rng = np.random.default_rng(derive_seed(seed, "fusion", "random"))
    network = operator.module.network
    errors = []
    with torch.inference_mode():
        for block in faces.test.blocks():
            if name == LOSSLESS:
                guess = random_embeddings(block.shape, rng)
            else:
                guess = network.decode(network.encode(torch.from_numpy(block))).numpy()
            errors.append(squared_errors(guess, block, faces.encoders))
    shown = "random" if name == LOSSLESS else name
    return reconstruction_table(np.concatenate(errors), faces.test_faces, shown, seed, faces.encoders)


def random_embeddings(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return uniform random standardised embeddings: mean 0, standard deviation 1, as the faces' own.

    They are independent of the faces' embeddings, so their normalised RMSE is near the root of 1 + 1, about
    1.4: that of an operator which knows the scale of all values and nothing else.
    """
    return rng.uniform(-np.sqrt(3), np.sqrt(3), shape).astype(np.float32)
