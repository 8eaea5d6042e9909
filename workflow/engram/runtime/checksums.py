"""Checksums: size and SHA-256 of every file that a job wrote, kept apart from the files to detect damage.

Snakemake compares times. It does not notice a file that decays on its disk, was truncated by a copy,
replaced or deleted. So every job writes a checksum for each of its outputs below ``checksums/`` (one file
each, because many jobs write at once), a job that reads such a file compares it first, and `snakemake
verify` compares all of them. The checksum of a damaged or deleted file stays: it reveals the loss.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engram.core.errors import DamageError
from engram.core.files import file_hash, write_json, written_hash

__all__ = [
    "CHECKSUMS",
    "HASHED",
    "Damage",
    "check_files",
    "find_damage",
    "known_hash",
    "remove_checksums",
    "write_checksums",
]

#: Folder of the checksums, below that of the results.
CHECKSUMS = "checksums"
#: Files of up to so many bytes are hashed whenever a job reads them; of a larger one only the size is
#: compared, because to read it once more could take as long as the job.
HASHED = 64 * 2**20


@dataclass(frozen=True, order=True)
class Damage:
    """A file that is not what was written."""

    path: Path
    what: str
    """What is wrong with it, in words."""
    rule: str = ""
    """The rule that wrote it; empty if its checksum cannot be read."""

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" + (f" (written by rule {self.rule})" if self.rule else "")


def write_checksums(results: Path, rule: str, files: Iterable[str | Path]) -> None:
    """Write the checksums of a job's outputs: of the files below ``results``, not of folders."""
    for path, place in _places(results, files):
        if path.is_file():
            found = {"bytes": path.stat().st_size, "rule": rule, "sha256": written_hash(path)}
            write_json(place, found)


def remove_checksums(results: Path, files: Iterable[str | Path]) -> None:
    """Delete the checksums of files that a job is about to write."""
    for _, place in _places(results, files):
        place.unlink(missing_ok=True)


def check_files(results: Path, files: Iterable[str | Path]) -> None:
    """Compare files with their checksums; of those larger than `HASHED` bytes compare the size only.

    Files without a checksum, such as photographs, are not compared.

    Raises
    ------
    DamageError
        If a file is not what was written; names each.
    """
    found = [_compare(path, place, HASHED) for path, place in _places(results, files) if place.exists()]
    damaged = sorted(filter(None, found))
    if damaged:
        raise DamageError(
            "\n".join(map(str, damaged))
            + "\nDelete the damaged files and run snakemake again: it makes them anew."
        )


def known_hash(results: Path, path: Path) -> str:
    """Return the SHA-256 of a file that a job wrote: by its checksum, if it still has the same size.

    Millions of embeddings are hashed once, as they are written, and not by each job that reads them. A file
    without a checksum is read.
    """
    for _, place in _places(results, [path]):
        known = _read(place) if place.exists() else None
        if known is not None and known[0] == path.stat().st_size:
            return known[2]
    return file_hash(path)


def find_damage(results: Path, threads: int = 1) -> tuple[int, list[Damage]]:
    """Read every file that has a checksum; return their number and the damaged ones, sorted."""
    folder = results / CHECKSUMS
    places = sorted(folder.rglob("*.json"))
    paths = [results / place.relative_to(folder).with_suffix("") for place in places]
    # Hashing releases the interpreter lock, so the disk is the limit.
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(_compare, paths, places))
    return len(places), sorted(filter(None, found))


def _places(results: Path, files: Iterable[str | Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each file below ``results`` with the place of its checksum."""
    for path in map(Path, files):
        if path.is_relative_to(results):
            yield path, results / CHECKSUMS / f"{path.relative_to(results)}.json"


def _compare(path: Path, place: Path, hashed: int | None = None) -> Damage | None:
    known = _read(place)
    if known is None:
        return Damage(path, f"its checksum, {place}, cannot be read")
    size, rule, digest = known
    try:
        found = path.stat().st_size
        if found != size:
            return Damage(path, f"{found} bytes are there where {size} were written", rule)
        if (hashed is None or size <= hashed) and file_hash(path) != digest:
            return Damage(path, "its bytes are not those that were written", rule)
    except FileNotFoundError:
        return Damage(path, "is missing", rule)
    except OSError as error:
        return Damage(path, f"cannot be read ({error.strerror})", rule)
    return None


def _read(place: Path) -> tuple[int, str, str] | None:
    """Return bytes, rule and SHA-256 of a checksum; None if it cannot be read."""
    try:
        known = json.loads(place.read_text(encoding="utf-8"))
        return int(known["bytes"]), str(known["rule"]), str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
