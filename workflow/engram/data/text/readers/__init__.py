"""From a published layout of text to sentences: one file a layout, and a reader does nothing else."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from engram.config import TextSettings
from engram.core.errors import DataMissingError
from engram.core.registry import find_modules
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
        raise DataMissingError(_absence(form.name, reader, root))
    return module.read(root, form)


def missing_text(name: str, settings: TextSettings, root: str | Path) -> str | None:
    """Return why a text cannot be read, without reading it; None if it is there or will be drawn."""
    root = Path(root)
    if settings.reader == "drawn" or _module(settings.reader).present(root):
        return None
    source = f" It is requested or published here: {settings.source}." if settings.source else ""
    return _absence(name, settings.reader, root, f" ({settings.title})", source)


def _absence(name: str, reader: str, root: Path, title: str = "", source: str = "") -> str:
    what = "holds no such text" if root.is_dir() else "does not exist"
    return (
        f"Text '{name}'{title} is missing: the folder {root} {what}. "
        f"Expected there: {_module(reader).LAYOUT}{source} "
        f"Put it there, or correct 'data_root' or 'texts.{name}.root' in the configuration."
    )


def _module(reader: str) -> ModuleType:
    """Return a reader's module; drawn text lies in columns."""
    return import_module(f"{__name__}.{'conll' if reader == 'drawn' else reader}")
