"""Figures: the same bytes each time, something on them, and only faces that may be shown."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from engram.reporting.plots import styled, two_a_row
from engram.reporting.tables import Table
from engram.studies.lineage.forgetting import forgetting
from engram.studies.memory.collect import collect
from engram.studies.memory.figure_step import write_figure
from engram.studies.memory.figures import FIGURES
from engram.studies.memory.figures._style import colours
from engram.studies.memory.figures.by_transfer import FIGURES_BY_TRANSFER
from engram.studies.memory.figures.by_transfer.confusion import confusion, full_trials
from engram.studies.memory.figures.by_transfer.learning_curves import learning_curves
from engram.studies.memory.figures.by_transfer.mistakes import mistakes, worst_mistakes
from engram.studies.memory.figures.forgetting_curves import forgetting_curves
from engram.studies.memory.figures.forgetting_gain import forgetting_gain
from engram.studies.memory.figures.forgetting_sweep import forgetting_sweep
from engram.studies.memory.figures.integrity import integrity
from engram.studies.memory.figures.memory_trade_off import memory_trade_off
from engram.studies.memory.jobs.evidence import figure_names
from engram.studies.memory.tables import TABLES, load_table
from engram.studies.memory.tables.memory_integrity import integrity_table
from tests.drawings import assert_drawn_alike
from tests.simulated_run import make_settings, write_run

SMALL = [
    "confusion-wild-studio",
    "forgetting_gain",
    "integrity",
    "learning_curves-wild-studio",
    "memory_trade_off",
    "mistakes-wild-studio",
]


def test_names_follow_from_the_settings(settings, small):
    """Some figures are of the study, some of each transfer."""
    assert figure_names(small.settings) == SMALL
    assert len(figure_names(settings)) == 5 + 2 * 3


def test_every_file_makes_what_it_is_named_by():
    """Each module of a figure has a function of its name and a caption, each module of a table a `Table`."""
    figures = FIGURES | FIGURES_BY_TRANSFER
    of_the_study = {"integrity", "memory_trade_off"}
    of_the_study |= {"forgetting_gain", "forgetting_curves", "forgetting_sweep"}
    assert {*figures} == of_the_study | {"confusion", "learning_curves", "mistakes"}
    assert all(callable(entry.load(name)) and entry.summary for name, entry in figures.items())
    assert all(isinstance(load_table(name), Table) and entry.summary for name, entry in TABLES.items())


def test_no_sheet_without_a_licence():
    """Where neither data set's faces may be shown there is no sheet of mistakes."""
    config = make_settings().model_dump(mode="json")
    for name in ("wild", "lab"):
        config["datasets"][name]["show_faces"] = False
    names = figure_names(type(make_settings()).model_validate(config))
    assert "mistakes-wild-lab" not in names
    assert "mistakes-wild-studio" in names


@pytest.mark.parametrize("name", SMALL)
def test_bytes_are_the_same_each_time(name, small, tmp_path):
    """Drawn twice, with the user's own style changed in between, both files are the same and not blank."""
    assert_drawn_alike(lambda stem: write_figure(name, small, stem), tmp_path, dark=128)
    assert "<dc:date>" not in (tmp_path / "first.svg").read_text(encoding="utf-8")


def test_mistakes_are_worst_first(evidence):
    """Worst mistakes are wrong answers of detected faces in falling order of their mean score."""
    predictions = evidence.predictions["studio"]
    found = worst_mistakes(predictions, "wild.base", 10)
    scores = predictions.scores[predictions.index("wild.base")].mean(axis=0)
    assert len(found) == 10
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    for one in found:
        image = list(predictions.rows).index(one.row)
        assert one.truth == predictions.classes[predictions.truth[image]] != one.prediction
        assert one.score == pytest.approx(np.nanmax(scores[image]))


def test_only_shown_faces_are_drawn(evidence):
    """The lab's faces may not be shown: its transfer's sheet has the source's alone."""
    sheet = mistakes(evidence, "wild", "lab")
    assert [block.get_suptitle() for block in sheet.subfigs] == ["surest mistakes on Drawn wild"]


def test_strategies_keep_their_own_colours(evidence):
    """Each strategy has a colour of its own, the baseline black."""
    with styled():
        chosen = colours(evidence)
    assert len(set(chosen.values())) == len(chosen)
    assert chosen["BL"] == "#000000"


def test_an_odd_one_stands_alone_in_the_first_row():
    """Of three pairs the second slot of the first row is left out."""
    figure = Figure()
    pairs = two_a_row(figure.subplots(2, 4), 3)
    places = [
        (pair[0].get_subplotspec().rowspan.start, pair[0].get_subplotspec().colspan.start) for pair in pairs
    ]
    assert places == [(0, 0), (1, 0), (1, 2)]
    assert len(figure.axes) == 6


def test_full_trials(evidence):
    """The baseline and every strategy at 100 %, in the settings' order."""
    trials = full_trials(evidence, "wild", "lab")
    assert [trial.strategy for trial in trials] == evidence.settings.memory.strategies
    assert [trial.fraction for trial in trials] == [0, *[100] * 6]


def test_confusion_rows_sum_to_a_hundred(evidence):
    """Every matrix is normalised by true class, undetected faces included; TO has none on the source."""
    panels = confusion(evidence, "wild", "studio").axes
    assert len(panels) == 2 * 7
    drawn = [panel for panel in panels if panel.images]
    assert [panel.get_title() for panel in panels if not panel.images] == ["TO on Drawn wild"]
    for panel in drawn:
        sums = np.asarray(panel.images[0].get_array()).sum(axis=1)
        assert sums == pytest.approx(np.full(7, 100))


