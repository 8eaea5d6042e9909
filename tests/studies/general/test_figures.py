"""The general study's figures: the same bytes each time, something on them, only faces that may be shown."""

from __future__ import annotations

import pytest

from engram.config import Settings
from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.evidence.sizes import relative_scores
from engram.studies.general.figure_step import write_general_figure
from engram.studies.general.figures import FIGURES
from engram.studies.general.figures.general_groups import general_groups
from engram.studies.general.figures.general_retrieval import general_retrieval
from engram.studies.general.figures.general_selection import general_selection
from engram.studies.general.figures.general_size import general_size
from engram.studies.general.figures.general_transfer import general_transfer
from engram.studies.general.jobs.report import general_figure_names
from tests.drawings import assert_drawn_alike
from tests.simulated_general import general_settings
from tests.simulated_run import make_settings


def test_names_follow_from_the_settings(general):
    """All figures are made here, none without the study, and some only where they have something to show."""
    assert general_figure_names(general_settings()) == general_figure_names(general.params) == sorted(FIGURES)
    assert general_figure_names(make_settings()) == []
    config = general_settings().model_dump(mode="json")
    config["general"]["fusion"]["sizes"] = []
    for dataset in config["datasets"].values():
        dataset["show_faces"] = False
    names = general_figure_names(Settings.model_validate(config))
    assert set(FIGURES) - set(names) == {"general_retrieval", "general_size"}


@pytest.mark.parametrize("name", FIGURES)
def test_bytes_are_the_same_each_time(name, general, tmp_path):
    """Drawn twice, with the user's own style changed in between, both files are the same and not blank."""
    assert_drawn_alike(lambda stem: write_general_figure(name, general, stem), tmp_path, dark=200)


def test_only_shown_faces_are_drawn(general):
    """A data set whose faces may not be shown stays out, even if the file of neighbours has it."""
    titles = [panel.get_title(loc="left") for panel in general_retrieval(general).axes]
    assert titles == ["Drawn city", "Drawn stills", "Drawn street"]
    config = general_settings().model_dump(mode="json")
    config["datasets"]["street"]["show_faces"] = False
    hidden = collect_general(Settings.model_validate(config), general.params.results)
    assert [panel.get_title(loc="left") for panel in general_retrieval(hidden).axes] == [
        "Drawn city",
        "Drawn stills",
    ]


def test_the_same_subject_is_framed(general):
    """Every query's first neighbour is the same subject here, so each line has a frame at least."""
    panel = general_retrieval(general).axes[0]
    assert len(panel.patches) >= 12


def test_scores_are_relative_to_the_teacher(general):
    """h_G is 100 % of itself; of an error the inverse counts."""
    found = relative_scores(general, "album", ["size_8", "h_g"])
    scores = general.scores["album"]
    own = found.of("h_g")
    assert [own.value, own.low, own.high] == pytest.approx([100] * 3)
    assert found.of("size_8").value == pytest.approx(100 * scores.of("h_g").value / scores.of("size_8").value)
    accuracy = relative_scores(general, "gender", ["size_8"]).of("size_8").value
    scores = general.scores["gender"]
    assert accuracy == pytest.approx(100 * scores.of("size_8").value / scores.of("h_g").value)


def test_the_best_size_of_each_target_is_marked(general):
    """A cross a target, at the size that its record's validation scores choose; no cross on the left."""
    left, right = general_size(general).axes
    crosses = [line for line in right.lines if line.get_marker() == "x"]
    assert len(crosses) == 10
    # Validation finds h_G's size and its neighbours equal: the smallest of them is taken.
    assert {line.get_xdata()[0] for line in crosses} == {16}
    assert not [line for line in left.lines if line.get_marker() == "x"]


def test_better_is_always_to_the_right(general):
    """Axes of errors run backwards."""
    panels = general_transfer(general).axes
    assert len(panels) == 10
    for panel, item in zip(panels, general.targets, strict=True):
        assert panel.xaxis_inverted() == (item.kind in ("regression", "attributes"))


def test_every_subset_is_a_dot(general):
    """Each method's panel has 63 dots and one ring for each target but the one with a choice a subject."""
    for panel in general_selection(general).axes:
        dots = [line for line in panel.lines if len(line.get_xdata()) == 63]
        assert len(dots) == 9
        assert len(panel.lines) == 18


def test_no_groups_are_said_in_words(general, monkeypatch):
    """Where no data set labels groups of subjects, the figure says so."""
    monkeypatch.setattr("engram.studies.general.tables.general_groups.ATTRIBUTES", ())
    assert "No data set" in general_groups(general).texts[0].get_text()
