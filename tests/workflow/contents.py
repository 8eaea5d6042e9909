"""What two runs of the same configuration have in common: every byte that does not tell of time."""

from __future__ import annotations

from pathlib import Path

__all__ = ["contents", "differences", "leftovers"]

#: What tells times, and so differs from run to run: claim 8, the ways to choose and their scores, Figure 3,
#: the card, and the numbers of all tables.
_TELLS_TIMES = ("claims_general", "general_selection", "general_time", "scores", "README", "numbers")
#: Tables, figures, models, embeddings and predictions. A page and a picture repeat a table.
_ENDINGS = (".csv", ".md", ".tex", ".svg", ".safetensors", ".parquet", ".npy")


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file whose bytes a rerun must give again: not the cards and tables that tell times."""
    chosen = [
        path
        for path in folder.rglob("*")
        if path.suffix in _ENDINGS
        and not {"logs", "cards"} & set(path.parts)
        and not path.name.startswith(_TELLS_TIMES)
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in chosen}


def differences(expected: Path, found: Path) -> list[str]:
    """Return the files below two folders that only one of them has, or whose bytes differ."""
    left, right = contents(expected), contents(found)
    return sorted(name for name in left | right if left.get(name) != right.get(name))


def leftovers(folder: Path) -> list[str]:
    """Return what a process that was killed may leave in a checkout: hidden and partial files, scratch."""
    found = [path for path in folder.iterdir() if ".partial" in path.name]
    for top in (folder / "results", folder / "published"):
        found += [path for path in top.rglob(".*") if path.name != ".snakemake_timestamp"]
        found += [path for path in top.rglob("scratch/**/*") if path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in found)
