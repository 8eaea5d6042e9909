"""Modules registered by their files: a new file in a folder adds a table or a figure."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["Entry", "find_modules"]


@dataclass(frozen=True)
class Entry:
    """A module that was found by its file and is imported only when it is used."""

    name: str
    """The file's name without its ending."""
    summary: str
    """The first paragraph of its docstring, on one line."""
    package: str
    """The package that it belongs to."""

    def load(self, attribute: str) -> Any:
        """Import the module and return one of its attributes."""
        return getattr(import_module(f"{self.package}.{self.name}"), attribute)


def find_modules(package: str, init: str) -> dict[str, Entry]:
    """Return the modules beside a package's ``__init__.py`` by name, sorted, without importing any.

    Modules and packages whose name begins with an underscore are left out. Planning reads names and
    summaries only: it needs neither matplotlib nor scipy. The code hash of a script that imports such a
    package covers every module found here, see `engram.runtime.code_hash`.

    Parameters
    ----------
    package, init
        The calling package's ``__name__`` and ``__file__``.
    """
    return {
        file.stem: Entry(file.stem, _summary(file), package)
        for file in sorted(Path(init).parent.glob("*.py"))
        if not file.stem.startswith("_")
    }


def _summary(file: Path) -> str:
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.partition("\n\n")[0].split())
