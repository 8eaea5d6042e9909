"""Columns: a token and its tag a line, a blank line between sentences (CoNLL, IOB, MTL-Bioinformatics)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engram.core.errors import TextError
from engram.data.text.lines import read_lines
from engram.data.text.readers._documents import DOCUMENTS, documents_of_subsets
from engram.data.text.readers._files import SubsetFile, subset_files
from engram.data.text.schemes import to_iob2
from engram.data.text.sentences import Reading, Sentence, TextFormat

__all__ = ["LAYOUT", "columns_of", "present", "read", "read_columns"]

#: Of the files; those of CoNLL-2003 end in the subset itself.
ENDINGS = (
    *(".tsv", ".txt", ".conll", ".conllu", ".iob", ".iob2", ".iobes", ".bio", ".bioes"),
    *(".train", ".dev", ".test", ".testa", ".testb"),
)
#: A file of running text may end in .txt: it is one of columns if its name says a subset.
_UNNAMED = tuple(ending for ending in ENDINGS if ending != ".txt")
LAYOUT = (
    "train, devel (or dev, validation) and test with the ending .tsv, .txt, .conll or .iob: a token, a tab "
    "or blanks, and its tag a line, a blank line after each sentence; optionally -DOCSTART- lines, or "
    f"{DOCUMENTS} with the columns subset, first_sentence (from 0) and document."
)
_START = "-DOCSTART-"
#: How JNLPBA's own files begin an abstract.
_MEDLINE = "###MEDLINE:"
#: How CoNLL-U and CoNLL-2012 begin a document.
_NEW = re.compile(r"# *newdoc(?: +id *= *(?P<id>.*\S))?|#begin document(?: *\((?P<name>[^()]+)\))?", re.ASCII)
_END = "#end document"
#: In CoNLL-U a row of several words at once (`3-4`), or of a word that is not written (`3.1`).
_NO_WORD = re.compile(r"\d+[-.]\d+\s", re.ASCII)
#: What any scheme's tags look like.
_TAG = re.compile(r"O|[A-Z]-\S+")
_COMMENTS = "comment lines left out"
_ROWS = "rows left out that are not one word"


def present(root: Path) -> bool:
    """Whether the text is in ``root``."""
    return bool(subset_files(root, ENDINGS, _UNNAMED))


def read(root: Path, form: TextFormat) -> Reading:
    """Return the sentences of all files; documents by documents.tsv, by -DOCSTART-, or by file."""
    reading = Reading()
    files = subset_files(root, ENDINGS, _UNNAMED)
    listed = documents_of_subsets(root, form, files)
    for file in files:
        found = [*read_columns(file, form, Path(file.name).stem if file.own else None, reading.facts)]
        if file.subset in listed:
            found = listed[file.subset].applied(found)
        reading.sentences += found
    return reading


def read_columns(
    file: SubsetFile, form: TextFormat, document: str | None = None, facts: Counter[str] | None = None
) -> Iterator[Sentence]:
    """Yield the sentences of one file.

    Parameters
    ----------
    document
        The document of sentences before the first line that begins one.
    facts
        Counts the lines that are left out.

    Raises
    ------
    TextError
        Naming the file and the line that is broken.
    """
    numbered, opened = 0, 0
    rows: list[tuple[int, str, str]] = []
    empty = True
    lines = read_lines(file.path, form)
    tabbed = any("\t" in line for line in lines)
    facts = Counter() if facts is None else facts
    for number, line in enumerate([*lines, ""], start=1):
        start = _document_start(line, first=not rows)
        left_out = None if start is not None else _left_out(line, form, tabbed, first=not rows)
        if left_out:
            facts[left_out] += 1
            continue
        if start is None and line.strip(" \t"):
            rows.append((number, *columns_of(line, form, file.path, number)))
            continue
        if rows:
            yield _sentence(rows, file, form, document)
            rows, empty = [], False
        if start is not None:
            if opened and empty:
                raise _without_sentences(file, opened)
            numbered += 1
            document = start or f"{Path(file.name).stem}-{numbered}"
            opened, empty = number, True
    if opened and empty:
        raise _without_sentences(file, opened)


def columns_of(line: str, form: TextFormat, path: Path, number: int) -> tuple[str, str]:
    """Return the token and the tag of a line; the tag is empty for unlabelled text.

    Columns are separated by tabs if the line has one, else by blanks.
    """
    fields = _fields(line)
    at = form.token_column - 1
    token = fields[at] if at < len(fields) else ""
    if not token:
        where = "before the tag" if at == 0 else f"in column {at + 1}, where '{form.setting}.token_column' is"
        raise TextError(f"{path}, line {number}: there is no token {where}. Correct the line.")
    if form.kind == "language":
        return token, ""
    place = _tag_place(fields, form)
    if place is None:
        raise TextError(
            f"{path}, line {number}: '{line.strip()[:40]}' has no tag in "
            f"{f'column {form.column}' if form.column else 'a second column'}. Expected are a token, a tab "
            f"or blanks, and its tag. Correct the line, or set '{form.setting}.kind' to 'language' if "
            "nothing is labelled."
        )
    return token, fields[place]


def _fields(line: str) -> list[str]:
    content = line.rstrip(" \t")
    # Not all that Unicode counts as blank: a token may be a no-break space.
    return re.split(" *\t *", content) if "\t" in content else re.split(" +", content.lstrip(" "))


def _tag_place(fields: list[str], form: TextFormat) -> int | None:
    """Return which of a line's fields is the tag; None if there is none."""
    place = form.column - 1 if form.column else len(fields) - 1
    return place if place < len(fields) and place != form.token_column - 1 and fields[place] else None


