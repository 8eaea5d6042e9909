"""The results page and the numbers for LaTeX, made of a simulated run of both studies."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import chdir
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from engram.config.memory import SweepSettings
from engram.core.errors import ReportError
from engram.core.paths import Layout
from engram.publishing.results_page import (
    ResultsParams,
    number_inputs,
    page_inputs,
    write_numbers,
    write_page,
)
from engram.reporting.claims import read_claims
from engram.reporting.questions import read_questions
from engram.studies.entities.tables import TABLES as TEXT_TABLES
from engram.studies.general.evidence.origins import general_origins
from engram.studies.general.figures import FIGURES as GENERAL_FIGURES
from engram.studies.general.tables import TABLES as GENERAL_TABLES
from engram.studies.memory.figures import FIGURES
from engram.studies.memory.figures.by_transfer import FIGURES_BY_TRANSFER
from engram.studies.memory.origins import memory_origins
from engram.studies.memory.tables import TABLES
from tests.conftest import ROOT

_VOID = {"meta", "input", "img", "br", "line", "circle"}


class _Reader(HTMLParser):
    """Collects what a page names, and refuses tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.names: list[str] = []
        self.rows: dict[str, int] = {}
        self._table = ""
        self.feed(text)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag not in _VOID:
            self.opened.append(tag)
        self.links += [named["href"]] if "href" in named else []
        self.sources += [named["src"]] if "src" in named else []
        self.names += [named["id"]] if "id" in named else []
        if named.get("class") == "table":
            self._table = named["id"].removeprefix("table-")
        if tag == "table":
            self.shown = named.get("class") == "sortable"
        if tag == "tr" and self.shown and self._table:
            self.rows[self._table] = self.rows.get(self._table, -1) + 1

    def handle_startendtag(self, tag, attrs):
        assert tag in _VOID

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag
        if tag == "table":
            self._table = ""


@pytest.fixture
def text(layout) -> str:
    return layout.page.read_text(encoding="utf-8")


def test_the_page_needs_nothing_else(text):
    """Pictures stand in it, and no style, script or font is asked for."""
    page = _Reader(text)
    assert page.sources
    assert all(source.startswith("data:image/") for source in page.sources)
    assert not re.search(
        r"url\(|@import|<link|<iframe|fetch\(|https?://(?!www\.w3\.org)", _without_data(text)
    )


def test_every_link_leads_to_a_file_or_a_place_of_the_page(text, layout):
    page = _Reader(text)
    assert len(page.names) == len({*page.names})
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.names
        else:
            assert (layout.root / link).is_file(), link


def test_every_table_is_there_with_all_its_rows(text, layout):
    """Whatever the studies list."""
    rows = _Reader(text).rows
    assert {*rows} == {*TABLES, *GENERAL_TABLES, *TEXT_TABLES}
    for name, count in rows.items():
        assert count == len(pd.read_csv(layout.tables / f"{name}.csv")), name


def test_every_row_leads_to_what_it_came_from(text):
    """No number of a table or of a comparison on our data is without its files."""
    for part in _without_data(text).split('<table class="sortable"')[1:]:
        body = part.split("<tbody>")[1].split("</tbody>")[0]
        for row in body.split("<tr>")[1:]:
            if not re.match(r"<td>(as )?printed", row):
                assert re.search(r'<details class="from">.*<a href="[^"#]+"', row, re.S), row


def test_every_figure_is_shown_once(text, layout):
    """Beside the question that it answers, or among the others."""
    figures = {path.stem for path in layout.figures.glob("*.svg")}
    shown = re.findall(r'<figure id="figure-([^"]+)">', text)
    assert sorted(shown) == sorted(figures)


def test_every_claim_has_its_verdict(text, layout):
    stems = {"memory": "claims", "general": "claims_general", "entities": "claims_entities"}
    for study, stem in stems.items():
        for name in pd.read_csv(layout.tables / f"{stem}.csv")["claim"].unique():
            article = text.split(f'id="claim-{study}-{name}"')[1].split("</article>")[0]
            assert re.search(r'class="chip (holds|does-not-hold|undecided|no-verdict|not-tested)"', article)


