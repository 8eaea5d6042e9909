"""Figures of the study of named entities: the same bytes each time, and only sentences that may be shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from engram.config import load_settings
from engram.reporting.plots import PAGE, styled
from engram.statistics.spans import ERRORS, Fate
from engram.studies.entities.figure_step import write_entities_figure
from engram.studies.entities.figures import FIGURES
from engram.studies.entities.figures._style import draw_legend
from engram.studies.entities.figures.entities_effects import entities_effects
from engram.studies.entities.figures.entities_tagged import (
    COLOURS,
    Tagged,
    draw_sentence,
    entities_tagged,
)
from engram.studies.entities.jobs.evidence import entities_figure_names
from engram.studies.entities.tables.entities_effects import effects_table
from tests.conftest import read_config
from tests.drawings import assert_drawn_alike
from tests.simulated_entities import entities_settings


def test_every_file_makes_what_it_is_named_by():
    """Each module of a figure has a function of its name and a caption."""
    assert all(callable(entry.load(name)) and entry.summary for name, entry in FIGURES.items())


def test_names_follow_from_the_settings():
    """No matrix without pairs, no fractions of one, no sentences where no licence allows them."""
    assert entities_figure_names(entities_settings()) == sorted(FIGURES)
    config = entities_settings().model_dump(mode="json")
    config["entities"] |= {"effects": None, "fractions": [100]}
    for strategy in config["entities"]["strategy"].values():
        strategy["fractions"] = None
    for text in config["texts"].values():
        text["show_text"] = False
    names = entities_figure_names(type(entities_settings()).model_validate(config))
    assert names == ["entities_curves", "entities_levels"]


@pytest.mark.parametrize("name", FIGURES)
def test_bytes_are_the_same_each_time(name, entities, tmp_path):
    """Drawn twice, with the user's own style changed in between, both files are the same and not blank."""
    assert_drawn_alike(lambda stem: write_entities_figure(name, entities, stem), tmp_path, dark=128)


def test_a_legend_of_many_strategies_lies_on_the_page():
    """Those of the demonstration, which are the most."""
    settings = load_settings(read_config("default"))
    with styled():
        figure = Figure(figsize=(PAGE, 3))
        figure.subplots()
        draw_legend(figure, SimpleNamespace(study=settings.entities), settings.entities.strategies)
        FigureCanvasAgg(figure).draw()
    place = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= place.x0 < place.x1 <= figure.bbox.x1


def test_the_matrix_shows_every_effect(entities):
    """A number a pair, in each of two panels."""
    panels = entities_effects(entities).axes[:2]
    frame = effects_table(entities)
    assert [len(panel.texts) for panel in panels] == [len(frame) // 2] * 2


def test_only_shown_sentences_are_drawn(entities):
    """The licence of the chemicals allows none; every kind of error has a colour of its own."""
    words = [text.get_text() for text in entities_tagged(entities).axes[0].texts]
    assert "Drawn diseases" in words
    assert "Drawn chemicals" not in words
    assert {*COLOURS} == {"right", *ERRORS}
    assert len({fill for fill, _ in COLOURS.values()}) == len(COLOURS)


def test_types_below_the_words_do_not_overlap():
    """That of a wrong boundary, which names the true entity, is longer than its words."""
    words = ["Treatment", "of", "Gepral", "syndrome", "(", "GPS", ")", "is", "difficult", "."]
    fates = [
        Fate("boundary", ("Disease", 2, 4), ("Disease", 3, 4)),
        Fate("missed", ("Disease", 5, 6), None),
    ]
    figure = Figure(figsize=(PAGE, 1), layout="none")
    panel = figure.add_axes((0, 0, 1, 1), xlim=(0, PAGE), ylim=(1, 0))
    draw_sentence(panel, Tagged("ST", words, fates, 0.1), 0.3)
    FigureCanvasAgg(figure).draw()
    first, second = (text for text in panel.texts if text.get_text().startswith("Disease"))
    above, below = first.get_window_extent(), second.get_window_extent()
    assert above.x1 > below.x0
    # Each is as high as its letters are large.
    assert (above.y0 + above.y1 - below.y0 - below.y1) / 2 >= first.get_fontsize() / 72 * figure.dpi
