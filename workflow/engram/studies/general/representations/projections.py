"""What the figures of the fused embedding show: nearest faces, and a map in two dimensions.

Both are of test faces that were detected, by the first seed's representations. No torch.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.files import atomic_path
from engram.core.labels import TASKS
from engram.core.records import Record, environment, input_hashes, write_record
from engram.core.seeds import derive_seed
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.jobs.pipeline_params import ProjectionParams
from engram.studies.general.methods import MAIN_STUDENT
from engram.studies.general.operators import FUSED
from engram.studies.general.representations.representation_store import load_representation

__all__ = ["make_views", "nearest"]

#: The representations that neighbours are found under: h_G, which the map shows as well, and the student.
REPRESENTATIONS = (FUSED.representation, MAIN_STUDENT.representation)
_QUERIES, _NEIGHBOURS = 6, 5
#: Most faces on the map, so that single dots are seen.
_ON_MAP = 1000
_COMPONENTS, _PERPLEXITY = 30, 30.0


def make_views(inputs: NamedFiles, outputs: NamedFiles, params: ProjectionParams, *, code: str) -> None:
    """Write the tables of nearest faces and of the map, and, last, the record.

    Neighbours (a row a query, representation and rank): representation, query, rank (1 is the
    nearest), row, dataset, distance (one minus the cosine). Map (a row a face): dataset, row, x, y,
    and every column of labels that a data set has.

    Parameters
    ----------
    inputs
        ``faces``, ``splits`` and ``fused``, the array of h_G, of each of the targets' data sets;
        ``students``, the array of the student's embeddings, of those whose faces may be shown.
    outputs
        ``neighbours``, ``map`` and ``record``.
    code
        Hash of the code that runs, for the record.

    Raises
    ------
    EngramError
        If faces, a split or a representation are missing or do not fit together.
    """
    started = time.perf_counter()
    subsets = _load_subsets(inputs, params)
    shown = [subset for subset in subsets if subset.name in params.shown]
    neighbours = pd.concat([_EMPTY, *map(_neighbours, shown)], ignore_index=True)
    found = time.perf_counter()
    faces = _map(subsets)
    for path, frame in ((outputs.neighbours, neighbours), (outputs.map, faces)):
        with atomic_path(path) as temporary:
            frame.to_parquet(temporary, index=False)
    record = Record(
        kind="views",
        name="views",
        settings={"datasets": params.datasets, "shown": params.shown, "seed": params.seeds[0]},
        code=code,
        data={subset.name: subset.store.hash for subset in subsets},
        splits={subset.name: subset.split.hash for subset in subsets},
        inputs=input_hashes([*inputs.fused, *inputs.students], params.results),
        environment=environment("numpy", "scikit-learn"),
        timings={"neighbours": found - started, "map": time.perf_counter() - found},
        metrics={
            "faces_on_map": float(len(faces)),
            "queries": float(len(neighbours[["dataset", "query"]].drop_duplicates())),
        },
    )
    write_record(outputs.record, record)


def nearest(values: np.ndarray, query: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the ``count`` rows nearest to row ``query``, itself left out, and their cosine distances.

    Parameters
    ----------
    values
        (N, d); rows of equal distance come in their order.
    """
    lengths = np.linalg.norm(values, axis=1)
    lengths = np.where(lengths > 0, lengths, 1.0)
    distances = 1 - (values @ values[query]) / (lengths * lengths[query])
    distances[query] = np.inf
    order = np.argsort(distances, kind="stable")[: min(count, len(values) - 1)]
    return order, distances[order]


@dataclass(frozen=True)
class _TestFaces:
    """The detected faces of the test subset of a target's data set."""

    name: str
    store: FaceStore
    split: Split
    arrays: dict[str, np.ndarray]
    """Representation -> (seeds, N, d); the student's only where faces may be shown."""

    @property
    def rows(self) -> np.ndarray:
        return self.store.detected_rows(self.split, "test")

    def values(self, representation: str, rows: np.ndarray) -> np.ndarray:
        """Return the first seed's representation of ``rows`` (B,), as (B, d) float64."""
        return np.asarray(self.arrays[representation][0, rows], np.float64)


