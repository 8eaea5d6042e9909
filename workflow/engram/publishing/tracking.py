"""Log every record of a configuration to MLflow; what is there already is left alone.

A run has two tags: the job that it tells of, and a hash of all that it says. A second writer finds a
finished run with the same hash and does not write it again. MLflow has no lock, so writers of the same
moment may both log a run; each looks again when it has logged everything and removes what is there
twice. Once all of them have ended, every record has one run. An SQLite file takes one writer at a time.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tqdm import tqdm

from engram.core.errors import PublishingError
from engram.core.files import atomic_path
from engram.core.reading import first_line
from engram.publishing.jobs import TrackParams
from engram.publishing.registry import CONTENT, register
from engram.publishing.runs import Run, describe_runs, exported_files
from engram.runtime.job_spec import NamedFiles

__all__ = ["CONTENT", "KEY", "track", "tracking_store"]

#: Tag that names the job a run tells of; `CONTENT` is the hash of what it says.
KEY = "engram.run"
_PARENT = "mlflow.parentRunId"
_RESULTS = "results"
#: MLflow's own defaults try for minutes before they say that no server answers.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}


def tracking_store(params: TrackParams) -> tuple[str, str]:
    """Return the address of the tracking store or server, and the name of what set it.

    The environment's ``MLFLOW_TRACKING_URI`` goes before ``publishing.mlflow_uri``.
    """
    given = os.environ.get("MLFLOW_TRACKING_URI")
    if given:
        return given, "the environment variable MLFLOW_TRACKING_URI"
    return params.mlflow_uri, "the setting publishing.mlflow_uri"


def track(inputs: NamedFiles, params: TrackParams) -> dict[str, Any]:
    """Log every record to MLflow, one run each, and register the exported student and tagger.

    A second call adds nothing. A run whose record or test results changed is logged anew and
    the old one deleted (MLflow keeps it in its bin).

    Parameters
    ----------
    inputs
        Those of `engram.publishing.inputs.track_inputs`.

    Returns
    -------
    dict
        ``experiment``, ``runs`` (how many the configuration has), ``store``, and ``student`` and ``tagger``,
        the addresses of what is exported in the model registry, as far as there are any.

    Raises
    ------
    PublishingError
        If the store or server cannot be reached or refuses; the message names the setting.
    """
    runs = describe_runs(inputs, params)
    uri, origin = tracking_store(params)
    summary = {"experiment": params.experiment, "runs": len(runs), "store": _without_password(uri)}
    # The files of a store are opened first; an OSError later on need not be the store's.
    with _explained(uri, origin, OSError):
        client = _connect(uri)
    with _explained(uri, origin):
        ids = _synchronise(client, _find_experiment(client, params.experiment), runs, params.results)
        for run in (run for run in runs if run.tags["kind"] == "export"):
            what, files = exported_files(run.key, inputs)
            summary[what] = register(client, what, files, params, ids[run.key])
    return summary


@contextmanager
def _explained(uri: str, origin: str, *more: type[Exception]) -> Iterator[None]:
    """Turn what MLflow, its database and its network raise, and ``more``, into an error with the setting."""
    for name, value in {**_PATIENCE, **_QUIET}.items():
        os.environ.setdefault(name, value)
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    refusals: list[type[Exception]] = [MlflowException, SQLAlchemyError, sqlite3.Error, RequestException]
    refusals += [ConnectionError, TimeoutError, ImportError, *more]
    try:
        yield
    except tuple(refusals) as error:
        raise PublishingError(
            f"MLflow at '{_without_password(uri)}' cannot be used ({_reason(error, uri)}). "
            f"The address comes from {origin}; "
            "correct it, start that server, or use 'sqlite:///mlflow.db'."
        ) from None


def _reason(error: Exception, uri: str) -> str:
    """Return the beginning of a message, without the password that addresses in it may carry."""
    user = urlsplit(uri).netloc.rpartition("@")[0]
    said = str(error).replace(f"{user}@", "") if user else str(error)
    return first_line(PublishingError(said) if said.strip() else error)


def _without_password(uri: str) -> str:
    network = urlsplit(uri).netloc
    return uri.replace(network, network.rpartition("@")[2], 1) if "@" in network else uri


def _connect(uri: str) -> Any:
    """Return a client of the store; fail at once where MLflow would retry a broken file for minutes."""
    from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    path = Path(uri.removeprefix("sqlite:///"))
    if not uri.startswith("sqlite:///"):
        return MlflowClient(uri)
    if path.exists() and path.stat().st_size:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA schema_version")
    else:
        # MLflow makes its tables in a hundred steps. Killed between two of them it would leave a file
        # that it refuses from then on.
        with atomic_path(path) as temporary:
            MlflowClient(f"sqlite:///{temporary}").search_experiments(max_results=1)
    return MlflowClient(uri)


def _find_experiment(client: Any, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return client.create_experiment(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return _find_experiment(client, name)  # another writer has just made it
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found.experiment_id


def _synchronise(client: Any, experiment: str, runs: list[Run], results: str) -> dict[str, str]:
    """Make the store say what ``runs`` say, parents before children; return key -> run's identifier."""
    before = _known_runs(client, experiment, results)
    ids: dict[str, str] = {}
    for run in tqdm(runs, desc="track", unit="run"):
        kept = _current(before[run.key], run)
        ids[run.key] = kept.info.run_id if kept else _log(client, experiment, run, ids.get(run.parent or ""))
    interrupted = {one.info.run_id for known in before.values() for one in known}
    # Another writer may undo what this one has just put right, from what it read before.
    while not _settle(client, _known_runs(client, experiment, results), runs, interrupted, ids):
        pass
    return ids


