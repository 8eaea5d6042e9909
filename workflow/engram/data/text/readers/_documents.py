"""`documents.tsv`: where each document begins, for files that do not say so themselves."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path

from engram.core.errors import TextError
from engram.data.text.lines import read_lines
from engram.data.text.readers._files import SubsetFile, subset_of
from engram.data.text.sentences import Sentence, TextFormat

__all__ = ["DOCUMENTS", "Documents", "documents_of_subsets"]

DOCUMENTS = "documents.tsv"
_COLUMNS = ("subset", "first_sentence", "document")
_WAY_OUT = f"Expected is a line for each document with {', '.join(_COLUMNS)} between tabs. Correct it."


@dataclass(frozen=True)
class Documents:
    """The documents of one subset, in the order of its sentences."""

    path: Path
    lines: list[int]
    """The line of the list that names each."""
    first: list[int]
    """The sentence, counted from 0, that begins each; ascending from 0."""
    names: list[str]

    def applied(self, sentences: list[Sentence]) -> list[Sentence]:
        """Return the sentences with their documents; raise `TextError` for a document without a sentence."""
        if self.first[-1] >= len(sentences):
            raise TextError(
                f"{self.path}, line {self.lines[-1]}: document '{self.names[-1]}' begins at sentence "
                f"{self.first[-1]}, but the file has {len(sentences)} from 0 on. {_WAY_OUT}"
            )
        return [
            replace(sentence, document=self.names[bisect_right(self.first, number) - 1])
            for number, sentence in enumerate(sentences)
        ]


def documents_of_subsets(
    root: Path, form: TextFormat, files: list[SubsetFile]
) -> dict[str | None, Documents]:
    """Return what ``documents.tsv`` says of each subset; nothing if there is no such file.

    It lies in ``root`` or beside the files that it is about. A subset that it leaves out has no documents.

    Raises
    ------
    TextError
        Naming the line that is broken, a subset without a file, or a document without a sentence.
    """
    folders = {root, *(file.path.parent for file in files)}
    path = next((folder / DOCUMENTS for folder in sorted(folders) if (folder / DOCUMENTS).is_file()), None)
    if path is None:
        return {}
    of_file = {file.subset for file in files if not file.own}
    found: dict[str | None, Documents] = {}
    lines = read_lines(path, form)
    if tuple(field.strip() for field in lines[0].split("\t")) != _COLUMNS:
        raise TextError(f"{path}, line 1: the columns are not {', '.join(_COLUMNS)}, with tabs. {_WAY_OUT}")
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            subset, first, name = _fields(path, number, line)
            if subset not in of_file:
                raise TextError(f"{path}, line {number}: there is no file of subset '{subset}'. {_WAY_OUT}")
            known = found.setdefault(subset, Documents(path, [], [], []))
            _check_order(path, number, known, first)
            known.lines.append(number)
            known.first.append(first)
            known.names.append(name)
    return found


def _fields(path: Path, number: int, line: str) -> tuple[str | None, int, str]:
    fields = [field.strip() for field in line.split("\t")]
    if len(fields) != len(_COLUMNS) or not all(fields):
        raise TextError(f"{path}, line {number}: '{line.strip()[:60]}' has not three fields. {_WAY_OUT}")
    subset = subset_of(fields[0])
    if subset is None:
        raise TextError(
            f"{path}, line {number}: '{fields[0]}' is no subset. Write train, devel or test. {_WAY_OUT}"
        )
    if not (fields[1].isascii() and fields[1].isdigit()):
        raise TextError(f"{path}, line {number}: '{fields[1]}' is no number of a sentence. {_WAY_OUT}")
    return subset, int(fields[1]), fields[2]


def _check_order(path: Path, number: int, known: Documents, first: int) -> None:
    if not known.first and first != 0:
        raise TextError(
            f"{path}, line {number}: the first document begins at sentence {first}, not at 0. {_WAY_OUT}"
        )
    if known.first and first <= known.first[-1]:
        raise TextError(
            f"{path}, line {number}: it begins at sentence {first}, not after {known.first[-1]}, where the "
            f"one before begins, which would be empty. {_WAY_OUT}"
        )
