"""The way back: tables, claims and figures from published results, without training and without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tqdm import tqdm

from engram.evidence.claims_report import write_memory_claims
from engram.evidence.collect import Evidence, collect
from engram.evidence.contents import GENERAL_TABLES, figure_names, general_figure_names
from engram.evidence.figures import write_figure
from engram.evidence.general.claims import write_general_claims
from engram.evidence.general.collect import GeneralEvidence, collect_general
from engram.evidence.general.figures import write_general_figure
from engram.evidence.general.tables import write_general_table
from engram.evidence.tables_memory import TABLES, write_memory_table
from engram.ground.errors import SharingError
from engram.ground.files import file_hash, write_json
from engram.ground.layout import Layout
from engram.ground.reading import read_json
from engram.ground.settings import load_settings
from engram.sharing.places import CONFIGURATION, CONTENTS, PULL, published_contents, published_folder

__all__ = ["rebuild"]

#: How the names of figures begin that show stored faces.
_OF_FACES = ("mistakes-", "general_retrieval")


def rebuild(layout: Layout, folder: Path) -> dict[str, Any]:
    """Make every table, claim and figure anew from published results, and compare with the published ones.

    The published configuration is used, whatever the present one is. Sheets of mistakes and of
    nearest faces show stored faces, which are not published; they are left out.

    Parameters
    ----------
    layout
        Of the results whose published copy is read.
    folder
        Where the new files go, along with ``comparison.json``.

    Returns
    -------
    dict
        ``same`` and ``different``, lists of files, and ``left_out``, a list of figures.

    Raises
    ------
    SharingError
        If a published file is not there, or is not the one that was published.
    """
    contents = read_json(published_contents(layout)[0], SharingError, PULL)
    published = published_folder(layout)
    _check(published, contents)
    settings = load_settings(read_json(published / CONFIGURATION, SharingError, PULL))
    figures = [*figure_names(settings), *general_figure_names(settings)]
    left_out = [name for name in figures if name.startswith(_OF_FACES)]
    _make_evidence(collect(settings, published), Layout(folder), {*left_out})
    if settings.general is not None:
        _make_general_evidence(collect_general(settings, published), Layout(folder), {*left_out})
    comparison = {**_compare(folder, contents), "left_out": left_out}
    write_json(folder / "comparison.json", comparison)
    return comparison


def _check(published: Path, contents: Any) -> None:
    if not isinstance(contents, dict):
        raise SharingError(f"{published / CONTENTS}: this is no list of published files. {PULL}")
    missing = [name for name in contents if not (published / name).is_file()]
    if missing:
        raise SharingError(f"{published / missing[0]} is missing, with {len(missing) - 1} others. {PULL}")
    damaged = [name for name, known in contents.items() if file_hash(published / name) != known]
    if damaged:
        raise SharingError(
            f"{published / damaged[0]} is not the file that was published, nor are {len(damaged) - 1} "
            f"others. Delete it. {PULL}"
        )


def _make_evidence(evidence: Evidence, target: Layout, left_out: set[str]) -> None:
    for name in TABLES:
        write_memory_table(name, evidence, target.tables / name)
    write_memory_claims(evidence, target.tables)
    for name in tqdm(figure_names(evidence.settings), desc="figures", unit="figure"):
        if name not in left_out:
            write_figure(name, evidence, target.figures / name)


def _make_general_evidence(evidence: GeneralEvidence, target: Layout, left_out: set[str]) -> None:
    for name in GENERAL_TABLES:
        write_general_table(name, evidence, target.tables / name)
    write_general_claims(evidence, target.tables)
    for name in tqdm(general_figure_names(evidence.settings), desc="general figures", unit="figure"):
        if name not in left_out:
            write_general_figure(name, evidence, target.figures / name)


def _compare(folder: Path, contents: dict[str, str]) -> dict[str, list[str]]:
    made = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    same = [name for name in made if contents.get(name) == file_hash(folder / name)]
    return {"same": same, "different": [name for name in made if name not in same]}
