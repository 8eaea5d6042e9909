"""From a published layout to a manifest: one file a layout, and a reader does nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.config import DatasetSettings
from engram.core.errors import DataMissingError
from engram.data.images.readers import cmu, fer2013, jaffe, listing, london, mug
from engram.data.manifest import validate_manifest

__all__ = ["missing_data", "read_dataset"]

#: A reader is a module with LAYOUT (what it expects), `present` (is it there?) and `read`.
_READERS = {
    "cmu": cmu,
    "drawn": listing,
    "fer2013": fer2013,
    "jaffe": jaffe,
    "london": london,
    "manifest": listing,
    "mug": mug,
}


def read_dataset(name: str, settings: DatasetSettings, root: str | Path) -> pd.DataFrame:
    """Return the manifest of a data set.

    Parameters
    ----------
    name
        The data set's name in the configuration, for messages.
    settings
        Its settings; ``reader`` says which layout it has.
    root
        The data set's own folder.

    Raises
    ------
    DataMissingError
        If it is not there: which folder was searched, what is expected in it, where it is requested.
    ManifestError
        Naming the file or row that breaks the layout.
    """
    root, reader = Path(root), _READERS[settings.reader]
    if not reader.present(root):
        raise DataMissingError(_absence(name, settings, root))
    # Where one table lists the images, a wrong row is a row of that table.
    return validate_manifest(reader.read(root), root / getattr(reader, "FILE", ""))


def missing_data(name: str, settings: DatasetSettings, root: str | Path) -> str | None:
    """Return why a data set cannot be read, without reading it; None if it is there or is drawn."""
    root = Path(root)
    if settings.reader == "drawn" or _READERS[settings.reader].present(root):
        return None
    return _absence(name, settings, root)


def _absence(name: str, settings: DatasetSettings, root: Path) -> str:
    source = f" It is requested or published here: {settings.source}." if settings.source else ""
    what = "holds no such data" if root.is_dir() else "does not exist"
    return (
        f"Data set '{name}' ({settings.title}) is missing: the folder {root} {what}. "
        f"Expected there: {_READERS[settings.reader].LAYOUT}{source} "
        f"Put it there, or correct 'data_root' or 'datasets.{name}.root' in the configuration."
    )