def test_a_number_leads_to_its_predictions_and_records(both, layout, text):
    """Of a model, of a data set, of a task's methods, of a search, of an operator."""
    params = ResultsParams.from_settings(both)
    memory, general = memory_origins(params.memory, layout), general_origins(params.general, layout)

    def paths(origins, **row):
        return [path.relative_to(layout.root).as_posix() for path in origins(row)]

    trial = {"source": "wild", "target": "lab", "strategy": "FC", "fraction": 100}
    records = [f"models/seed{seed}/wild.base/lab.head/record.json" for seed in both.seeds]
    assert paths(memory, **trial, evaluated_on="target") == ["evaluations/lab/predictions.parquet", *records]
    both_sides = [f"evaluations/{name}/predictions.parquet" for name in ("wild", "lab")]
    assert paths(memory, **trial) == [*both_sides, *records]
    assert paths(memory, lineage="wild.base", dataset="wild")[1:] == [
        f"models/seed{seed}/wild.base/record.json" for seed in both.seeds
    ]
    assert paths(memory, dataset="lab") == ["data/lab/faces/record.json", "data/lab/split.csv"]
    compared = paths(memory, source="wild", target="lab", left="FC 100 %", right="BL")
    assert {*records, "models/seed1/wild.base/record.json", *both_sides} <= {*compared}
    # What is forgotten is the baseline's accuracy less the model's.
    lost = paths(memory, **trial, forgetting=1.5)
    baseline = [f"models/seed{seed}/wild.base/record.json" for seed in both.seeds]
    assert {*records, *baseline, *both_sides} == {*lost}

    folder = "general/transfer/gender/"
    assert paths(general, task="gender", method="h_g")[0] == f"{folder}frozen/predictions.parquet"
    assert paths(general, task="gender", method="cnn")[1] == f"{folder}cnn/record.json"
    assert paths(general, task="gender", method="bt")[0] == "general/selection/gender/predictions.parquet"
    assert paths(general, task="gender", selector="kernel")[0] == "general/selection/gender/scores.parquet"
    assert (
        paths(general, encoder="identity", operator="pca")[-1]
        == f"general/fusion/pca/seed{both.seeds[-1]}/record.json"
    )
    assert (
        paths(general, encoder="identity", operator="unique")[-1]
        == f"general/students/unique/seed{both.seeds[-1]}/record.json"
    )
    whole = paths(general, method="h_g", total_twice=3.0)
    assert {f"{folder}frozen/record.json", "general/fusion/ae/seed1/record.json"} <= {*whole}
    assert "general/fusion/concat/seed1/record.json" in paths(general, encoder="age", operator="random")
    assert f'href="{records[0]}"' in text


def test_a_point_of_the_sweep_leads_to_its_own_models(both, layout):
    """Not to those of the strategy's own learning rate."""
    sweep = SweepSettings(strategies=["RE"], learning_rates=[0.1, 0.2], epochs=[2])
    memory = both.memory.model_copy(update={"sweep": sweep})
    params = ResultsParams.from_settings(both.model_copy(update={"memory": memory}))
    point = {"source": "wild", "target": "lab", "strategy": "RE", "learning_rate": 0.2, "epochs": 2}
    found = [path.as_posix() for path in memory_origins(params.memory, layout)(point)]
    records = [path for path in found if path.endswith("record.json")]
    assert records
    assert all("_rate0_2_epochs2/record.json" in path for path in records)


def test_the_same_results_give_the_same_bytes(both, layout, tmp_path):
    copy = Layout(tmp_path / "results")
    for folder in ("tables", "figures"):
        shutil.copytree(layout.root / folder, copy.root / folder)
    params = ResultsParams.from_settings(both)
    write_page(page_inputs(both)["evidence"], copy.page, params, layout.root)
    write_numbers(copy.numbers, params)
    assert copy.page.read_bytes() == layout.page.read_bytes()
    assert copy.numbers.read_bytes() == layout.numbers.read_bytes()


def test_a_study_that_is_not_configured_is_absent(both, layout, tmp_path):
    alone = both.model_copy(update={"general": None, "entities": None})
    copy = Layout(tmp_path / "results")
    for folder in ("tables", "figures"):
        shutil.copytree(layout.root / folder, copy.root / folder)
    params = ResultsParams.from_settings(alone)
    write_page(page_inputs(alone)["evidence"], copy.page, params, layout.root)
    write_numbers(copy.numbers, params)
    page = _without_data(copy.page.read_text(encoding="utf-8"))
    numbers = copy.numbers.read_text(encoding="utf-8")
    assert [word for word in ("general", "entities") if word in page] == []
    assert [word for word in ("General", "Entities") if word in numbers] == []


