"""Log every record of a configuration to MLflow; what is there already is left alone.

A run has two tags: the job that it tells of, and a hash of all that it says. A second writer finds a
finished run with the same hash and does not write it again. MLflow has no lock, so writers of the same
moment may both log a run; each looks again when it has logged everything and removes what is there
twice. Once all of them have ended, every record has one run. An SQLite file takes one writer at a time.
"""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tqdm import tqdm

from engram.core.errors import PublishingError
from engram.core.files import atomic_path
from engram.publishing.jobs import TrackParams
from engram.publishing.registry import CONTENT, register
from engram.publishing.runs import Run, describe_runs, run_name
from engram.runtime.job_spec import NamedFiles

__all__ = ["CONTENT", "KEY", "track"]

#: Tag that names the job a run tells of; `CONTENT` is the hash of what it says.
KEY = "engram.run"
_PARENT = "mlflow.parentRunId"
_RESULTS = "results"
_ENVIRONMENT = {
    # MLflow's own defaults try for minutes before they say that no server answers.
    **{"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"},
    **{"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"},
}


def track(inputs: NamedFiles, params: TrackParams) -> dict[str, Any]:
    """Log every record to MLflow, one run each, and register the exported student and tagger.

    The environment's ``MLFLOW_TRACKING_URI`` goes before ``publishing.mlflow_uri``. A second call adds
    nothing. A run whose record or test results changed is logged anew and the old one deleted (MLflow keeps
    it in its bin).

    Parameters
    ----------
    inputs
        Those of `engram.publishing.inputs.track_inputs`.

    Returns
    -------
    dict
        ``experiment``, ``runs`` (how many the configuration has), and ``student`` and ``tagger``, the
        addresses of what is exported in the model registry, as far as there are any.

    Raises
    ------
    PublishingError
        If the store or server cannot be reached or refuses.
    """
    runs = describe_runs(inputs, params.results)
    os.environ.update({name: value for name, value in _ENVIRONMENT.items() if name not in os.environ})
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    uri = os.environ.get("MLFLOW_TRACKING_URI") or params.mlflow_uri
    try:
        return _track(inputs, params, runs, uri)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise PublishingError(
            f"MLflow cannot be used: {_without_password(str(error), uri)}\n"
            "Its address is that of the environment variable MLFLOW_TRACKING_URI or, where it is not set, of "
            "the setting publishing.mlflow_uri. Correct it, start that server, or use 'sqlite:///mlflow.db'."
        ) from None


def _without_password(said: str, uri: str) -> str:
    """Return what MLflow says without the name and password that an address may carry."""
    user = urlsplit(uri).netloc.rpartition("@")[0]
    return said.replace(f"{user}@", "") if user else said


def _track(inputs: NamedFiles, params: TrackParams, runs: list[Run], uri: str) -> dict[str, Any]:
    client = _connect(uri)
    ids = _synchronise(client, _find_experiment(client, params.experiment), runs, params.results)
    summary: dict[str, Any] = {"experiment": params.experiment, "runs": len(runs)}
    exported: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in map(Path, inputs.exported):
        exported[path.parent].append(path)
    for folder, files in exported.items():
        what = "tagger" if folder.name == "tagger" else "student"
        run = ids[run_name(folder / "record.json")]
        alias = Path(params.results).name
        summary[what] = register(client, f"{params.experiment}-{what}", alias, files, run)
    return summary


def _connect(uri: str) -> Any:
    """Return a client of the store."""
    from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    path = Path(uri.removeprefix("sqlite:///"))
    if uri.startswith("sqlite:///") and not path.exists():
        # MLflow makes its tables in a hundred steps. Killed between two of them it would leave a file
        # that it refuses from then on.
        with atomic_path(path) as temporary:
            MlflowClient(f"sqlite:///{temporary}").search_experiments(max_results=1)
    return MlflowClient(uri)


def _find_experiment(client: Any, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is not None:
        return found.experiment_id
    try:
        return client.create_experiment(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return client.get_experiment_by_name(name).experiment_id  # another writer has just made it


def _synchronise(client: Any, experiment: str, runs: list[Run], results: str) -> dict[str, str]:
    """Make the store say what ``runs`` say, parents before children; return name -> run's identifier."""
    before = _known_runs(client, experiment, results)
    ids: dict[str, str] = {}
    for run in tqdm(runs, desc="track", unit="run"):
        kept = _current(before[run.name], run)
        ids[run.name] = kept.info.run_id if kept else _log(client, experiment, run, ids.get(run.parent or ""))
    interrupted = {one.info.run_id for known in before.values() for one in known}
    # Another writer may undo what this one has just put right, from what it read before.
    while not _settle(client, _known_runs(client, experiment, results), runs, interrupted, ids):
        pass
    return ids


def _settle(
    client: Any, known: dict[str, list[Any]], runs: list[Run], interrupted: set[str], ids: dict[str, str]
) -> bool:
    """Leave one run of each name, below its parent, and put it in ``ids``; return if nothing was to do."""
    settled = True
    for run in runs:
        kept = _current(known[run.name], run)
        if kept is None:
            raise PublishingError(
                f"MLflow: another clone tracks another record of {run.name} at this moment. Set 'results' to "
                "another folder's name in one of the two, or track one after the other."
            )
        ids[run.name] = kept.info.run_id
        for one in known[run.name]:
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
    """Return the runs of one configuration that the store has, by name; runs of other tools are left out."""
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
    tags = {**run.tags, KEY: run.name, CONTENT: run.content, **({_PARENT: parent} if parent else {})}
    logged = client.create_run(
        experiment, start_time=end - int(1000 * run.seconds), tags=tags, run_name=run.name
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
