"""From a published layout of text to sentences: one file a layout, and a reader does nothing else."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from engram.config import TextSettings
from engram.core.errors import DataMissingError
from engram.core.registry import find_modules
from engram.data.absence import absence
from engram.data.text.sentences import Reading, TextFormat

__all__ = ["TEXT_READERS", "missing_text", "read_sentences"]

#: A reader is a module of this folder with LAYOUT (what it expects), `present` (is it there?) and `read`.
#: Its name is the value of `texts.NAME.reader`.
TEXT_READERS = find_modules(__name__, __file__)


def read_sentences(reader: str, root: str | Path, form: TextFormat) -> Reading:
    """Return the sentences of a text.

    Parameters
    ----------
    reader
        Which layout it has.
    root
        The text's own folder.
    form
        How its files are written.

    Raises
    ------
    DataMissingError
        If it is not there: which folder was searched, and what is expected in it.
    TextError
        Naming the file and line that breaks the layout.
    """
    root, module = Path(root), _module(reader)
    if not module.present(root):
        raise DataMissingError(absence("texts", form.name, root, module.LAYOUT))
    return module.read(root, form)


def missing_text(name: str, settings: TextSettings, root: str | Path) -> str | None:
    """Return why a text cannot be read, without reading it; None if it is there or will be drawn."""
    root = Path(root)
    if settings.reader == "drawn" or _module(settings.reader).present(root):
        return None
    return absence("texts", name, root, _module(settings.reader).LAYOUT, settings)


def _module(reader: str) -> ModuleType:
    """Return a reader's module; drawn text lies in columns."""
    return import_module(f"{__name__}.{'conll' if reader == 'drawn' else reader}")
