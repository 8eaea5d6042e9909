"""What is exported in MLflow's model registry: a version for each content, an alias for each run.

The files are logged as they are, without a flavour of MLflow's: nothing is pickled, and what loads
them is `engram.embed`, `engram.tag`, safetensors or an ONNX runtime. TorchScript archives hold pickles
inside, so that form stays in the results folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engram.core.files import file_hash, text_hash

__all__ = ["CONTENT", "register"]

#: Tag that holds a hash of all that a run or a version says.
CONTENT = "engram.content"
_PICKLED = ".pt"


def register(client: Any, name: str, alias: str, exported: Iterable[Path], run: str) -> str:
    """Make the alias of a registered model name these files; return ``models:/<name>@<alias>``.

    What is registered already with this content, by this very run, is not registered again.

    Parameters
    ----------
    client
        Of MLflow.
    run
        Identifier of the export's run, which gets the files as artifacts.
    """
    name, alias = re.sub(r"[/:]", "-", name), re.sub(r"[^\w-]", "-", alias)
    files = [path for path in exported if path.suffix != _PICKLED]
    content = text_hash(json.dumps({path.name: file_hash(path) for path in files}, sort_keys=True))
    _make_model(client, name)
    known = client.search_model_versions(f"run_id = '{run}'")
    version = next((one for one in known if one.name == name and one.tags.get(CONTENT) == content), None)
    if version is None:
        for path in files:
            client.log_artifact(run, str(path), "model")
        source = f"{client.get_run(run).info.artifact_uri}/model"
        version = client.create_model_version(name, source, run, tags={CONTENT: content})
    _set_alias(client, name, alias, str(version.version))
    return f"models:/{name}@{alias}"


def _make_model(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description="Exported by Engram.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _set_alias(client: Any, name: str, alias: str, version: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.set_registered_model_alias(name, alias, version)
    except MlflowException:
        # A store looks for the alias and then inserts it: of two writers of the same moment one fails.
        if alias not in client.get_registered_model(name).aliases:
            raise
        client.set_registered_model_alias(name, alias, version)