def _left_out(line: str, form: TextFormat, tabbed: bool, *, first: bool) -> str | None:
    """Return why a line is no token, in the words of facts; None if it is one, or blank.

    A comment stands before the first token of a sentence and begins with `#` and a blank, as ``# id 17``; a
    token `#` has the columns of the others.
    """
    if form.token_column > 1 and _NO_WORD.match(line):
        return _ROWS
    if not first or not line.startswith(("# ", "#\t", _END)):
        return None
    if line.startswith(_END):
        return _COMMENTS
    fields = _fields(line)
    if form.kind == "language" or len(fields) == 1:
        return _COMMENTS if tabbed and "\t" not in line and len(fields) > 1 else None
    place = _tag_place(fields, form)
    untagged = place is None or (form.kind == "entities" and not _TAG.fullmatch(fields[place]))
    return _COMMENTS if untagged or (tabbed and "\t" not in line) else None


def _sentence(
    rows: list[tuple[int, str, str]], file: SubsetFile, form: TextFormat, document: str | None
) -> Sentence:
    lines, tokens, tags = map(list, zip(*rows, strict=True))
    if form.kind == "entities":
        tags = to_iob2(tags, form, lambda number: f"{file.path}, line {lines[number]}")
    labels = None if form.kind == "language" else tags
    return Sentence(f"{file.name}:{lines[0]}", tokens, labels, file.subset, document)


def _document_start(line: str, *, first: bool) -> str | None:
    """Return the name of the document that a line begins, empty if it has none; None for other lines."""
    if line.startswith(_MEDLINE):
        return line.removeprefix(_MEDLINE).split()[0] if line.removeprefix(_MEDLINE).split() else ""
    if first and (new := _NEW.match(line)):
        return new["id"] or new["name"] or ""
    if not line.startswith(_START):
        return None
    rest = line.removeprefix(_START)
    match = re.search(r"\(([^()]+)\)", rest)
    words = [word for word in rest.split() if word not in ("-X-", "O", "_", "-")]
    return match[1].strip() if match else "".join(words[:1])


def _without_sentences(file: SubsetFile, line: int) -> TextError:
    return TextError(
        f"{file.path}, line {line}: the document that begins here has no sentence. Take the line out, or put "
        "its sentences back."
    )
