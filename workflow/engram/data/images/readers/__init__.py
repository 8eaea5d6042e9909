"""From a published layout to a manifest: one file a layout, and a reader does nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from engram.config import DatasetSettings
from engram.core.errors import ConfigurationError, DataMissingError
from engram.core.labels import AGE_EDGES, CLASSES
from engram.core.registry import find_modules
from engram.data.absence import absence
from engram.data.images.readers._facts import known_labels
from engram.data.images.readers._walk import DataFolder
from engram.data.manifest import validate_manifest

__all__ = ["READERS", "check_options", "missing_data", "read_dataset"]

#: A reader is a module of this folder with LAYOUT (what it expects), `present` (is it there?) and `read`.
#: Its name is the value of `datasets.NAME.reader`. One that has choices describes them in a class `Options`.
READERS = find_modules(__name__, __file__)


def read_dataset(
    name: str,
    reader: str,
    root: str | Path,
    options: Mapping[str, Any] | None = None,
    links: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the manifest of a data set.

    Parameters
    ----------
    name
        The data set's name in the configuration, for messages.
    reader
        Which layout it has.
    root
        The data set's own folder.
    options
        What is chosen among the reader's `Options`.
    links
        Folders outside ``root`` that links in it may lead to.

    Raises
    ------
    ConfigurationError
        If the reader has no such option, or the option no such value.
    DataMissingError
        If it is not there: which folder was searched, and what is expected in it.
    ManifestError
        Naming the file or row that breaks the layout.
    """
    root, module = Path(root), _module(reader)
    chosen = check_options(name, reader, options or {})
    folder = DataFolder(root, tuple(map(Path, links)))
    if not module.present(folder):
        raise DataMissingError(absence("datasets", name, root, module.LAYOUT))
    frame = module.read(folder) if chosen is None else module.read(folder, chosen)
    if reader == "drawn":
        frame = _drawn_labels(frame)
    # Where one table lists the images, a wrong row is a row of that table.
    return validate_manifest(_with_age_groups(frame), root / getattr(module, "FILE", ""))


def _drawn_labels(frame: pd.DataFrame) -> pd.DataFrame:
    """Take what the label sets do not have out of drawn labels, which are the defaults."""
    kept = frame.drop(columns="age_group", errors="ignore") if AGE_EDGES else frame
    return known_labels(kept, *(task for task in CLASSES if task in kept))


def _with_age_groups(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the age groups of the configuration's edges to a manifest that has ages alone."""
    if not AGE_EDGES or "age" not in frame or "age_group" in frame:
        return frame
    ages = pd.to_numeric(frame["age"], errors="coerce")
    groups = pd.Series(CLASSES["age_group"])[np.searchsorted(AGE_EDGES, ages.fillna(0), side="right")]
    return frame.assign(age_group=groups.set_axis(frame.index).where(ages.notna()))


def check_options(name: str, reader: str, options: Mapping[str, Any]) -> Any:
    """Return the reader's `Options` as chosen; None for a reader that has none.

    Raises
    ------
    ConfigurationError
        Naming the setting, and what is allowed.
    """
    kind = getattr(_module(reader), "Options", None)
    if kind is None:
        if options:
            raise ConfigurationError(
                f"datasets.{name}.options: reader '{reader}' has no options. Take them out."
            )
        return None
    try:
        return kind(**options)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        known = ", ".join(kind.model_fields)
        raise ConfigurationError(
            f"datasets.{name}.options.{place}: {first['msg']} (given: {first['input']!r}). "
            f"Options of reader '{reader}': {known}."
        ) from None


def missing_data(name: str, settings: DatasetSettings, root: str | Path) -> str | None:
    """Return why a data set cannot be read, without reading it; None if it is there or will be drawn."""
    root = Path(root)
    if settings.reader == "drawn" or _module(settings.reader).present(DataFolder(root)):
        return None
    return absence("datasets", name, root, _module(settings.reader).LAYOUT, settings)


def _module(reader: str) -> ModuleType:
    """Return a reader's module; drawn faces lie in a folder with a manifest."""
    return import_module(f"{__name__}.{'manifest' if reader == 'drawn' else reader}")