def _settle(
    client: Any, known: dict[str, list[Any]], runs: list[Run], interrupted: set[str], ids: dict[str, str]
) -> bool:
    """Leave one run of each key, below its parent, and put it in ``ids``; return if nothing was to do."""
    settled = True
    for run in runs:
        kept = _current(known[run.key], run)
        if kept is None:
            raise PublishingError(
                f"MLflow: another clone tracks other records as '{run.key}' at this moment. Set 'results' to "
                "another folder's name in one of the two, or track one after the other."
            )
        ids[run.key] = kept.info.run_id
        for one in known[run.key]:
            # An unfinished run that is new is one that another writer is logging.
            if one is not kept and (one.info.status == "FINISHED" or one.info.run_id in interrupted):
                client.delete_run(one.info.run_id)
                settled = False
        if run.parent and kept.data.tags.get(_PARENT) != ids[run.parent]:
            _set_parent(client, kept.info.run_id, ids[run.parent])
            settled = False
    return settled


def _current(known: Sequence[Any], run: Run) -> Any:
    """Return the finished run that says what ``run`` says; None if there is none.

    Of several all writers choose the same one: that is why one of them stays.
    """
    same = [one for one in known if one.info.status == "FINISHED" and one.data.tags[CONTENT] == run.content]
    return min(same, key=lambda one: one.info.run_id, default=None)


def _set_parent(client: Any, run: str, parent: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.set_tag(run, _PARENT, parent)
    except MlflowException:
        # Another writer may have removed it, being there twice: then it has set the parent of the other.
        if client.get_run(run).info.lifecycle_stage != "deleted":
            raise


def _known_runs(client: Any, experiment: str, results: str) -> defaultdict[str, list[Any]]:
    """Return the runs of one configuration that the store has, by key; runs of other tools are left out."""
    known: defaultdict[str, list[Any]] = defaultdict(list)
    token: str | None = ""
    while token is not None:
        page = client.search_runs(
            [experiment], f"tags.{_RESULTS} = '{results}'", max_results=1000, page_token=token or None
        )
        for run in page:
            if KEY in run.data.tags and CONTENT in run.data.tags:
                known[run.data.tags[KEY]].append(run)
        token = page.token or None
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
    metrics = [Metric(name, value, end, step) for name, value, step in _points(run)]
    params = [Param(name, value) for name, value in run.params.items()]
    client.log_batch(identifier, metrics=metrics, params=params)
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
