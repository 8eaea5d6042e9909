"""Standoff: running text in `.txt`, its entities in `.ann` beside it (brat, RuREBus, BioNLP shared tasks)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from engram.core.errors import TextError
from engram.data.text.lines import read_whole
from engram.data.text.readers._files import files_below, subset_of_folders
from engram.data.text.sentences import Reading, Sentence, TextFormat
from engram.data.text.standoff import Mark, RunningText, sentences_of

__all__ = ["LAYOUT", "entities_beside", "present", "read", "read_file"]

TEXT = ".txt"
#: Of the files of entities. BioNLP's shared tasks give them as `.a1`; events, as `.a2`, are left out.
ENTITIES = (".ann", ".a1")
LAYOUT = (
    "pairs of files x.txt (running text) and x.ann or x.a1 (T1, a tab, type, start and end, a tab, the "
    "words), in folders whose names say train, dev or test, or in one."
)
#: Parts of one document, as RuREBus cuts long ones.
_PART = re.compile(r"_part_\d+\Z")
_LINE = re.compile(r"T\S*\t(\S+) (\d+ \d+(?:;\d+ \d+)*)(?:\t(.*))?\Z", re.ASCII)
#: Relations, events, equivalences, attributes, links and notes are no entities.
_OTHERS = tuple("REAMN#*")
_PIECES = "entities in several parts, of which the longest is kept"
_WAY_OUT = "Correct the line, or put the original files there."


class _Entity(NamedTuple):
    """A line of standoff."""

    line: int
    type: str
    pieces: list[tuple[int, int]]
    words: str | None


def present(root: Path) -> bool:
    """Whether the text is in ``root``."""
    return next(files_below(root, ENTITIES), None) is not None


def entities_beside(path: Path) -> Path | None:
    """Return the file of entities beside a file of running text; None if there is none."""
    return next(filter(Path.is_file, map(path.with_suffix, ENTITIES)), None)


def read(root: Path, form: TextFormat) -> Reading:
    """Return the sentences of all documents; parts such as ``x_part_3`` are one document ``x``.

    Raises
    ------
    TextError
        Naming the file and line that is broken, or a file without its partner.
    """
    reading, names = Reading(), {*files_below(root, (TEXT, *ENTITIES))}
    texts = sorted((name for name in names if name.endswith(TEXT)), key=_natural)
    _check_pairs(root, names, form)
    seen: dict[tuple[str | None, str], str] = {}
    for name in texts:
        stem, subset = PurePosixPath(name).stem, subset_of_folders(name)
        twin = seen.setdefault((subset, stem), name)
        if twin != name:
            raise TextError(
                f"{root / name}: the document '{stem}' stands in {twin} too. Take one away, or rename it."
            )
        document = _PART.sub("", stem)
        reading.sentences += read_file(root, name, form, document, subset, reading.facts)
    return reading


def read_file(
    root: Path, name: str, form: TextFormat, document: str, subset: str | None, facts: Counter[str]
) -> Iterator[Sentence]:
    """Yield the sentences of one file of running text, with the entities of the `.ann` file beside it."""
    path = root / name
    text = read_whole(path, form)
    entities = None
    if form.kind != "language":
        listed = entities_beside(path) or path.with_suffix(ENTITIES[0])
        entities = [*_entities(listed, form)]
        text = _agreeing(path, listed, text, entities)
        facts[_PIECES] += sum(len(_joined(text, entity.pieces)) > 1 for entity in entities)
    marks = None if entities is None else [_mark(text, entity) for entity in entities]
    yield from sentences_of(RunningText(name, text, document, subset), marks, facts)


def _check_pairs(root: Path, names: set[str], form: TextFormat) -> None:
    for name in sorted(names):
        path = PurePosixPath(name)
        others = ENTITIES if path.suffix == TEXT else (TEXT,)
        missing = names.isdisjoint(path.with_suffix(ending).as_posix() for ending in others)
        if missing and (path.suffix != TEXT or form.kind != "language"):
            raise TextError(
                f"{root / name}: there is no {path.with_suffix(others[0]).name} beside it. Put it there "
                "(empty, if a text has no entities), or take the file away."
            )


def _entities(path: Path, form: TextFormat) -> Iterator[_Entity]:
    """Yield the entities of a file; an empty one says that a text has none."""
    if path.is_file() and not path.stat().st_size:
        return
    lines = read_whole(path, form).replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(_OTHERS):
            continue
        match = _LINE.match(line.rstrip("\r"))
        if match is None:
            raise TextError(
                f"{path}, line {number}: '{line[:60]}' is no entity: expected are T1, a tab, type, start and "
                f"end, a tab, the words. {_WAY_OUT}"
            )
        pieces = [tuple(map(int, piece.split())) for piece in match[2].split(";")]
        yield _Entity(number, match[1], sorted(pieces), match[3])  # type: ignore[arg-type]


def _agreeing(path: Path, listed: Path, text: str, entities: list[_Entity]) -> str:
    """Return the text whose places the entities mean: the file's, or that with Unix line ends.

    Raises
    ------
    TextError
        At the first entity whose words do not stand where it says.
    """
    for candidate in dict.fromkeys((text, text.replace("\r\n", "\n"), f"\ufeff{text}")):
        if not any(_problem(candidate, entity) for entity in entities):
            return candidate
    entity = next(one for one in entities if _problem(text, one))
    raise TextError(f"{listed}, line {entity.line}: {_problem(text, entity)} of {path.name}. {_WAY_OUT}")


def _problem(text: str, entity: _Entity) -> str | None:
    start, end = entity.pieces[0][0], entity.pieces[-1][1]
    if any(not 0 <= first < last <= len(text) for first, last in entity.pieces):
        return f"{start} to {end} is no place in the {len(text)} characters"
    found = "".join(text[first:last] for first, last in entity.pieces)
    if entity.words is not None and "".join(found.split()) != "".join(entity.words.split()):
        return f"'{found[:40]}', not '{entity.words[:40]}', stands at {start} to {end}"
    return None


def _joined(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the pieces of an entity, those joined that only blanks, such as a line's end, part."""
    joined = pieces[:1]
    for start, end in pieces[1:]:
        if text[joined[-1][1] : start].strip():
            joined.append((start, end))
        else:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
    return joined


def _mark(text: str, entity: _Entity) -> Mark:
    pieces = _joined(text, entity.pieces)
    start, end = max(pieces, key=lambda piece: (piece[1] - piece[0], -piece[0]))
    return Mark(entity.type, start, end)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that puts part 2 before part 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
