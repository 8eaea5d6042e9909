"""Fit the operators that fuse the source embeddings (section 3.2 of Vielzeuf et al. 2019, Table 5)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from engram.config import GeneralSettings, Settings
from engram.core.errors import ConfigurationError
from engram.core.files import atomic_path
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.models.autoencoders import Projection
from engram.models.fusion_operators import FusionModule, Operator, build_network, save_operator
from engram.models.pca import fit_pca
from engram.studies.general.operators import find_operator
from engram.studies.general.plan import operators as all_operators
from engram.studies.general.reconstruction import (
    ReconstructionTask,
    StandardisedBatches,
    reconstruction_metrics,
    reconstruction_table,
    squared_errors,
)
from engram.studies.general.unlabelled import UnlabelledFaces
from engram.training.checkpoints import Checkpoint
from engram.training.loop import fit

__all__ = ["fit_operators", "operator_settings", "random_embeddings", "reconstruct"]


def fit_operators(
    operators: Sequence[str],
    seeds: Sequence[int],
    settings: Settings,
    layout: Layout,
    *,
    threads: int,
    code: str,
) -> None:
    """Fit the named operators for the named seeds, one after another, on the unlabelled faces.

    Each learns from the training faces, is chosen by the validation faces, and leaves its model,
    its reconstruction of the test faces and its record. ``concat`` and ``pca`` do not depend on the
    seed. ``concat`` loses nothing: its reconstruction file holds a reference in its place, operator
    ``random``.

    Raises
    ------
    EngramError
        If an operator is unknown, a subset is empty, embeddings are missing or do not fit, or a loss
        diverges.
    """
    unknown = sorted(set(operators) - set(all_operators(settings.general)))
    if unknown:
        raise ConfigurationError(
            f"unknown operator '{unknown[0]}'. Known: {', '.join(all_operators(settings.general))}"
        )
    faces = UnlabelledFaces.open(settings, layout, threads)
    fits = [_Fit(name, seed, settings, layout, faces, code) for name in operators for seed in seeds]
    projections: dict[int, tuple[Projection, float]] = {}
    for each in fits:
        each.run(projections)
    # Kept until all are done: a killed job passes over those that it has trained.
    for each in fits:
        if each.checkpoint:
            each.checkpoint.remove()


def operator_settings(general: GeneralSettings, operator: str) -> dict[str, Any]:
    """Return the settings of an operator's network: ``kind``, ``sizes`` from T to d, ``noise``."""
    return find_operator(general, operator).network_settings(general)


class _Fit:
    """One operator of one seed."""

    def __init__(
        self, name: str, seed: int, settings: Settings, layout: Layout, faces: UnlabelledFaces, code: str
    ) -> None:
        self.name, self.seed, self.faces = name, seed, faces
        self.fusion, self.compute = settings.general.fusion, settings.compute
        self.shape = operator_settings(settings.general, name)
        self.folder = layout.fusion(name, seed)
        self.scratch = layout.scratch(f"fusion/{name}", seed)
        self.record = self._begin_record(code)
        self.checkpoint: Checkpoint | None = None

    def _begin_record(self, code: str) -> Record:
        learnt = self.shape["kind"] not in ("concat", "pca")
        more = {"training": self.fusion.training.model_dump(mode="json")} if learnt else {}
        if self.name == "vae":
            more["kl"] = self.fusion.kl
        chosen = {"operator": self.shape, "encoders": self.faces.encoders, **more}
        return Record(
            kind="fusion", name=self.name, seed=self.seed, settings=chosen, code=code, **self.faces.origin
        )

    def run(self, projections: dict[int, tuple[Projection, float]]) -> None:
        """Fit, then write the model, the reconstruction and, last, the record."""
        if self.name == "pca":
            size = self.shape["sizes"][-1]
            if size not in projections:
                projections[size] = self._project(size)
            network, seconds = projections[size]
        elif self.name == "concat":
            network, seconds = build_network(self.shape), 0.0
        else:
            network, seconds = self._train()
        self.record.timings = {"standardise": self.faces.seconds, "train": seconds}
        scale = self.faces.scale
        module = FusionModule(network, torch.from_numpy(scale.mean), torch.from_numpy(scale.std))
        operator = Operator(module.cpu().eval(), self.faces.encoders, self.shape)
        save_operator(self.folder / "model.safetensors", operator)
        self._reconstruct(operator)
        write_record(self.folder / "record.json", self.record)

    def _project(self, size: int) -> tuple[Projection, float]:
        started = time.perf_counter()
        found = fit_pca(self.faces.training.blocks(), size)
        network = Projection(
            torch.from_numpy(found.mean.astype(np.float32)),
            torch.from_numpy(np.ascontiguousarray(found.directions, np.float32)),
        )
        return network, time.perf_counter() - started

    def _train(self) -> tuple[torch.nn.Module, float]:
        started = time.perf_counter()
        stream = derive_seed(self.seed, "fusion", self.name)
        self.checkpoint = Checkpoint(self.scratch, self.record.fingerprint(), self.compute.checkpoint_seconds)
        torch.manual_seed(derive_seed(stream, "weights"))
        network = build_network(self.shape)
        network.start()
        self.faces.device.place(network)
        kl = self.fusion.kl if self.name == "vae" else 0.0
        state = fit(
            ReconstructionTask(network, kl),
            StandardisedBatches(self.faces.training, self.fusion.training.batch_size, stream),
            self.faces.validation.pairs,
            self.fusion.training,
            device=self.faces.device,
            seed=stream,
            checkpoint=self.checkpoint,
            title=f"{self.name} (seed {self.seed})",
        )
        self.record.history, self.record.metrics = state.history, state.best()
        return network, time.perf_counter() - started

    def _reconstruct(self, operator: Operator) -> None:
        """Write how well the test faces come back, and the metrics of it."""
        table = reconstruct(operator, self.name, self.seed, self.faces)
        self._write(table, "random_" if self.name == "concat" else "")

    def _write(self, table: pd.DataFrame, prefix: str) -> None:
        with atomic_path(self.folder / "reconstruction.parquet") as temporary:
            table.to_parquet(temporary, index=False)
        measured = reconstruction_metrics(table, self.faces.encoders)
        self.record.metrics |= {prefix + name: value for name, value in measured.items()}
        self.record.metrics |= self.faces.counts


def reconstruct(operator: Operator, name: str, seed: int, faces: UnlabelledFaces) -> pd.DataFrame:
    """Return how well an operator gives the test faces' embeddings back, as `reconstruction_table` says."""
    rng = np.random.default_rng(derive_seed(seed, "fusion", "random"))
    network = operator.module.network
    errors = []
    with torch.inference_mode():
        for block in faces.test.blocks():
            if name == "concat":
                guess = random_embeddings(block.shape, rng)
            else:
                guess = network.decode(network.encode(torch.from_numpy(block))).numpy()
            errors.append(squared_errors(guess, block, faces.encoders))
    shown = "random" if name == "concat" else name
    return reconstruction_table(np.concatenate(errors), faces.test_faces, shown, seed, faces.encoders)


def random_embeddings(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return uniform random standardised embeddings: mean 0, standard deviation 1, as the faces' own.

    Being independent of these, their normalised RMSE is near the root of 1 + 1, about 1.4: what an
    operator that knows all values' scale and nothing else would have.
    """
    return rng.uniform(-np.sqrt(3), np.sqrt(3), shape).astype(np.float32)
