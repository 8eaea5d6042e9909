"""Which code a script can reach, and a hash of what that code does.

Snakemake does not see an edit in an imported module. So each rule has one input that lists the modules
which its script can reach, each with its hash: an edit then reruns the jobs that can reach it, and no
others. The hash is that of the syntax tree without docstrings, comments, formatting and the words of
errors, because none of these changes a result.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engram.core.files import atomic_path, file_hash, text_hash

__all__ = ["code_hash", "reached_files", "write_code_list"]

_ROOT = Path(__file__).parents[2]
_PACKAGE = Path(__file__).parents[1].name
#: A package that imports it finds its modules by their files.
_REGISTRY = _ROOT / _PACKAGE / "core" / "registry.py"
#: Where the lists lie, from the folder in which Snakemake runs.
_FOLDER = Path(".snakemake/code")


@dataclass(frozen=True)
class _Source:
    """What the hash needs to know of one Python file."""

    syntax: str
    """SHA-256 of its syntax tree, normalised."""
    imports: list[tuple[int, str, list[str]]]
    """Each import: level of a relative one, module, names."""
    words: list[str]
    """Its strings, if it opens files beside itself: these may name data files of the package."""


def code_hash(script: str | Path) -> str:
    """Return the SHA-256 over ``script`` and all that it can reach: names and meaning."""
    return text_hash(_listing(Path(script).resolve()))


def reached_files(script: str | Path) -> list[str]:
    """Return the package's files that ``script`` can reach, sorted; not itself.

    Imports inside functions count. Importing a module runs its packages' ``__init__`` first, so these
    are reached too. A data file (style, template, printed figures) is reached if a module that opens
    files beside itself names it, or its folder, and a module of its own package is reached.
    """
    return list(_reached(str(Path(script).resolve())))


@cache
def _reached(script: str) -> tuple[str, ...]:
    # Names, not paths: snakemake asks for each script at its start, and a path is dear to compare.
    found: set[str] = set()
    waiting = [script]
    while waiting:
        new = [file for file in _imported(waiting.pop()) if file not in found]
        found.update(new)
        waiting += new
    words: set[str] = set().union(*map(_words, found))
    rooms = {file.rpartition(os.sep)[0] for file in found}
    data = [str(file) for file in _data_files() if str(_package_of(file)) in rooms and _named(file, words)]
    return tuple(sorted({*found, *data}))


@cache
def write_code_list(script: str, folder: Path = _FOLDER) -> Path:
    """Write what ``script`` can reach, itself included, with the hash of each file; return where.

    Snakemake reruns a job if an input is younger than the output and another than before. So a new list
    is as old as its youngest file, and an existing one is written again only if its content changed.
    """
    text = _listing(Path(script).resolve())
    if _Known.is_new:
        # Most scripts reach the same files: read all that are new now, and write them once.
        for other in sorted(Path(script).parent.glob("*.py")):
            _reached(str(other.resolve()))
        _Known.save()
    path = folder / f"{Path(script).stem}.json"
    known = path.exists()
    if not known or path.read_text(encoding="utf-8") != text:
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            if not known:
                files = [script, *reached_files(script)]
                youngest = max(Path(file).stat().st_mtime_ns for file in files)
                os.utime(temporary, ns=(youngest, youngest))
    return path


def _listing(script: Path) -> str:
    listed = {_name(file): _digest(file) for file in _reached(str(script))}
    return json.dumps({script.name: _digest(str(script))} | listed, indent=1)


@cache
def _name(file: str) -> str:
    return str(Path(file).relative_to(_ROOT))


@cache
def _digest(file: str) -> str:
    return _read(Path(file)).syntax if file.endswith(".py") else file_hash(file)


@cache
def _read(file: Path) -> _Source:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    known = _Known.get(digest)
    if known is None:
        known = _parse(content, file)
        _Known.add(digest, known)
    return known


@cache
def _words(file: str) -> list[str]:
    return _read(Path(file)).words


class _Known:
    """What was found in files of known content: to parse the whole package takes a second.

    Snakemake's process keeps it in a file for its later starts and its jobs.
    """

    _file = _FOLDER / "sources.json"
    #: Another version of this module or of Python finds other things.
    _version = file_hash(__file__) + sys.version
    _sources: dict[str, _Source] | None = None
    is_new = False

    @classmethod
    def get(cls, digest: str) -> _Source | None:
        if cls._sources is None:
            cls._sources = cls._load()
        return cls._sources.get(digest)

    @classmethod
    def add(cls, digest: str, source: _Source) -> None:
        assert cls._sources is not None
        cls._sources[digest] = source
        cls.is_new = True

    @classmethod
    def save(cls) -> None:
        if cls.is_new and cls._sources is not None:
            sources = {digest: vars(source) for digest, source in cls._sources.items()}
            with atomic_path(cls._file) as temporary:
                temporary.write_text(json.dumps({"version": cls._version, "sources": sources}))
            cls.is_new = False

    @classmethod
    def _load(cls) -> dict[str, _Source]:
        try:
            kept = json.loads(cls._file.read_text())
            if kept["version"] == cls._version:
                return {digest: _Source(**source) for digest, source in kept["sources"].items()}
        except (OSError, ValueError, KeyError, TypeError):
            # Absent, or cut short: all is parsed again.
            return {}
        return {}


def _parse(content: bytes, file: Path) -> _Source:
    tree = ast.parse(content, filename=str(file))
    nodes = list(ast.walk(tree))
    opens = any(isinstance(node, ast.Name) and node.id == "__file__" for node in nodes)
    strings = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return _Source(
        text_hash(repr(_normalise(tree))),
        list(_imports(_run(tree))),
        sorted({text for text in strings if " " not in text}) if opens else [],
    )


def _normalise(value: object, in_raise: bool = False) -> object:
    """Return a syntax tree as plain tuples, the same for all versions of Python that we support."""
    if isinstance(value, ast.AST):
        # An error's words are dropped, the values in them are not.
        if in_raise and isinstance(value, ast.Constant) and isinstance(value.value, str):
            return "words"
        fields = [
            (name, _normalise(item, in_raise or isinstance(value, ast.Raise)))
            for name, item in ast.iter_fields(value)
            if item is not None and item != [] and name != "kind"
        ]
        return (type(value).__name__, *fields)
    if isinstance(value, list):
        return tuple(_normalise(item, in_raise) for item in value if not _is_prose(item))
    return value


def _is_prose(node: object) -> bool:
    """Return whether a statement is a string alone: a docstring, of a module or of an attribute."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree's nodes; not those that only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in child.orelse:
                yield other
                yield from _run(other)
        else:
            yield child
            yield from _run(child)