def _load_subsets(inputs: NamedFiles, params: ProjectionParams) -> list[_TestFaces]:
    fused, student = REPRESENTATIONS
    files = {fused: dict(zip(params.datasets, inputs.fused, strict=True))}
    files[student] = dict(zip(params.shown, inputs.students, strict=True))
    folders = dict.fromkeys(Path(file).parent for file in inputs.faces)
    subsets = []
    for name, folder, split in zip(params.datasets, folders, inputs.splits, strict=True):
        store = FaceStore.load(folder)
        count = len(store.faces)
        arrays = {
            representation: load_representation(Path(paths[name]), len(params.seeds), count)
            for representation, paths in files.items()
            if name in paths
        }
        subsets.append(_TestFaces(name, store, read_split(split, count), arrays))
    return subsets


_EMPTY = pd.DataFrame(
    {
        "representation": pd.Series(dtype=str),
        "query": pd.Series(dtype=np.int64),
        "rank": pd.Series(dtype=np.int64),
        "row": pd.Series(dtype=np.int64),
        "dataset": pd.Series(dtype=str),
        "distance": pd.Series(dtype=np.float64),
    }
)


def _neighbours(faces: _TestFaces) -> pd.DataFrame:
    queries, rows = _queries(faces), faces.rows
    frames = [_EMPTY]
    for representation in REPRESENTATIONS:
        values = faces.values(representation, rows)
        for query in queries:
            order, distances = nearest(values, query, _NEIGHBOURS)
            frames.append(
                pd.DataFrame(
                    {
                        "representation": representation,
                        "query": rows[query],
                        "rank": np.arange(1, len(order) + 1),
                        "row": rows[order],
                        "dataset": faces.name,
                        "distance": distances,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def _queries(faces: _TestFaces) -> np.ndarray:
    """Return positions of faces of different subjects, spread evenly over the test subset."""
    subjects = faces.store.index["subject"].to_numpy(str)[faces.rows]
    _, first = np.unique(subjects, return_index=True)
    return _spread(np.sort(first), _QUERIES) if len(subjects) > 1 else first[:0]


def _spread(rows: np.ndarray, number: int) -> np.ndarray:
    if len(rows) <= number:
        return rows
    return rows[np.linspace(0, len(rows) - 1, number).round().astype(int)]


def _map(subsets: list[_TestFaces]) -> pd.DataFrame:
    count = _ON_MAP // len(subsets)
    chosen = [(faces, _spread(faces.rows, count)) for faces in subsets]
    values = np.concatenate([faces.values(REPRESENTATIONS[0], rows) for faces, rows in chosen])
    frames = [_labels(faces, rows) for faces, rows in chosen]
    places = _places(values)
    frame = pd.concat(frames, ignore_index=True)
    labels = [name for name in TASKS if name in frame]
    return frame.assign(x=places[:, 0], y=places[:, 1])[["dataset", "row", "x", "y", *labels]]


def _labels(faces: _TestFaces, rows: np.ndarray) -> pd.DataFrame:
    index = faces.store.index.iloc[rows]
    known = [name for name in TASKS if name in index and index[name].notna().any()]
    return index[known].reset_index(drop=True).assign(dataset=faces.name, row=rows)


def _places(values: np.ndarray) -> np.ndarray:
    """Return (N, 2): principal components, then t-SNE (van der Maaten and Hinton 2008)."""
    centred = values - values.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    components = (left * sizes)[:, :_COMPONENTS]
    flat = np.pad(components, ((0, 0), (0, 2)))[:, :2]
    if len(values) < 10:
        return flat
    # Imported here since it takes half a second that small maps do not need.
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    start = flat / (1e4 * flat[:, 0].std() or 1.0)
    perplexity = min(_PERPLEXITY, (len(values) - 1) / 3)
    # One thread adds in one order, so that a rerun gives the same map.
    with threadpool_limits(1):
        tsne = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=derive_seed("map"))
        return tsne.fit_transform(components.astype(np.float32))
