"""Printed figures beside the paper's own data, and what they show of themselves."""

from __future__ import annotations

import numpy as np

from engram.studies.general.printed import read_printed
from engram.studies.general.tables.general_transfer import STATE_OF_THE_ART, transfer_frame
from tests.studies.general.tables.columns import frame_of


def test_stand_ins_have_no_printed_figures(general):
    """Nothing printed stands beside drawn tasks."""
    for name in ("general_transfer", "general_operators", "general_source", "general_reconstruction"):
        assert frame_of(name, general)["published"].isna().all()


def test_the_state_of_the_art_stands_beside_the_papers_own_knowledge(general, published):
    """A printed figure and no value of ours; nothing beside drawn tasks."""
    table = frame_of("general_transfer", published)
    rows = table[table["method"] == STATE_OF_THE_ART].set_index("task")
    assert rows["published"].to_dict() == {"gender": 98.23, "press": 99.87}
    assert rows[["value", "low", "high", "n"]].isna().all(axis=None)
    assert STATE_OF_THE_ART not in set(frame_of("general_transfer", general)["method"])


def test_printed_figures_stand_beside_the_papers_own_knowledge(published):
    """Where a task is the published one, its figures of each table stand beside."""
    transfer = transfer_frame(published).set_index(["task", "method"])["published"]
    assert transfer[("gender", "h_unique_tuned")] == 97.9
    assert transfer[("press", "cnn")] == 98.4
    assert np.isnan(transfer[("gender", "h_unic")])
    operators = frame_of("general_operators", published).set_index(["task", "method"])["published"]
    assert operators[("gender", "bct")] == 97.1
    assert operators[("press", "h_g")] == 99.1
    source = frame_of("general_source", published).set_index(["task", "method"])["published"]
    assert source[("source_object", "h_unique_tuned")] == 56.5
    assert np.isnan(source[("source_object", "h_unique")])
    errors = frame_of("general_reconstruction", published).set_index(["encoder", "operator"])["published"]
    assert errors[("age", "pca")] == 0.23
    assert errors[("average", "mt")] == 0.92
    detected = frame_of("general_detection", published).set_index("dataset")
    assert detected.loc["press", "printed_detected"] == 13233


def test_student_of_table_4_is_the_fine_tuned_one():
    """The printed E_unique has the figures of 'h_unique fine-tuned' wherever Table 3 has them."""
    source = read_printed("source").set_index("knowledge")["E_unique"]
    transfer = read_printed("transfer").set_index(["knowledge", "representation"])["value"]
    tuned = transfer.xs("h_unique fine-tuned", level="representation")
    both = source.index.intersection(tuned.index)
    assert len(both) == 4
    assert (source[both] == tuned[both]).all()


def test_printed_averages_are_no_plain_means():
    """The printed averages of PCA and E_MT differ from the means of the printed six."""
    table = read_printed("reconstruction").set_index("embedding")
    means = table.drop(index="Average").mean()
    assert list(means.index[(means - table.loc["Average"]).abs() > 0.0051]) == ["PCA", "E_MT"]
    assert means["E_MT"].round(2) == 0.88
