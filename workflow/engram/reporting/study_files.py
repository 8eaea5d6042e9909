"""Files of a study that people write: its claims and its questions, in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from engram.core.errors import ConfigurationError

__all__ = ["read_study_file"]

_Model = TypeVar("_Model", bound=BaseModel)


def read_study_file(path: Path, model: type[_Model], what: str) -> _Model:
    """Return what a YAML file holds; ``what`` names it in errors.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or is not as ``model`` says.
    """
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError, yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{path}: the {what} cannot be read: {error}") from None
