"""Faces for the benchmarks: drawn once, as an array and as image files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from engram.core.labels import EXPRESSIONS
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.training.labelled_faces import Part, Subset

__all__ = ["make_subset", "write_images"]

SIZE = 48


def make_subset(folder: Path, count: int) -> Subset:
    """Return ``count`` grey drawn faces with their labels, memory-mapped."""
    draw_dataset(DrawnSpec("wild", count // 5, count, SIZE, seed=5), folder / "drawn")
    grey = np.load(folder / "drawn/images.npy").mean(axis=3, keepdims=True).astype(np.uint8)
    np.save(folder / "faces.npy", grey)
    labels = pd.read_csv(folder / "drawn/manifest.csv")["expression"].map(EXPRESSIONS.index).to_numpy()
    return Subset([Part(np.load(folder / "faces.npy", mmap_mode="r"), np.arange(count), labels)])


def write_images(folder: Path, subset: Subset) -> None:
    """Write each face as a PNG file in the folder of its class, as ``ImageFolder`` reads them."""
    faces = subset.faces(np.arange(len(subset)))
    for number, (face, label) in enumerate(zip(faces, subset.labels, strict=True)):
        place = folder / EXPRESSIONS[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face[:, :, 0]).save(place / f"{number}.png")
