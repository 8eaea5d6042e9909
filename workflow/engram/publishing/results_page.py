"""The results page of a run, and its numbers for LaTeX: what both are made from, and their making."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from engram.config import Settings
from engram.config.base import JobParams
from engram.core.files import write_text
from engram.core.paths import Layout
from engram.core.records import read_record
from engram.publishing.inputs import evidence_files
from engram.reporting.numbers import NumberTable, macros
from engram.reporting.page import Page, render_page
from engram.reporting.page_study import StudySource, build_study, read_numbers
from engram.studies.entities.jobs.evidence import EvidenceParams as EntitiesParams
from engram.studies.entities.page import entities_page_files, entities_source
from engram.studies.general.jobs.report import ReportParams
from engram.studies.general.page import general_page_files, general_source
from engram.studies.levels.jobs import LevelsParams
from engram.studies.levels.page import levels_page_files, levels_source
from engram.studies.memory.jobs.evidence import EvidenceParams
from engram.studies.memory.page import memory_page_files, memory_source

__all__ = ["ResultsParams", "number_inputs", "page_inputs", "write_numbers", "write_page"]

Inputs = dict[str, list[Path]]
#: Study -> what it gives to the page, and the files of these tables, claims and figures.
_STUDIES: dict[str, tuple[Callable[..., StudySource], Callable[..., Inputs]]] = {
    "memory": (memory_source, memory_page_files),
    "general": (general_source, general_page_files),
    "entities": (entities_source, entities_page_files),
    "levels": (levels_source, levels_page_files),
}


class ResultsParams(JobParams):
    """What the page and the numbers say besides what stands in tables: names, titles and what there is."""

    memory: EvidenceParams
    general: ReportParams | None
    """Missing where the configuration leaves the study out."""
    entities: EntitiesParams | None
    """Missing where the configuration leaves the study out."""
    levels: LevelsParams | None
    """Missing where no study has chains of levels."""

    @classmethod
    def from_settings(cls, settings: Settings) -> ResultsParams:
        """Pick the fields."""
        levels = LevelsParams.from_settings(settings)
        return cls(
            results=settings.results,
            memory=EvidenceParams.from_settings(settings),
            general=ReportParams.from_settings(settings) if settings.general else None,
            entities=EntitiesParams.from_settings(settings) if settings.entities else None,
            levels=levels if levels.domains else None,
        )

    @property
    def present(self) -> list[str]:
        """The studies of the run."""
        return [name for name in _STUDIES if getattr(self, name) is not None]

    def sources(self, layout: Layout) -> list[StudySource]:
        """Return what each study gives to the page."""
        return [_STUDIES[name][0](getattr(self, name), layout) for name in self.present]

    def files(self, layout: Layout) -> Inputs:
        """Return the studies' tables, claims and figures."""
        studies = [_STUDIES[name][1](getattr(self, name), layout) for name in self.present]
        return {kind: [path for study in studies for path in study[kind]] for kind in studies[0]}


def page_inputs(settings: Settings) -> Inputs:
    """Return what the page is made from, and as ``evidence`` the records and predictions it links to."""
    files = ResultsParams.from_settings(settings).files(Layout.from_settings(settings))
    return files | {"evidence": evidence_files(settings)}


def number_inputs(settings: Settings) -> Inputs:
    """Return the tables and claims that have numbers."""
    files = ResultsParams.from_settings(settings).files(Layout.from_settings(settings))
    return {kind: [path for path in files[kind] if path.suffix == ".csv"] for kind in ("tables", "claims")}


def write_page(evidence: Sequence[str | Path], page: str | Path, params: ResultsParams, kept: Path) -> None:
    """Write the results page from the tables, claims and figures beside it.

    Parameters
    ----------
    evidence
        Records and predictions, which the page links to.
    kept
        The folder that these lie in.

    Raises
    ------
    ReportError
        If a table, claim or figure is missing or damaged.
    RecordError
        If a record is.
    """
    files, made = [Path(path) for path in evidence], Layout(Path(page).parent)
    sources = params.sources(Layout(kept))
    studies = [build_study(source, made, files, kept) for source in sources]
    write_text(page, render_page(Page(params.results, _facts(params, files), studies)))


def write_numbers(path: str | Path, params: ResultsParams) -> None:
    """Write a macro for each number of the tables and claims beside ``path``.

    Raises
    ------
    ReportError
        If a table is missing or damaged, or two numbers would have the same macro.
    """
    made = Layout(Path(path).parent)
    tables = [table for source in params.sources(made) for table in _number_tables(source, made)]
    write_text(path, macros(tables))


def _number_tables(source: StudySource, layout: Layout) -> Iterator[NumberTable]:
    as_written = {"dtype": str, "na_values": []}
    for name in source.tables:
        frame = read_numbers(layout.tables / f"{name}.csv", **as_written)
        yield NumberTable(name, frame, source.keys.get(name, ()))
    frame = read_numbers(layout.tables / f"{source.claims}.csv", **as_written)
    yield NumberTable(source.claims, frame, ("claim", "basis"), ("average", "everywhere"))


def _facts(params: ResultsParams, evidence: list[Path]) -> list[tuple[str, str]]:
    """Say which run this is: its folder, seeds, data, and what its networks were trained with."""
    records = [read_record(path) for path in evidence if path.name == "record.json"]
    used = [
        ", ".join([f"PyTorch {one['torch']}", _hardware(one), one.get("precision", "fp32")])
        for one in (record.environment for record in records)
        if "torch" in one
    ]
    titles = [dataset.title for dataset in params.memory.datasets.values()]
    titles += [dataset.title for dataset in params.general.datasets.values()] if params.general else []
    titles += [text.title for text in params.entities.texts.values()] if params.entities else []
    return [
        ("results", params.results),
        ("seeds", _seeds(params)),
        ("data", ", ".join(dict.fromkeys(titles))),
        ("trained with", "; ".join(dict.fromkeys(used))),
        ("records", f"{len(records):,}"),
    ]


def _seeds(params: ResultsParams) -> str:
    """Return the seeds, such as ``1, 2, 3``, of each study where they differ."""
    seeds = {name: getattr(params, name).seeds for name in params.present if name != "levels"}
    texts = {name: ", ".join(map(str, each)) for name, each in seeds.items()}
    if len({*texts.values()}) == 1:
        return texts["memory"]
    return "; ".join(f"{study}: {text}" for study, text in texts.items())


def _hardware(environment: Mapping[str, str]) -> str:
    """Return the model of what computed, or where an older record does not name it, its kind."""
    model = "gpu" if environment.get("device") == "cuda" else "processor"
    return environment.get(model, environment.get("device", "cpu"))