def test_a_missing_table_is_named(both, layout, tmp_path):
    shutil.copytree(layout.tables, tmp_path / "tables")
    (tmp_path / "tables/memory_matrix.csv").unlink()
    with pytest.raises(ReportError, match=r"memory_matrix\.csv.*missing.*Run snakemake again"):
        write_numbers(tmp_path / "numbers.tex", ResultsParams.from_settings(both))


def test_the_numbers_are_those_of_the_tables(layout):
    """Every value, end of an interval and n; a cell that is empty has no macro."""
    macros = dict(
        re.findall(r"^\\newcommand\{\\(engram[A-Za-z]+)\}\{(.*)\}$", layout.numbers.read_text(), re.M)
    )
    frame = pd.read_csv(layout.tables / "memory_integrity.csv", dtype=str)
    words = {"100": "OneHundred", "0": "Zero"}
    for row in frame.to_dict("records"):
        keys = [row["source"], row["target"], row["evaluated_on"], row["strategy"]]
        stem = (
            "engramMemoryIntegrity"
            + "".join(key[0].upper() + key[1:] for key in keys)
            + words[row["fraction"]]
        )
        for column, ending in [("accuracy", "Accuracy"), ("low", "Low"), ("high", "High"), ("n", "N")]:
            assert macros[stem + ending] == row[column]
        assert stem + "Published" not in macros
    assert macros["engramGeneralTransferGenderHGValue"]
    count = sum(
        pd.read_csv(path)[[*_columns_of_numbers(path)]].notna().sum().sum()
        for path in layout.tables.glob("*.csv")
        if not path.stem.endswith("_comparisons")
    )
    assert len([name for name in macros if not name.endswith(("Average", "Everywhere"))]) == count


def _columns_of_numbers(path: Path) -> list[str]:
    frame, known = pd.read_csv(path), TABLES | GENERAL_TABLES | TEXT_TABLES
    keys = known[path.stem].load("TABLE").keys if path.stem in known else ()
    return [name for name in frame.select_dtypes("number") if name not in keys]


def test_latex_reads_the_numbers(layout, tmp_path):
    """A document that cites two of them compiles."""
    program = next(filter(shutil.which, ("pdflatex", "lualatex", "xelatex", "tectonic")), None)
    if program is None:
        pytest.skip("no LaTeX is installed here (pdflatex, lualatex, xelatex or tectonic)")
    shutil.copy(layout.numbers, tmp_path / "numbers.tex")
    document = (
        "\\documentclass{article}\\input{numbers}\\begin{document}"
        "\\engramMemoryIntegrityWildLabTargetFCOneHundredAccuracy, \\engramGeneralTransferGenderHGValue"
        "\\end{document}"
    )
    (tmp_path / "paper.tex").write_text(document)
    more = [] if program == "tectonic" else ["-interaction=nonstopmode", "-halt-on-error"]
    done = subprocess.run(
        [program, *more, "paper.tex"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("study", "tables", "figures"),
    [("memory", TABLES, FIGURES | FIGURES_BY_TRANSFER), ("general", GENERAL_TABLES, GENERAL_FIGURES)],
)
def test_questions_name_what_the_study_has(study, tables, figures):
    """And no claim answers two of them; one that answers none stands below them."""
    folder = ROOT / "workflow/engram/studies" / study
    asked = read_questions(folder / "questions.yaml").questions
    named = [name for question in asked for name in question.claims]
    assert len(named) == len({*named})
    assert {*named} <= {claim.id for claim in read_claims(folder / "claims.yaml").claims}
    assert {name for question in asked for name in question.tables} <= {*tables}
    assert {name for question in asked for name in question.figures} <= {*figures}


def test_rules_read_what_the_page_shows(both, finished):
    """No table, claim or figure is read that the rule does not name."""
    with chdir(finished):
        named = {path for files in page_inputs(both).values() for path in files}
        assert all(path.is_file() for path in named)
        assert {path for files in number_inputs(both).values() for path in files} <= named


def _without_data(text: str) -> str:
    return re.sub(r"data:image/[^\"]*", "", text)