def _imports(nodes: Iterator[ast.AST]) -> Iterator[tuple[int, str, list[str]]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", [alias.name for alias in node.names]


@cache
def _imported(file: str) -> tuple[str, ...]:
    path = Path(file)
    files = tuple(found for name in _names(path) for found in _modules(name))
    if path.name == "__init__.py" and str(_REGISTRY) in files:
        files += tuple(sorted(map(str, path.parent.glob("*.py"))))
    return files


def _names(file: Path) -> Iterator[str]:
    """Yield every name that a file imports; what follows the module may be a module itself."""
    for level, module, names in _read(file).imports:
        base = _absolute(level, module, file)
        yield base
        yield from (f"{base}.{name}" for name in names)


def _absolute(level: int, module: str, file: Path) -> str:
    if not level:
        return module
    package = file.parent.relative_to(_ROOT).parts
    return ".".join([*package[: len(package) - level + 1], *([module] if module else [])])


@cache
def _modules(name: str) -> tuple[str, ...]:
    parts = name.split(".")
    if parts[0] != _PACKAGE:
        return ()
    places = [_ROOT.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]
    files = [file for place in places for file in (place / "__init__.py", place.with_suffix(".py"))]
    return tuple(str(file) for file in files if file.is_file())


@cache
def _data_files() -> list[Path]:
    files = (_ROOT / _PACKAGE).rglob("*")
    return [file for file in files if file.suffix not in (".py", ".pyc") and file.is_file()]


@cache
def _package_of(file: Path) -> Path:
    """Return the nearest folder above a data file that holds Python modules."""
    return next(folder for folder in file.parents if (folder / "__init__.py").exists())


def _named(file: Path, words: set[str]) -> bool:
    own = {file.name} if _package_of(file) == file.parent else {file.name, file.parent.name}
    return bool(own & words)
