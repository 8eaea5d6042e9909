"""What the figures of the fused embedding show: nearest faces, and a map in two dimensions.

Both are of test faces that were detected, by the first seed's representations. No torch.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.core.files import atomic_path, file_hash
from engram.core.labels import TASKS
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, environment, write_record
from engram.core.seeds import derive_seed
from engram.data.images.store import FaceStore
from engram.data.splitting import Split, read_split
from engram.studies.general.plan import shown_datasets
from engram.studies.general.representation_store import Representations, representation_file

__all__ = ["make_views", "nearest"]

#: What neighbours are looked for under.
REPRESENTATIONS = ("h_g", "h_unique")
_QUERIES, _NEIGHBOURS = 6, 5
#: Most faces on the map, so that dots can be told apart.
_ON_MAP = 1000
_COMPONENTS, _PERPLEXITY = 30, 30.0


def make_views(settings: Settings, layout: Layout, *, code: str) -> None:
    """Write ``neighbours.parquet``, ``map.parquet`` and, last, the record.

    Neighbours (a row a query, representation and rank): representation, query, rank (1 is the
    nearest), row, dataset, distance (one minus the cosine). Map (a row a face): dataset, row, x, y,
    and every column of labels that a data set has.

    Raises
    ------
    EngramError
        If faces, a split or a representation are missing or do not fit together.
    """
    started = time.perf_counter()
    targets = list(dict.fromkeys(target.dataset for target in settings.general.targets.values()))
    shown = shown_datasets(settings)
    parts = {name: _Part.open(name, settings, layout) for name in targets}
    neighbours = pd.concat([_EMPTY, *(_neighbours(parts[name]) for name in shown)], ignore_index=True)
    found = time.perf_counter()
    faces = _map([*parts.values()])
    for name, frame in (("neighbours", neighbours), ("map", faces)):
        with atomic_path(layout.views / f"{name}.parquet") as temporary:
            frame.to_parquet(temporary, index=False)
    record = Record(
        kind="views",
        name="views",
        settings={"datasets": targets, "shown": shown, "seed": settings.seeds[0]},
        code=code,
        data={name: part.store.hash for name, part in parts.items()},
        splits={name: part.split.hash for name, part in parts.items()},
        inputs=_inputs(layout, targets, shown),
        environment=environment("numpy", "scikit-learn"),
        timings={"neighbours": found - started, "map": time.perf_counter() - found},
        metrics={
            "faces_on_map": float(len(faces)),
            "queries": float(len(neighbours[["dataset", "query"]].drop_duplicates())),
        },
    )
    write_record(layout.views / "record.json", record)


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


class _Part:
    """A target's data set: its faces, and the detected ones of its test subset."""

    def __init__(self, name: str, store: FaceStore, split: Split, arrays: Representations) -> None:
        self.name, self.store, self.split, self._arrays = name, store, split, arrays
        self.rows = store.detected_rows(split, "test")

    @classmethod
    def open(cls, name: str, settings: Settings, layout: Layout) -> _Part:
        store = FaceStore.open(layout.faces(name, GENERAL_CROP))
        split = read_split(layout.split(name), len(store.faces))
        return cls(name, store, split, Representations.open(layout, settings, name))

    def values(self, representation: str, rows: np.ndarray) -> np.ndarray:
        """Return the first seed's representation of ``rows`` (B,), as (B, d) float64."""
        return np.asarray(self._arrays.of(representation)[0, rows], np.float64)


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


def _neighbours(part: _Part) -> pd.DataFrame:
    queries = _queries(part)
    frames = [_EMPTY]
    for representation in REPRESENTATIONS:
        values = part.values(representation, part.rows)
        for query in queries:
            order, distances = nearest(values, query, _NEIGHBOURS)
            frames.append(
                pd.DataFrame(
                    {
                        "representation": representation,
                        "query": part.rows[query],
                        "rank": np.arange(1, len(order) + 1),
                        "row": part.rows[order],
                        "dataset": part.name,
                        "distance": distances,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def _queries(part: _Part) -> np.ndarray:
    """Return positions of faces of different persons, spread evenly over the test subset."""
    people = part.store.index["subject"].to_numpy(str)[part.rows]
    _, first = np.unique(people, return_index=True)
    return _spread(np.sort(first), _QUERIES) if len(part.rows) > 1 else first[:0]


def _spread(rows: np.ndarray, number: int) -> np.ndarray:
    if len(rows) <= number:
        return rows
    return rows[np.linspace(0, len(rows) - 1, number).round().astype(int)]


def _map(parts: list[_Part]) -> pd.DataFrame:
    share = _ON_MAP // len(parts)
    chosen = [(part, _spread(part.rows, share)) for part in parts]
    values = np.concatenate([part.values("h_g", rows) for part, rows in chosen])
    frames = [_labels(part, rows) for part, rows in chosen]
    places = _places(values)
    frame = pd.concat(frames, ignore_index=True)
    labels = [name for name in TASKS if name in frame]
    return frame.assign(x=places[:, 0], y=places[:, 1])[["dataset", "row", "x", "y", *labels]]


def _labels(part: _Part, rows: np.ndarray) -> pd.DataFrame:
    index = part.store.index.iloc[rows]
    known = [name for name in TASKS if name in index and index[name].notna().any()]
    return index[known].reset_index(drop=True).assign(dataset=part.name, row=rows)


def _places(values: np.ndarray) -> np.ndarray:
    """Return (N, 2): principal components, then t-SNE (van der Maaten and Hinton 2008)."""
    centred = values - values.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    components = (left * sizes)[:, :_COMPONENTS]
    flat = np.pad(components, ((0, 0), (0, 2)))[:, :2]
    if len(values) < 10:
        return flat
    # Half a second that only this job pays.
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    start = flat / (1e4 * flat[:, 0].std() or 1.0)
    perplexity = min(_PERPLEXITY, (len(values) - 1) / 3)
    # With one thread sums have one order, and a run gives the same map again.
    with threadpool_limits(1):
        tsne = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=derive_seed("map"))
        return tsne.fit_transform(components.astype(np.float32))


def _inputs(layout: Layout, targets: list[str], shown: list[str]) -> dict[str, str]:
    files = [representation_file(layout, name, "h_g") for name in targets]
    files += [representation_file(layout, name, "h_unique") for name in shown]
    return {path.relative_to(layout.root).as_posix(): file_hash(path) for path in files}
