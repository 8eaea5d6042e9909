"""Reconstruction, operators, sources, tasks and times."""

from __future__ import annotations

import pytest

from engram.core.errors import RecordError
from engram.core.records import read_record, write_record
from engram.studies.general.evidence.times import times_table
from tests.simulated_general import RMSE, layout_of
from tests.studies.general.tables.columns import frame_of


def test_reconstruction_is_known(general):
    """Each operator has the error that it was simulated with, for each encoder and on average."""
    table = frame_of("general_reconstruction", general)
    assert list(table["encoder"].unique())[-1] == "average"
    for row in table.itertuples(index=False):
        name = f"E_{row.operator}" if row.operator in ("mt", "unique", "unic") else row.operator
        assert row.value == pytest.approx(RMSE[name])
        assert row.low <= row.value <= row.high
    assert set(table["operator"]) == {
        *("pca", "ae", "vae", "dae", "ae_balanced", "mt", "unique", "unic", "random"),
    }


def test_operators_and_sources_have_their_methods(general):
    """Table 6 has five operators and an ablation, Table 4 the original beside teacher and student."""
    assert list(frame_of("general_operators", general)["method"].unique()) == [
        "constant",
        "concat",
        "pca",
        "h_g",
        "h_g_balanced",
        "bt",
        "bct",
    ]
    source = frame_of("general_source", general)
    assert list(source["method"].unique()) == ["constant", "original", "h_g", "h_unique", "h_unique_tuned"]
    assert list(source["task"].unique())[2] == "source_object"


def test_knowledge_names_sources_targets_and_the_unlabelled(general):
    """Table 1 has six sources with their encoders, ten targets, and the unlabelled faces."""
    table = frame_of("general_tasks", general)
    assert table["role"].value_counts().to_dict() == {"target": 10, "source": 6, "unsupervised": 1}
    first = table.iloc[0]
    assert first[["label", "dataset", "embedding", "parameters"]].tolist() == ["expression", "wild", 16, 1000]
    assert table.set_index("task").loc["press", "protocol"] == "pairs"


def test_times_are_summed_from_records(general):
    """A student costs fusion and distillation once, and a tenth of the seeds' fine-tuning each target.

    Six encoders embed D_unsup and seven data sets of targets in half a second each, for who needs it; P-CNN
    pays for the choice of its encoder.
    """
    table = times_table(general).set_index("method")
    growth = pytest.approx(243 / 183)
    assert table.loc["h_unique_tuned"].tolist() == [10, 20 + 100 + 3, 60, 3, 183, 243, growth]
    assert table.loc["bct"].tolist() == [10, 0, 700 + 21, 21, 721, 1442, 2]
    assert table.loc["cnn", "total"] == 150
    assert table.loc["p_cnn", "total"] == 60 + 70 + 21
    assert table.loc["h_g"].tolist() == [10, 20 + 3, 10 + 21, 24, 54, 85, pytest.approx(85 / 54)]


def test_a_record_without_its_time_is_refused(published):
    """A record that lacks the training time is named."""
    path = layout_of(published).student("unique", 1) / "record.json"
    record = read_record(path)
    write_record(path, record.model_copy(update={"timings": {}}))
    with pytest.raises(RecordError, match="lack 'train'"):
        times_table(published)
    write_record(path, record)
