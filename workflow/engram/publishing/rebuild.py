"""Make tables, claims and figures from published results, without training and without torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed
from tqdm import tqdm

from engram.config import Settings, load_settings
from engram.core.errors import PublishingError
from engram.core.files import file_hash, write_json
from engram.core.paths import Layout
from engram.core.reading import read_json
from engram.publishing.inputs import evidence_files
from engram.publishing.places import CONFIGURATION, way_back
from engram.publishing.pull import read_contents
from engram.publishing.results_page import ResultsParams, write_numbers, write_page
from engram.studies.entities import tables_step as entities_tables
from engram.studies.entities.claims import write_entities_claims
from engram.studies.entities.collect import collect_entities
from engram.studies.entities.figure_step import write_entities_figure
from engram.studies.entities.jobs.evidence import entities_figure_names
from engram.studies.general.claims import write_general_claims
from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.figure_step import write_general_figure
from engram.studies.general.jobs.report import general_figure_names
from engram.studies.general.tables_step import write_general_tables
from engram.studies.levels import tables_step as levels_tables
from engram.studies.levels.claims import write_levels_claims
from engram.studies.levels.collect import collect_levels
from engram.studies.memory import tables_step as memory_tables
from engram.studies.memory.claims import write_memory_claims
from engram.studies.memory.collect import collect
from engram.studies.memory.figure_step import write_figure
from engram.studies.memory.jobs.evidence import figure_names

__all__ = ["read_published_settings", "rebuild", "tell"]

#: The results page and its numbers.
_PAGES = (Layout().page.name, Layout().numbers.name)
#: Contact sheets, of images as their owners gave them.
_SHEETS = "figures/sheets/"


@dataclass(frozen=True)
class _Study:
    """What makes a study's tables, claims and figures from its evidence."""

    collect: Callable[[Settings, Path], Any]
    tables: Callable[[Any, Path], None]
    claims: Callable[[Any, Path], None]
    figure: Callable[[str, Any, Path], None] | None = None
    figures: Callable[[Any], list[str]] = lambda settings: []


#: By the study's field of `ResultsParams`.
_STUDIES = {
    "memory": _Study(
        collect,
        memory_tables.write_all_tables,
        write_memory_claims,
        write_figure,
        lambda settings: figure_names(settings),
    ),
    "general": _Study(
        collect_general,
        write_general_tables,
        write_general_claims,
        write_general_figure,
        lambda settings: general_figure_names(settings),
    ),
    "entities": _Study(
        collect_entities,
        entities_tables.write_all_tables,
        write_entities_claims,
        write_entities_figure,
        lambda settings: entities_figure_names(settings),
    ),
    "levels": _Study(collect_levels, levels_tables.write_all_tables, write_levels_claims),
}


def rebuild(published: Path, folder: Path, *, threads: int = 1) -> dict[str, list[str]]:
    """Make every table, claim and figure anew from published results, and compare with the published ones.

    The published configuration is used, whatever the present one is. Contact sheets show images as
    their owners gave them, which are not published; they are no figures of a study.

    Parameters
    ----------
    published
        Folder of the published results.
    folder
        Where the new files go, along with ``comparison.json``.
    threads
        Processes that draw figures, which is most of the work.

    Returns
    -------
    dict
        ``same`` and ``different``: files that have the published bytes, and files that have others;
        ``not_made``: published tables and figures that this code does not make.

    Raises
    ------
    PublishingError
        If a published file is missing or damaged.
    """
    settings, target = read_published_settings(published), Layout(folder)
    params = ResultsParams.from_settings(settings)
    figures = []
    for study in (_STUDIES[name] for name in params.present):
        evidence = study.collect(settings, published)
        study.tables(evidence, target.tables)
        study.claims(evidence, target.tables)
        if study.figure is not None:
            draw = delayed(study.figure)
            figures += [draw(name, evidence, target.figures / name) for name in study.figures(settings)]
    # No shared memory: what the figures read is small, and a killed job would leave its files.
    drawn = Parallel(n_jobs=threads, return_as="generator_unordered", max_nbytes=None)(figures)
    for _ in tqdm(drawn, desc="figures", total=len(figures), unit="figure"):
        pass
    # The links of the page lead to the evidence as it was published.
    linked = [published / path.relative_to(settings.results) for path in evidence_files(settings)]
    write_page(linked, target.page, params, published)
    write_numbers(target.numbers, params)
    comparison = _compare(folder, read_contents(published))
    write_json(folder / "comparison.json", comparison)
    return comparison


def read_published_settings(published: Path) -> Settings:
    """Return the configuration that the published results were made with.

    Raises
    ------
    PublishingError
        If it is not there.
    ConfigurationError
        If it is one of another version of the settings.
    """
    path = published / CONFIGURATION
    return load_settings(read_json(path, PublishingError, f"Delete it. {way_back(published)}"))


def _compare(folder: Path, contents: dict[str, str]) -> dict[str, list[str]]:
    made = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    same = [name for name in made if contents.get(name) == file_hash(folder / name)]
    awaited = [name for name in contents if name.startswith(("tables/", "figures/", *_PAGES))]
    return {
        "same": same,
        "different": [name for name in made if name not in same],
        "not_made": [name for name in awaited if name not in made and not name.startswith(_SHEETS)],
    }


def tell(comparison: dict[str, list[str]]) -> str:
    """Return what a comparison says, in words."""
    same, different = len(comparison["same"]), comparison["different"]
    lines = [f"{same} of {same + len(different)} files are the published ones, byte for byte"]
    lines += [f"differs from the published file: {name}" for name in different]
    lines += [f"was published and is not made any more: {name}" for name in comparison["not_made"]]
    return "\n".join(lines)
