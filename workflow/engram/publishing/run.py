"""A job as tracking shows it: names, parameters, metrics, curves and tags. Knows no MLflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from engram.config import Settings
from engram.core.files import file_hash, text_hash
from engram.core.records import Record

__all__ = ["Run", "run_key", "run_of"]


@dataclass(frozen=True)
class Run:
    """One job as tracking shows it."""

    key: str
    """Names the job among all configurations."""
    title: str
    params: dict[str, str]
    metrics: dict[str, float]
    """Final values."""
    tags: dict[str, str]
    curves: list[dict[str, float]] = field(default_factory=list)
    """One entry an epoch; its ``epoch`` is the step of the others."""
    parent: str | None = None
    """Key of the run that it hangs below: that of the model it started from, of its teacher, ..."""
    ended: float = 0.0
    """When its record was written, in seconds since 1970."""
    seconds: float = 0.0
    """How long the job took."""

    @cached_property
    def content(self) -> str:
        """SHA-256 over all that the run says; its times are no part of it."""
        said = {key: value for key, value in asdict(self).items() if key not in ("ended", "seconds")}
        return text_hash(json.dumps(said, sort_keys=True))


def run_of(
    settings: Settings,
    record: Record,
    path: Path,
    *,
    tags: dict[str, str],
    metrics: dict[str, Any] | None = None,
    params: dict[str, str] | None = None,
    parent: str | None = None,
    kind: str | None = None,
) -> Run:
    """Return the run of a record, which lies at ``path``.

    Parameters
    ----------
    tags, metrics, params
        What there is to say besides what the record says.
    parent
        Key of the run that this one hangs below.
    kind
        What to call the record's kind, if two records would have the same name.
    """
    kind = kind or record.kind
    about = {"kind": record.kind, "code": record.code, "record": file_hash(path)}
    seed = "" if record.seed is None else f" (seed {record.seed})"
    measured = {**record.metrics, **(metrics or {})}
    return Run(
        key=run_key(settings, kind, record.name, record.seed),
        title=f"{kind}: {record.name}{seed}",
        params={**_params(record), **(params or {})},
        metrics={name: float(value) for name, value in sorted(measured.items())}
        | {f"seconds/{part}": seconds for part, seconds in record.timings.items()},
        tags={**about, **tags, "results": settings.results},
        curves=_curves(record.history),
        parent=parent,
        ended=path.stat().st_mtime,
        seconds=sum(record.timings.values()),
    )


def run_key(settings: Settings, kind: str, name: object, seed: int | None = None) -> str:
    """Return a run's name among all configurations."""
    return f"{settings.results}:{kind}/{name}" + ("" if seed is None else f"/seed{seed}")


def _params(record: Record) -> dict[str, str]:
    """Return a record's settings, versions and hashes, nested names joined by dots."""
    # An evaluation's list of models is as long as the study; its runs have a count of them.
    chosen = {key: value for key, value in record.settings.items() if key != "models"}
    parts = {**chosen, "environment": record.environment, "data": record.data, "split": record.splits}
    flat = dict(_flatten(parts))
    return flat | ({"parent_model": record.parent} if record.parent else {})


def _curves(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return one entry an epoch. Of a job with several networks: a curve a seed, the mean over folds."""
    if not history or "seed" not in history[0]:
        return history
    frame = pd.DataFrame(history).drop(columns="fold", errors="ignore")
    means = frame.groupby(["epoch", "seed"]).mean()
    curves: dict[float, dict[str, float]] = {}
    for (epoch, seed), row in means.iterrows():
        point = curves.setdefault(epoch, {"epoch": float(epoch)})
        point |= {f"{name}/seed{seed:.0f}": float(value) for name, value in row.dropna().items()}
    return [*curves.values()]


def _flatten(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        return
    for key, inner in sorted(value.items()):
        yield from _flatten(inner, f"{name}.{key}" if name else key)
