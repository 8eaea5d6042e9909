"""What is exported in MLflow's model registry: a version for each content, an alias for each run.

The files are logged as they are, without a flavour of MLflow's: nothing is pickled, and what loads
them is `engram.embed`, `engram.tag`, safetensors or an ONNX runtime. TorchScript archives hold pickles
inside, so that form stays in the results folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engram.core.errors import PublishingError
from engram.core.files import file_hash, text_hash
from engram.core.reading import first_line
from engram.publishing.jobs import TrackParams

__all__ = ["CONTENT", "alias_of", "register"]

#: Tag that holds a hash of all that a run or a version says.
CONTENT = "engram.content"
_PICKLED = ".pt"


def register(client: Any, what: str, exported: Sequence[Path], params: TrackParams, run: str) -> str:
    """Make the registry's alias of these results name the exported student or tagger; return its address.

    What is registered already with this content, by this very run, is not registered again.

    Parameters
    ----------
    client
        Of MLflow.
    what
        ``student`` or ``tagger``: names the folder among the run's artifacts.
    exported
        Files of the export.
    params
        Name the experiment, whose registered model is ``<experiment>-<what>``, and the results folder.
    run
        Identifier of the export's run, which gets the files as artifacts.

    Returns
    -------
    str
        ``models:/<name>@<alias>``.

    Raises
    ------
    PublishingError
        If a file of the export is not there, or the place of artifacts does not take it.
    """
    name, alias = f"{re.sub(r'[/:]', '-', params.experiment)}-{what}", alias_of(params.results)
    files = [path for path in exported if path.suffix != _PICKLED]
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise PublishingError(f"{missing[0]} is not there: the export is not finished. Run snakemake first.")
    content = text_hash(json.dumps({path.name: file_hash(path) for path in files}, sort_keys=True))
    model = _find_model(client, name)
    version = _find_version(client, name, run, content)
    if version is None:
        for path in files:
            _store(client, run, path, what)
        source = f"{client.get_run(run).info.artifact_uri}/{what}"
        tags = {CONTENT: content, "results": params.results}
        version = client.create_model_version(name, source, run, tags=tags).version
    if str(model.aliases.get(alias)) != str(version):
        client.set_registered_model_alias(name, alias, str(version))
    return f"models:/{name}@{alias}"


def alias_of(results: str) -> str:
    """Return the alias of a results folder: its name, as far as MLflow allows it."""
    name = re.sub(r"[^\w-]", "-", Path(results).name)
    # MLflow keeps 'latest' and names such as 'v1' for itself.
    return f"results-{name}" if re.fullmatch(r"latest|v\d+", name.lower()) else name


def _store(client: Any, run: str, path: Path, folder: str) -> None:
    """Give a run a file. Where the server does not take files itself, MLflow writes them to their place."""
    from requests import RequestException

    try:
        client.log_artifact(run, str(path), folder)
    except (RequestException, ConnectionError, TimeoutError):
        # The caller, which knows the server's address, explains that it refuses or does not answer.
        raise
    except OSError as error:
        place = client.get_run(run).info.artifact_uri
        raise PublishingError(
            f"MLflow: {path} cannot be stored in {place} ({first_line(error)}). Make that place one which "
            "this user may write and which has room, or let the server take files: mlflow server "
            "--artifacts-destination."
        ) from None


def _find_model(client: Any, name: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return client.create_registered_model(name, description="Exported by Engram.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return client.get_registered_model(name)


def _find_version(client: Any, name: str, run: str, content: str) -> Any:
    """Return the number of the version with this content by this run; None if there is none."""
    found = client.search_model_versions(f"run_id = '{run}'")
    return next((one.version for one in found if one.name == name and one.tags.get(CONTENT) == content), None)
