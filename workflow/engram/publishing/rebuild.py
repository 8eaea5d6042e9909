"""Make tables, claims and figures from published results, without training and without torch."""

from __future__ import annotations

from collections.abc import Callable
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
from engram.publishing.places import CONFIGURATION, is_evidence, way_back
from engram.publishing.pull import check_published, read_contents
from engram.publishing.results_page import ResultsParams, write_numbers, write_page
from engram.studies.entities.claims import write_entities_claims
from engram.studies.entities.collect import Evidence as EntitiesEvidence
from engram.studies.entities.collect import collect_entities
from engram.studies.entities.figure_step import write_entities_figure
from engram.studies.entities.jobs.evidence import entities_figure_names
from engram.studies.entities.tables_step import write_all_tables
from engram.studies.general.claims import write_general_claims
from engram.studies.general.evidence.collect import GeneralEvidence, collect_general
from engram.studies.general.figure_step import write_general_figure
from engram.studies.general.jobs.report import general_figure_names
from engram.studies.general.tables_step import write_general_tables
from engram.studies.levels.claims import write_levels_claims
from engram.studies.levels.collect import collect_levels
from engram.studies.levels.tables_step import write_all_tables as write_levels_tables
from engram.studies.memory.claims import write_memory_claims
from engram.studies.memory.collect import Evidence, collect
from engram.studies.memory.figure_step import write_figure
from engram.studies.memory.jobs.evidence import figure_names
from engram.studies.memory.tables import TABLES, load_table

__all__ = ["read_published_settings", "rebuild", "tell"]

#: A function, its arguments and its keyword arguments, for `joblib.Parallel`.
_Call = tuple[Callable[..., None], tuple[Any, ...], dict[str, Any]]
#: The results page and its numbers.
_PAGES = (Layout().page.name, Layout().numbers.name)
#: Contact sheets, of images as their owners gave them.
_SHEETS = "figures/sheets/"


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
    check_published(published, is_evidence)
    settings = read_published_settings(published)
    target = Layout(folder)
    figures = _make_evidence(collect(settings, published), target)
    if settings.general is not None:
        figures += _make_general_evidence(collect_general(settings, published), target)
    if settings.entities is not None:
        figures += _make_entities_evidence(collect_entities(settings, published), target)
    levels = collect_levels(settings, published)
    if levels.settings.domains:
        write_levels_tables(levels, target.tables)
        write_levels_claims(levels, target.tables)
    # No shared memory: what the figures read is small, and a killed job would leave its files.
    drawn = Parallel(n_jobs=threads, return_as="generator_unordered", max_nbytes=None)(figures)
    for _ in tqdm(drawn, desc="figures", total=len(figures), unit="figure"):
        pass
    _write_pages(settings, published, target)
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


def _make_evidence(evidence: Evidence, target: Layout) -> list[_Call]:
    """Write the memory study's tables and claims; return the calls that draw its figures."""
    for name in TABLES:
        load_table(name).write(evidence, target.tables / name)
    write_memory_claims(evidence, target.tables)
    draw = delayed(write_figure)
    return [draw(name, evidence, target.figures / name) for name in figure_names(evidence.settings)]


def _make_general_evidence(evidence: GeneralEvidence, target: Layout) -> list[_Call]:
    """Write the general study's tables and claims; return the calls that draw its figures."""
    write_general_tables(evidence, target.tables)
    write_general_claims(evidence, target.tables)
    draw = delayed(write_general_figure)
    return [draw(name, evidence, target.figures / name) for name in general_figure_names(evidence.params)]


def _make_entities_evidence(evidence: EntitiesEvidence, target: Layout) -> list[_Call]:
    """Write the tables and claims of the study of named entities; return the calls that draw its figures."""
    write_all_tables(evidence, target.tables)
    write_entities_claims(evidence, target.tables)
    draw = delayed(write_entities_figure)
    names = entities_figure_names(evidence.settings)
    return [draw(name, evidence, target.figures / name) for name in names]


def _write_pages(settings: Settings, published: Path, target: Layout) -> None:
    """Write the results page, whose links lead to the evidence as it was published, and the numbers."""
    params = ResultsParams.from_settings(settings)
    evidence = [published / path.relative_to(settings.results) for path in evidence_files(settings)]
    write_page(evidence, target.page, params, published)
    write_numbers(target.numbers, params)


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
