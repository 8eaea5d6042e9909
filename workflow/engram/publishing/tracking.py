"""Log every record of a configuration to MLflow; what is there already is left alone.

One job does it, at the end of a run: many writers at once break a fresh SQLite store. Clones that
track to one server take turns; see `engram.publishing.lock`.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tqdm import tqdm

from engram.config import Settings
from engram.core.errors import SharingError
from engram.core.files import atomic_path
from engram.core.paths import Layout
from engram.core.reading import first_line
from engram.publishing.lock import sole_writer
from engram.publishing.registry import CONTENT, register_student
from engram.publishing.run import Run, run_key
from engram.publishing.runs import describe_runs

__all__ = ["CONTENT", "KEY", "track", "tracking_store"]

#: Tags by which a run is found again: the job that it tells of, and (`CONTENT`) a hash of all it says.
KEY = "engram.run"
_PARENT = "mlflow.parentRunId"
_RESULTS = "results"
#: What one call of MLflow takes.
_METRICS_A_CALL, _PARAMS_A_CALL = 800, 100

#: Patience with a server: MLflow's own defaults try for minutes before they say that nobody is there.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}


def tracking_store(settings: Settings) -> tuple[str, str]:
    """Return the address of the tracking store or server, and the name of what set it.

    The environment's ``MLFLOW_TRACKING_URI`` goes before ``share.mlflow_uri``.
    """
    given = os.environ.get("MLFLOW_TRACKING_URI")
    if given:
        return given, "the environment variable MLFLOW_TRACKING_URI"
    return settings.share.mlflow_uri, "the setting share.mlflow_uri"


def track(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Log every record of both studies to MLflow, one run each, and register the exported student.

    A second call adds nothing. A run whose record or test results changed is logged anew and
    the old one deleted (MLflow keeps it in its bin).

    Returns
    -------
    dict
        ``experiment``, ``runs`` (how many the configuration has), ``store``, and ``student``, the
        address of the exported student in the model registry, if there is one.

    Raises
    ------
    SharingError
        If the store or server cannot be reached or refuses; the message names the setting.
    """
    runs = describe_runs(settings, layout)
    uri, origin = tracking_store(settings)
    name = settings.share.experiment
    summary = {"experiment": name, "runs": len(runs), "store": _without_password(uri)}
    # The files of a store are opened first; an OSError later on need not be the store's.
    with _explained(uri, origin, OSError):
        client = _connect(uri)
    with _explained(uri, origin), sole_writer(client, name) as beat:
        experiment = _find_experiment(client, name)
        ids = _synchronise(client, experiment, runs, settings.results, beat)
        exported = [identifier for key, identifier in ids.items() if key.startswith(_export(settings))]
        for identifier in exported:
            summary["student"] = register_student(client, settings, layout, identifier, beat)
    return summary


def _export(settings: Settings) -> str:
    """Return how the key of the export's run begins; there is one such run, or none."""
    return run_key(settings, "export", "")


@contextmanager
def _explained(uri: str, origin: str, *more: type[Exception]) -> Iterator[None]:
    """Turn what MLflow, its database and its network raise, and ``more``, into an error with the setting."""
    for name, value in {**_PATIENCE, **_QUIET}.items():
        os.environ.setdefault(name, value)
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    refusals = (MlflowException, SQLAlchemyError, sqlite3.Error, RequestException, ConnectionError)
    try:
        yield
    except (*refusals, TimeoutError, ImportError, *more) as error:
        raise SharingError(
            f"MLflow at '{_without_password(uri)}' cannot be used ({_reason(error, uri)}). "
            f"The address comes from {origin}; "
            "correct it, start that server, or use 'sqlite:///mlflow.db'."
        ) from None


def _reason(error: Exception, uri: str) -> str:
    """Return the beginning of a message, without the password that addresses in it may carry."""
    user = urlsplit(uri).netloc.rpartition("@")[0]
    said = str(error).replace(f"{user}@", "") if user else str(error)
    return first_line(SharingError(said) if said.strip() else error)


