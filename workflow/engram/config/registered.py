"""Names that settings may have because a file of that name is there: a new file needs no word here.

The files are found by their folders, not imported: settings know no image and no network.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from engram.core.registry import find_modules

__all__ = ["ArchitectureName", "ReaderName", "TextEncoderName", "TextLookName", "TextReaderName"]

_PACKAGE = Path(__file__).parents[1]


def _files(folder: str) -> list[str]:
    """Return the modules of a folder of the package."""
    return list(find_modules(f"engram.{folder.replace('/', '.')}", str(_PACKAGE / folder / "__init__.py")))


if TYPE_CHECKING:
    ArchitectureName: TypeAlias = str
    ReaderName: TypeAlias = str
    TextEncoderName: TypeAlias = str
    TextLookName: TypeAlias = str
    TextReaderName: TypeAlias = str
else:
    #: A file of `data/images/readers`; synthetic faces, `drawn`, lie in a folder with a manifest.
    ReaderName = Literal[("drawn", *_files("data/images/readers"))]
    #: A file of `data/text/readers`; drawn text lies in columns.
    TextReaderName = Literal[("drawn", *_files("data/text/readers"))]
    #: A file of `data/synthetic/text/looks`.
    TextLookName = Literal[(*_files("data/synthetic/text/looks"),)]
    #: A file of `models/architectures`.
    ArchitectureName = Literal[(*_files("models/architectures"),)]
    #: A file of `models/text/encoders`.
    TextEncoderName = Literal[(*_files("models/text/encoders"),)]
