"""Which source files a script can reach.

Snakemake does not see an edit in an imported module, so rules name these files as inputs:
an edit then reruns exactly the jobs whose code it can reach.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from engram.core.files import atomic_path, file_hash

__all__ = ["code_hash", "import_closure", "write_closure"]

_ROOT = Path(__file__).parents[2]
_PACKAGE = Path(__file__).parents[1].name
#: A package that imports this registers the modules beside it: it can reach them all.
_REGISTRY = _ROOT / _PACKAGE / "core" / "registry.py"
#: An import statement, its names in brackets on lines of their own or not.
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t](?:[^\n(]*\([^)]*\)|[^\n]*\\\n[^\n]*|[^\n]*)", re.MULTILINE)


def import_closure(script: str | Path) -> list[str]:
    """Return the package's files that ``script`` imports, directly or not, sorted; not itself.

    Imports inside functions count. Importing a module runs its packages' ``__init__``
    first, so these belong to the closure too, and so do the data files (styles, templates,
    published figures) that lie beside or below a module that is reached.
    """
    found: set[Path] = set()
    waiting = [Path(script).resolve()]
    while waiting:
        for file in _imported(waiting.pop()):
            if file not in found:
                found.add(file)
                waiting.append(file)
    folders = {file.parent for file in found} - {_ROOT / _PACKAGE}
    return sorted(map(str, found.union(*map(_data_files, folders))))


def _data_files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")]


def code_hash(script: str | Path) -> str:
    """Return the SHA-256 over ``script`` and its import closure: names and contents."""
    digest = hashlib.sha256()
    script = Path(script).resolve()
    for file in [script, *map(Path, import_closure(script))]:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@cache
def write_closure(script: str, folder: Path) -> Path:
    """Write the import closure of ``script`` with each file's SHA-256, and return where.

    Snakemake reruns a job if an input is younger than the output and another than before. So a new list
    is as old as its youngest file, and one that is there is written again only where content changed.
    """
    files = [Path(file) for file in import_closure(script)]
    text = json.dumps({str(file.relative_to(_ROOT)): _digest(file) for file in files}, indent=1)
    path = folder / f"{Path(script).stem}.json"
    known = path.exists()
    if not known or path.read_text(encoding="utf-8") != text:
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            if not known:
                youngest = max((file.stat().st_mtime_ns for file in files), default=0)
                os.utime(temporary, ns=(youngest, youngest))
    return path


@cache
def _digest(file: Path) -> str:
    return file_hash(file)


@cache
def _imported(file: Path) -> tuple[Path, ...]:
    files = tuple(path for name in _names(_import_statements(file), file) for path in _files(name))
    if file.name == "__init__.py" and _REGISTRY in files:
        files += tuple(sorted(file.parent.glob("*.py")))
    return files


def _import_statements(file: Path) -> ast.AST:
    """Parse a file's imports alone, which takes a fifth of the time; all of it where one looks odd.

    A statement begins its line, as the style of this package demands. A line of prose that begins like
    one is no Python, and makes the whole file be read.
    """
    text = file.read_text(encoding="utf-8")
    try:
        return ast.parse("\n".join(map(str.strip, _IMPORT.findall(text))))
    except SyntaxError:
        return ast.parse(text, filename=str(file))


def _names(tree: ast.AST, file: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, file)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _absolute(node: ast.ImportFrom, file: Path) -> str:
    if not node.level:
        return node.module or ""
    package = file.parent.relative_to(_ROOT).parts
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, *([node.module] if node.module else [])])


def _files(name: str) -> Iterator[Path]:
    parts = name.split(".")
    if parts[0] != _PACKAGE:
        return
    for length in range(1, len(parts) + 1):
        place = _ROOT.joinpath(*parts[:length])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                yield file