def _connect(uri: str) -> Any:
    """Return a client of the store; fail at once where MLflow would retry a broken file for minutes."""
    from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    path = uri.removeprefix("sqlite:///")
    if path != uri:
        _prepare_database(Path(path))
    return MlflowClient(uri)


def _prepare_database(path: Path) -> None:
    """Make sure that ``path`` is a database, and that a new one has all of MLflow's tables or is not there.

    MLflow makes its tables in a hundred steps. Killed between two of them it would leave a file
    that it refuses from then on.
    """
    from mlflow import MlflowClient

    if path.exists() and path.stat().st_size:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA schema_version")
        return
    with atomic_path(path) as temporary:
        MlflowClient(f"sqlite:///{temporary}").search_experiments(max_results=1)


def _find_experiment(client: Any, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is None:
        return client.create_experiment(name)
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found.experiment_id


def _synchronise(
    client: Any, experiment: str, runs: list[Run], results: str, beat: Callable[[], None]
) -> dict[str, str]:
    """Make the store say what ``runs`` say, parents before children; return key -> run's identifier."""
    known = _known_runs(client, experiment, results)
    ids: dict[str, str] = {}
    for run in tqdm(runs, desc="track", unit="run"):
        beat()
        parent = ids.get(run.parent) if run.parent else None
        earlier = known[run.key]
        current = next((one for one in earlier if _is_current(one, run)), None)
        if current is None:
            ids[run.key] = _log(client, experiment, run, parent)
        else:
            ids[run.key] = current.info.run_id
            if current.data.tags.get(_PARENT) != parent:
                client.set_tag(current.info.run_id, _PARENT, parent)
        # The old run goes last: an interruption leaves one too many, never none.
        for one in earlier:
            if one is not current:
                client.delete_run(one.info.run_id)
    return ids


def _is_current(known: Any, run: Run) -> bool:
    # A run that is not finished was interrupted while it was logged.
    return known.info.status == "FINISHED" and known.data.tags.get(CONTENT) == run.content


def _known_runs(client: Any, experiment: str, results: str) -> defaultdict[str, list[Any]]:
    """Return the runs of one configuration that the store has, by key."""
    known: defaultdict[str, list[Any]] = defaultdict(list)
    token = None
    while True:
        page = client.search_runs(
            [experiment], f"tags.{_RESULTS} = '{results}'", max_results=1000, page_token=token
        )
        for run in page:
            known[run.data.tags.get(KEY, "")].append(run)
        token = page.token
        if not token:
            # Runs that others tagged alike are not ours to delete.
            known.pop("", None)
            return known


def _log(client: Any, experiment: str, run: Run, parent: str | None) -> str:
    """Write one run and return its identifier."""
    from mlflow.entities import Metric, Param

    end = int(1000 * run.ended)
    tags = {**run.tags, KEY: run.key, CONTENT: run.content, **({_PARENT: parent} if parent else {})}
    logged = client.create_run(
        experiment, start_time=end - int(1000 * run.seconds), tags=tags, run_name=run.title
    )
    identifier = logged.info.run_id
    metrics = [Metric(*point[:2], end, point[2]) for point in _points(run)]
    params = [Param(name, value) for name, value in run.params.items()]
    for start in range(0, len(params), _PARAMS_A_CALL):
        client.log_batch(identifier, params=params[start : start + _PARAMS_A_CALL])
    for start in range(0, len(metrics), _METRICS_A_CALL):
        client.log_batch(identifier, metrics=metrics[start : start + _METRICS_A_CALL])
    client.set_terminated(identifier, end_time=end)
    return identifier


def _points(run: Run) -> Iterator[tuple[str, float, int]]:
    """Give name, value and step of every metric: final values at step 0, curves by epoch."""
    for name, value in run.metrics.items():
        yield name, value, 0
    for epoch in run.curves:
        for name, value in epoch.items():
            if name != "epoch":
                yield name, value, int(epoch["epoch"])


def _without_password(uri: str) -> str:
    """Return an address without the user and password that it may carry."""
    network = urlsplit(uri).netloc
    return uri.replace(network, network.rpartition("@")[2], 1) if "@" in network else uri
