"""What the study of named entities gives to the results page and to publishing."""

from __future__ import annotations

from pathlib import Path

import pytest

from engram.core.paths import Layout
from engram.reporting.numbers import NumberTable, macros
from engram.reporting.page_study import build_study, read_numbers
from engram.studies.entities.claims import write_entities_claims
from engram.studies.entities.figure_step import write_entities_figure
from engram.studies.entities.jobs.evidence import entities_figure_names
from engram.studies.entities.page import entities_page_files, entities_source
from engram.studies.entities.tables import TABLES, load_table
from engram.studies.entities.tables_step import write_all_tables


@pytest.fixture(scope="module")
def made(entities, tmp_path_factory) -> Layout:
    """Return where the tables, claims and figures of the simulated run lie."""
    layout = Layout(tmp_path_factory.mktemp("made") / "results")
    write_all_tables(entities, layout.tables)
    write_entities_claims(entities, layout.tables)
    for name in entities_figure_names(entities.settings):
        write_entities_figure(name, entities, layout.figures / name)
    return layout


def test_the_page_shows_every_table_figure_and_claim(entities, made):
    """Its files are those that are made, and each number links to files that are there."""
    files = entities_page_files(entities.settings, made)
    assert all(path.is_file() for paths in files.values() for path in paths)
    evidence = [Path(path) for name in ("predictions", "records") for path in vars(entities.files)[name]]
    study = build_study(
        entities_source(entities.settings, entities.layout), made, evidence, entities.layout.root
    )
    assert study.name == "entities"


@pytest.mark.parametrize("name", ["entities_transfer", "entities_effects", "entities_selection"])
def test_numbers_come_from_files_of_the_run(name, entities):
    """Each row of a table of models has records and predictions, all of which are there."""
    origins = entities_source(entities.settings, entities.layout).origins
    for row in load_table(name).frame(entities).to_dict("records"):
        found = origins(row)
        assert {path.name for path in found} == {"record.json", "predictions.parquet"}
        assert all(path.is_file() for path in found)


def test_every_number_has_a_macro_of_its_own(made):
    """No two numbers of the tables would have the same name in LaTeX."""
    keys = {name: load_table(name).keys for name in TABLES}
    as_written = {"dtype": str, "na_values": []}
    tables = [
        NumberTable(name, read_numbers(made.tables / f"{name}.csv", **as_written), keys[name])
        for name in TABLES
    ]
    assert macros(tables).count("newcommand") > 1000


def test_what_is_published_holds_no_words_but_shown_ones(entities):
    """Of the facts of a text that may not be shown, none is a word of it."""
    shown = entities.shown
    assert shown["chemicals"] == {}
    assert shown["diseases"]
