"""The text files that a user gives, as sentences whose words are known by their characters. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import Literal

from engram.core.errors import DataMissingError
from engram.data.text.lines import read_whole
from engram.data.text.readers._files import SubsetFile
from engram.data.text.readers.conll import read_columns
from engram.data.text.sentences import TextFormat
from engram.data.text.standoff import RunningText, sentences_of
from engram.data.text.words import token_spans

__all__ = ["COLUMNS", "FileForm", "GivenSentence", "check_files", "read_given"]

#: Endings of files with a token a line; all others are running text, unless the user says otherwise.
COLUMNS = frozenset((".tsv", ".conll", ".iob", ".iob2", ".iobes", ".bio"))
#: How a file is written; ``auto``: as its ending says.
FileForm = Literal["auto", "text", "columns"]


@dataclass(frozen=True)
class _CommandFormat(TextFormat):
    """A file that stands in no configuration: its encoding is an option of the command."""

    @property
    def encoding_setting(self) -> str:
        return "--encoding"


@dataclass(frozen=True)
class GivenSentence:
    """One sentence of a file."""

    file: str
    """The file, as it was given."""
    number: int
    """Its place in the file, from 1."""
    text: str
    """Where its words stand: the whole file, or of a file in columns its words, with blanks between."""
    places: list[tuple[int, int]]
    """The first character of each word in ``text``, and the one behind its last."""

    @property
    def words(self) -> list[str]:
        """Its words."""
        return [self.text[start:end] for start, end in self.places]


def check_files(paths: Iterable[Path]) -> None:
    """Refuse, before any work, files that are not there.

    Raises
    ------
    DataMissingError
        Naming the first of them.
    """
    for path in paths:
        if path.is_dir():
            raise DataMissingError(f"{path}: this is a folder. Give its files, such as {path}/*.txt.")
        if not path.exists():
            raise DataMissingError(f"{path}: there is no such file. Correct the path.")


def read_given(
    path: Path, *, form: FileForm = "auto", encoding: str = "utf-8", characters: bool = False
) -> list[GivenSentence]:
    """Return the sentences of a file of running text, or of one with a token a line.

    Parameters
    ----------
    form
        How it is written.
    characters
        Whether each character of running text is a word, as for Chinese.

    Raises
    ------
    TextError
        If the file cannot be read: which line is wrong, and what to do.
    """
    settings = _CommandFormat(path.name, kind="language", encoding=encoding)
    if form == "columns" or (form == "auto" and path.suffix.lower() in COLUMNS):
        return list(_columns(path, settings))
    return list(_running(path, settings, characters))


def _columns(path: Path, form: TextFormat) -> Iterator[GivenSentence]:
    found = read_columns(SubsetFile(path, path.name, None, True), form)
    for number, sentence in enumerate(found, start=1):
        ends = [0, *accumulate(len(word) + 1 for word in sentence.tokens)]
        places = [(start, end - 1) for start, end in pairwise(ends)]
        yield GivenSentence(str(path), number, " ".join(sentence.tokens), places)


def _running(path: Path, form: TextFormat, characters: bool) -> Iterator[GivenSentence]:
    text = read_whole(path, form)
    running = RunningText(path.name, text, path.name, None, characters)
    # Sentences take the words of a text one after another and leave none out.
    places = iter(token_spans(text, characters=characters))
    for number, sentence in enumerate(sentences_of(running, None, Counter()), start=1):
        yield GivenSentence(str(path), number, text, list(islice(places, len(sentence.tokens))))
