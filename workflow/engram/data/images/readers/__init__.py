"""From a published layout to a manifest: one file a layout, and a reader does nothing else."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pandas as pd

from engram.config import DatasetSettings
from engram.core.errors import DataMissingError
from engram.core.registry import find_modules
from engram.data.manifest import validate_manifest

__all__ = ["READERS", "missing_data", "read_dataset"]

#: A reader is a module of this folder with LAYOUT (what it expects), `present` (is it there?) and `read`.
#: Its name is the value of `datasets.NAME.reader`.
READERS = find_modules(__name__, __file__)


def read_dataset(name: str, reader: str, root: str | Path) -> pd.DataFrame:
    """Return the manifest of a data set.

    Parameters
    ----------
    name
        The data set's name in the configuration, for messages.
    reader
        Which layout it has.
    root
        The data set's own folder.

    Raises
    ------
    DataMissingError
        If it is not there: which folder was searched, and what is expected in it.
    ManifestError
        Naming the file or row that breaks the layout.
    """
    root, module = Path(root), _module(reader)
    if not module.present(root):
        raise DataMissingError(_absence(name, reader, root))
    # Where one table lists the images, a wrong row is a row of that table.
    return validate_manifest(module.read(root), root / getattr(module, "FILE", ""))


def missing_data(name: str, settings: DatasetSettings, root: str | Path) -> str | None:
    """Return why a data set cannot be read, without reading it; None if it is there or will be drawn."""
    root = Path(root)
    if settings.reader == "drawn" or _module(settings.reader).present(root):
        return None
    source = f" It is requested or published here: {settings.source}." if settings.source else ""
    return _absence(name, settings.reader, root, f" ({settings.title})", source)


def _absence(name: str, reader: str, root: Path, title: str = "", source: str = "") -> str:
    what = "holds no such data" if root.is_dir() else "does not exist"
    return (
        f"Data set '{name}'{title} is missing: the folder {root} {what}. "
        f"Expected there: {_module(reader).LAYOUT}{source} "
        f"Put it there, or correct 'data_root' or 'datasets.{name}.root' in the configuration."
    )


def _module(reader: str) -> ModuleType:
    """Return a reader's module; drawn faces lie in a folder with a manifest."""
    return import_module(f"{__name__}.{'manifest' if reader == 'drawn' else reader}")