def test_points_are_forgetting_and_gain(evidence):
    """A panel a transfer, a point a trial and the baseline at the origin; TO's gain is a line across."""
    figure = forgetting_gain(evidence)
    assert [panel.get_title() for panel in figure.axes] == [
        "Drawn wild → Drawn studio",
        "Drawn wild → Drawn lab",
    ]
    points = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert len(points) == 1 + 10 + 2
    gains = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    rows = forgetting(evidence).set_index(["target", "strategy"]).loc[("studio", "TO")]
    assert gains == rows["gain"].tolist()
    assert points[0].get_xydata().tolist() == [[0, 0]]


def test_the_trade_off_has_lines_of_equal_mean(evidence):
    """A point a trial at its two accuracies; a dotted line has one mean at both ends; TO is a line across."""
    frame = integrity_table(evidence)
    frame = frame[frame["target"] == "studio"].set_index(["evaluated_on", "strategy", "fraction"])["accuracy"]
    lines = memory_trade_off(evidence).axes[0].lines
    points = [tuple(line.get_xydata()[0]) for line in lines if line.get_linestyle() == "None"]
    for strategy, fraction in (("BL", 0), ("FC", 50), ("FU", 100)):
        assert tuple(frame.loc[[("source", strategy, fraction), ("target", strategy, fraction)]]) in points
    assert len(points) == 1 + 5 * 2 + 2
    means = [line.get_xydata().mean(axis=1) for line in lines if line.get_linestyle() == ":"]
    assert len(means) > 2
    assert all(ends == pytest.approx([round(ends[0], -1)] * 2) for ends in means)
    across = {line.get_ydata()[0] for line in lines if line.get_linestyle() == "--"}
    assert across == {frame["target", "TO", 50], frame["target", "TO", 100]}


def test_integrity_has_a_line_a_trial(evidence):
    """Source and target panels share the labels of strategies and fractions."""
    figure = integrity(evidence)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[:3] == ["BL", "FC 50 %", "FC 100 %"]
    assert len(figure.axes) == 4
    source, target = figure.axes[:2]
    wanted = {labels.index("TO 50 %"), labels.index("TO 100 %")}
    heights = [{line.get_ydata()[0] for line in panel.lines[1:]} for panel in (source, target)]
    assert heights[1] - heights[0] == wanted


def test_learning_curves_have_a_line_a_seed(evidence):
    """Each stage of the transfer, ancestors included, has three lines of each kind."""
    figure = learning_curves(evidence, "wild", "studio")
    titles = [panel.get_title(loc="left") for panel in figure.axes[::2]]
    assert titles[0] == "wild.base"
    assert "portraits.base/wild.base" in titles
    assert len(titles) == len(set(titles)) == 15
    assert (len(figure.axes[0].lines), len(figure.axes[1].lines)) == (6, 3)


def test_forgetting_curves_have_a_thick_line_a_strategy(evidence):
    """Source above target, a column a transfer; three thin lines, dots and a mean a strategy that adapts."""
    panels = forgetting_curves(evidence).axes
    assert [panel.get_title(loc="left") for panel in panels[:2]] == ["source: Drawn wild"] * 2
    assert len(panels) == 4
    means = [line for line in panels[0].lines if line.get_linewidth() == 1.4]
    assert len(means) == 4
    assert len(panels[0].lines) == 4 * (3 + 1 + 1)
    # The models that are adapted know 65 % of the source; the chain's own parent too.
    assert [line.get_ydata()[0] for line in means] == pytest.approx([65] * 4)


def test_the_sweep_has_a_column_a_strategy(evidence):
    """Above a line a number of epochs over learning rates, below a thick line a learning rate over steps."""
    panels = forgetting_sweep(evidence).axes
    assert [panel.get_title(loc="left") for panel in panels[:3]] == ["FC", "RE", "FU"]
    assert [len(panel.containers) for panel in panels] == [2, 2, 1, 0, 0, 0]
    # FU has numbers of epochs of its own, so each column says its own.
    epochs = [[text.get_text() for text in panel.get_legend().get_texts()] for panel in panels[:3]]
    assert epochs[0] == epochs[1] != epochs[2]
    assert [len(each) for each in epochs] == [2, 2, 1]
    thick = [line for line in panels[3].lines if line.get_linewidth() == 1.4]
    assert [line.get_label() for line in thick] == ["0.0001", "0.001"]
    # 240 faces in batches of 64 are four steps an epoch.
    assert all(line.get_xdata()[:3].tolist() == [0, 4, 8] for line in thick)
    assert all(line.get_ydata()[0] == 0 for line in thick)
    # FU adapts no model: its lines begin with its own first epoch.
    merged = [line for line in panels[5].lines if line.get_linewidth() == 1.4]
    assert [line.get_label() for line in merged] == ["0.0001", "0.001"]


@pytest.mark.parametrize("name", ["learning_curves-wild-studio", "forgetting_curves"])
def test_curves_have_a_line_a_fold(name, tmp_path):
    """Figures of records draw the models of all folds."""
    config = make_settings().model_dump(mode="json")
    config["memory"] |= {"transfers": [{"source": "wild", "targets": ["studio"]}], "strategies": ["BL", "FC"]}
    kind, *transfer = name.split("-")
    draw, lines = (FIGURES | FIGURES_BY_TRANSFER)[kind].load(kind), []
    for folds in (None, 2):
        config["datasets"]["studio"]["split"]["folds"] = folds
        settings = type(make_settings()).model_validate(config)
        write_run(settings, tmp_path / f"results{folds}")
        evidence = collect(settings, tmp_path / f"results{folds}")
        lines.append(sum(len(axes.lines) for axes in draw(evidence, *transfer).axes))
    assert lines[1] > lines[0]
