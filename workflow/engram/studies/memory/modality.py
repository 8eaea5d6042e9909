"""Faces and the simplified VGG, as the engine of lineages uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from engram.config import RecipeSettings
from engram.core.errors import SplitError
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.data.images.store import FaceStore
from engram.data.split import Split
from engram.models.files import load_model, save_model
from engram.models.vgg import VGG
from engram.studies.memory.learner import FaceLearner
from engram.training.batches import (
    CachedBatches,
    ImageBatches,
    cache_features,
    plain_batches,
    plain_features,
)
from engram.training.device import Device
from engram.training.labelled_faces import Part, Subset, labelled_part

__all__ = ["FaceModality"]


@dataclass(frozen=True)
class FaceModality:
    """Stored faces with class labels, and VGGs; an `engram.studies.lineage.protocols.Modality`."""

    network: dict[str, Any] | None = None
    """Arguments of `VGG` that every network must have; None for any network."""
    unit: str = "faces"

    def open_store(self, folder: Path) -> FaceStore:
        """Open a data set's stored faces."""
        return FaceStore.load(folder)

    def part(self, store: FaceStore, split: Split, task: str, subset: str, percent: int = 100) -> Part:
        """Return a subset's detected faces with a label of ``task``."""
        return labelled_part(store, split, task, subset, percent)

    def join(self, parts: Sequence[Part]) -> Subset:
        """Return the faces of several parts behind one another."""
        return Subset(parts)

    def new_network(self, task: str) -> VGG:
        """Return a network with random weights and one head, for ``task``."""
        return VGG({task: len(CLASSES[task])}, **(self.network or {}))

    def load_network(self, path: Path) -> VGG:
        """Return a stored network.

        Raises
        ------
        CheckpointError
            If the file is damaged or holds a network of another size.
        """
        return load_model(path, expected=self.network)

    def save_network(self, path: Path, network: VGG) -> None:
        """Write a network atomically."""
        save_model(path, network)

    def batches(
        self,
        network: VGG,
        depth: int,
        training: Subset,
        validation: Subset,
        recipe: RecipeSettings,
        *,
        seed: int,
        device: Device,
        scratch: Path,
    ) -> _Batches:
        """Return images, or where the first ``depth`` layers are frozen their cached features."""
        chosen: dict[str, Any] = {"seed": seed, "device": device}
        plain = self.validation(network, depth, validation, cache=scratch / "validation.npy", **chosen)
        if depth == 0:
            return _Batches(ImageBatches(training, recipe.batch_size, recipe.augment, seed), plain)
        features = cache_features(
            scratch / "training.npy",
            network,
            depth,
            training,
            augmentations=recipe.augmentations,
            settings=recipe.augment,
            **chosen,
        )
        batches = CachedBatches(features, training.labels, recipe.batch_size, seed)
        return _Batches(batches, plain)

    def validation(
        self, network: VGG, depth: int, samples: Subset, *, seed: int, device: Device, cache: Path
    ) -> Callable[[], Iterator[tuple[Tensor, Tensor]]]:
        """Return what yields images in order, or where layers are frozen their outputs, cached in a file."""
        if depth == 0:
            return partial(plain_batches, samples)
        chosen: dict[str, Any] = {"augmentations": 1, "settings": None, "seed": seed, "device": device}
        features = cache_features(cache, network, depth, samples, **chosen)
        return partial(plain_features, features, samples.labels)

    def learner(self) -> FaceLearner:
        """Return what prepares a stage."""
        return FaceLearner()

    def head(self, network: VGG, model: Lineage, dataset: str, task: str) -> str | None:
        """Return the head that answers for a data set: that of its task, if the network has one."""
        return task if task in network.tasks else None

    def test_samples(self, store: FaceStore, split: Split, task: str, dataset: str) -> pd.DataFrame:
        """Return row, subject, truth and detected of each labelled face that is tested, of all folds.

        Raises
        ------
        SplitError
            If none has a label.
        """
        rows = split.tested()["row"].to_numpy()
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
            raise SplitError(
                f"{dataset}: no test face has a label of '{task}'. Change its split or its task."
            )
        return labelled

    def predict(
        self, network: VGG, store: FaceStore, samples: pd.DataFrame, head: str, device: Device
    ) -> pd.DataFrame:
        """Return ``samples`` with the columns ``prediction`` and ``score_<class>``.

        An undetected face has neither: it counts as a wrong answer.
        """
        scores = _scores(network, store, samples, head, device)
        classes = np.array(CLASSES[head], dtype=object)
        best = np.where(samples["detected"], classes[np.nan_to_num(scores).argmax(1)], None)
        columns = {f"score_{name}": scores[:, number] for number, name in enumerate(classes)}
        return samples.assign(prediction=best, **columns)


@dataclass(frozen=True)
class _Batches:
    training: ImageBatches | CachedBatches
    validation: Callable[[], Iterator[tuple[Tensor, Tensor]]]


def _scores(network: VGG, store: FaceStore, faces: pd.DataFrame, task: str, device: Device) -> np.ndarray:
    """Return the class probabilities (N, classes) of each face; NaN where none was detected."""
    scores = np.full((len(faces), network.tasks[task]), np.nan, np.float32)
    found = np.flatnonzero(faces["detected"])
    if not len(found):
        return scores
    rows = faces["row"].to_numpy()[found]
    subset = Subset([Part(store.faces, rows, np.zeros(len(rows), np.int64))])
    with torch.inference_mode(), device.autocast():
        probabilities = [
            network(device.send(images), task).float().softmax(1).cpu() for images, _ in plain_batches(subset)
        ]
    scores[found] = torch.cat(probabilities).numpy()
    return scores
