"""Which files of a folder hold which of the owners' subsets, whatever they are called."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from engram.core.errors import TextError

__all__ = ["SubsetFile", "files_below", "subset_files", "subset_of", "subset_of_folders"]

_WORDS = {
    "train": ("train", "training"),
    "validation": ("dev", "devel", "develop", "development", "valid", "validation", "val", "testa"),
    "test": ("test", "testing", "eval", "evaluation", "testb"),
}
_SUBSETS = {word: subset for subset, words in _WORDS.items() for word in words}
#: Files that speak about a text and are none of it.
_ABOUT = (
    "readme",
    "licence",
    "license",
    "licences",
    "licenses",
    "documents",
    "manifest",
    "labels",
    "changes",
)


class SubsetFile(NamedTuple):
    """A file of a text."""

    path: Path
    name: str
    """Its place below the text's folder, with forward slashes."""
    subset: str | None
    own: bool
    """Whether it is one of several files of its subset, and so a document of its own."""


def subset_of(word: str) -> str | None:
    """Return train, validation or test for one of the words that data sets use for them."""
    return _SUBSETS.get(word.strip().lower())


def files_below(root: Path, endings: Iterable[str]) -> Iterator[str]:
    """Yield the files below ``root`` with one of the endings, sorted; not hidden ones or words about it."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(files):
            path = Path(file.lower())
            if path.suffix in endings and not file.startswith(".") and path.stem not in _ABOUT:
                yield (Path(folder) / file).relative_to(root).as_posix()


def subset_of_path(name: str) -> str | None:
    """Return the subset that a file's name says, else its nearest folder's; raise as `subset_of_folders`."""
    return _only(name, _named(_stem(name))) or subset_of_folders(name)


def subset_of_folders(name: str) -> str | None:
    """Return the subset that the nearest of a file's folders says.

    Raises
    ------
    TextError
        If a name says two subsets.
    """
    return next(filter(None, (_only(name, _named(part)) for part in PurePosixPath(name).parts[-2::-1])), None)


def _only(name: str, found: list[str]) -> str | None:
    if len(found) > 1:
        raise TextError(
            f"{name}: this name says both {' and '.join(found)}. Take it away if its sentences stand in "
            "others too, or rename it."
        )
    return found[0] if found else None


def subset_files(root: Path, endings: Iterable[str], unnamed: Iterable[str]) -> list[SubsetFile]:
    """Return the files of a text in columns: train, validation, test, then by name.

    They lie in ``root`` or below it. Several files of a subset lie in a folder of its name, and each is a
    document. Files that name no subset count, if their ending is one of ``unnamed``, where no file names one.

    Raises
    ------
    TextError
        If it is not clear which file is which subset.
    """
    names = [name for name in files_below(root, endings) if not _joint(name)]
    subsets = {name: subset_of_path(name) for name in names}
    if not any(subsets.values()):
        subsets = {name: None for name in names if PurePosixPath(name.lower()).suffix in unnamed}
    else:
        subsets = {name: subset for name, subset in subsets.items() if subset}
    files = [*_of_subset(root, subsets, None)]
    for subset in _WORDS:
        files += _of_subset(root, subsets, subset)
    return files


def _of_subset(root: Path, subsets: dict[str, str | None], subset: str | None) -> Iterator[SubsetFile]:
    names = [name for name, found in subsets.items() if found == subset]
    by_file = [name for name in names if subset and _named(_stem(name))]
    if by_file and len(names) > 1:
        raise TextError(
            f"{root}: {names[0]} and {names[1]} both are the {subset} subset. Take one away, or set 'root' "
            "to the folder with the right one."
        )
    for name in names:
        yield SubsetFile(root / name, name, subset, len(names) > 1)


def _named(part: str) -> list[str]:
    """Return the subsets that the words of a name say."""
    words = re.split(r"[^a-z]+", part.lower())
    return [subset for subset in _WORDS if any(_SUBSETS.get(word) == subset for word in words)]


def _joint(name: str) -> bool:
    """Whether a file is several subsets in one, such as ``train_dev.tsv``: a copy beside the single ones."""
    return len(_named(_stem(name))) > 1


def _stem(name: str) -> str:
    """Return a file's name without its ending, unless that names a subset, as of CoNLL's ``eng.testa``."""
    path = PurePosixPath(name)
    return path.name if subset_of(path.suffix.removeprefix(".")) else path.stem
