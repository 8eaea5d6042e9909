"""Chinese clinical records of CCKS-2017, task 2: a text and a list of entities a section of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from engram.core.errors import TextError
from engram.data.text.lines import read_whole
from engram.data.text.readers._files import files_below, subset_of_folders
from engram.data.text.sentences import Reading, TextFormat
from engram.data.text.standoff import Mark, RunningText, sentences_of

__all__ = ["LAYOUT", "present", "read"]

_TEXT = re.compile(r"(?P<section>.*?)-?(?P<record>\d+)\.txtoriginal\.txt\Z")
LAYOUT = (
    "pairs of files 病史特点-1.txtoriginal.txt (a section of record 1) and 病史特点-1.txt (the words of an "
    "entity, first and last character from 0, and type, with tabs between), in folders whose names may say "
    "train or test."
)
_EMPTY = "empty sections"
_WAY_OUT = "Correct the line, or put the original files there."


def present(root: Path) -> bool:
    """Whether the text is in ``root``."""
    return any(_TEXT.search(name) for name in files_below(root, (".txt",)))


def read(root: Path, form: TextFormat) -> Reading:
    """Return the sentences of all records. Tokens are characters; a record, with all sections, is a document.

    Raises
    ------
    TextError
        Naming the file and line that is broken, a section without its list, or a record without a sentence.
    """
    reading = Reading()
    records: dict[str, str] = {}
    for name in sorted(filter(_TEXT.search, files_below(root, (".txt",))), key=_order):
        record = _record(name)
        records.setdefault(record, name)
        if not (root / name).read_bytes().strip():
            reading.facts[_EMPTY] += 1
            continue
        text = read_whole(root / name, form)
        marks = None if form.kind == "language" else [*_marks(root, name, text, form)]
        running = RunningText(name, text, record, subset_of_folders(name), characters=True)
        reading.sentences += sentences_of(running, marks, reading.facts)
    empty = records.keys() - {sentence.document for sentence in reading.sentences}
    if empty:
        name = records[min(empty)]
        raise TextError(
            f"{root / name}: record {min(empty)} has no text. Put it there, or take its files away."
        )
    return reading


def _marks(root: Path, name: str, text: str, form: TextFormat) -> Iterator[Mark]:
    path = root / name.replace(".txtoriginal.txt", ".txt")
    if not path.is_file():
        raise TextError(
            f"{root / name}: there is no {path.name} beside it, the list of its entities. Put it there, or "
            f"set '{form.setting}.kind' to 'language' if nothing is labelled."
        )
    if not path.read_bytes().strip():
        return
    for number, line in enumerate(read_whole(path, form).splitlines(), start=1):
        if line.strip():
            yield _mark(f"{path}, line {number}", line, text)


def _mark(where: str, line: str, text: str) -> Mark:
    fields = [field.strip() for field in line.strip().split("\t")]
    if len(fields) != 4 or not (fields[1].isdecimal() and fields[2].isdecimal() and fields[0] and fields[3]):
        raise TextError(
            f"{where}: '{line.strip()[:40]}' is no entity: expected are its words, first and last character, "
            f"and type, with tabs between. {_WAY_OUT}"
        )
    words, kind, start, end = fields[0], fields[3], int(fields[1]), int(fields[2])
    # Task 2 counts the last character, later years the one behind it: the words tell which.
    if end - start not in (len(words) - 1, len(words)) or text[start : start + len(words)] != words:
        raise TextError(
            f"{where}: '{text[start : end + 1][:20]}', not '{words[:20]}', stands at {start} to {end}. "
            f"{_WAY_OUT}"
        )
    return Mark(re.sub(r"\s+", "_", kind), start, start + len(words))


def _record(name: str) -> str:
    match = _TEXT.search(PurePosixPath(name).name)
    return match["record"] if match else name


def _order(name: str) -> tuple[str, int, str]:
    return subset_of_folders(name) or "", int(_record(name)), name
