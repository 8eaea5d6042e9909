"""FER2013 (Goodfellow et al. 2013): one table of 35,887 grey images of 48x48 pixels.

The table is read as it is published. torchvision has a reader for it too, but it would
bring torch into jobs that need none, and it does not give the three subsets in one piece.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.core.errors import ManifestError
from engram.data.images.readers._walk import Root
from engram.data.listing import read_rows

__all__ = ["LAYOUT", "present", "read"]

FILE = "fer2013.csv"
LAYOUT = f"{FILE} with the columns emotion (0 to 6), pixels (48x48 numbers), Usage."

#: The codes 0 to 6 of the column ``emotion``.
EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
USAGES = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}


def present(root: Root) -> bool:
    """Whether the data set is in ``root``."""
    return (root / FILE).is_file()


def read(root: Root) -> pd.DataFrame:
    """Return FER2013's manifest.

    Nobody knows who is on which image, so every image is its own subject.
    """
    path = root / FILE
    table = _read_table(path)
    codes = _mapped(path, table, "emotion", {str(code): word for code, word in enumerate(EMOTIONS)})
    usages = _mapped(path, table, "Usage", USAGES)
    return pd.DataFrame(
        {
            "image": [f"{FILE}#{row}" for row in range(len(table))],
            "subject": [f"image{row:05d}" for row in range(len(table))],
            "expression": codes,
            "official_split": usages,
        }
    )


def _read_table(path: Path) -> pd.DataFrame:
    wanted = ("emotion", "Usage")
    # An image is found again by its line.
    table = read_rows(path, "Replace it by FER2013's own.", wanted, one_line=True)
    for column in wanted:
        if column not in table:
            raise ManifestError(
                f"{path}: the column '{column}' is missing. Replace it by FER2013's own table."
            )
    return table


def _mapped(path: Path, table: pd.DataFrame, column: str, words: dict[str, str]) -> pd.Series:
    values = table[column].fillna("").str.strip()
    unknown = ~values.isin(list(words))
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise ManifestError(
            f"{path}, row {row}: {column} '{values[row]}' is unknown. Known: {', '.join(words)}. "
            "Correct the row or take it out."
        )
    return values.map(words)
