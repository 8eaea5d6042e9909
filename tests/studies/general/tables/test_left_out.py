"""Tasks and studies that are left out."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.core.errors import ConfigurationError
from engram.core.paths import Layout
from engram.core.records import read_record, write_record
from engram.studies.general.claims import write_general_claims
from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.evidence.times import times_table
from engram.studies.general.figures import FIGURES
from engram.studies.general.jobs.report import general_figure_names
from engram.studies.general.plan import prediction_folders
from engram.studies.general.tables.general_transfer import transfer_frame
from engram.studies.general.tables_step import write_general_tables
from engram.studies.general.targets.left_out_words import LEFT_OUT
from engram.studies.general.task_plan import general_tasks
from tests.simulated_general import general_settings, write_general_run
from tests.simulated_run import make_settings


def test_evidence_without_the_study_is_refused(tmp_path):
    """A configuration without the general study has no evidence of it."""
    with pytest.raises(ConfigurationError, match="'general' is missing"):
        _ = collect_general(make_settings(), tmp_path).targets


def test_a_task_that_was_left_out_has_a_line_and_a_reason(general, tmp_path):
    """The other tasks keep their numbers; the table says what is not there, and why."""
    evidence = left_out_run(tmp_path, "gender", "task 'gender': its test subset has 3 subjects.")
    assert evidence.left_out == {"gender": "task 'gender': its test subset has 3 subjects."}
    before = transfer_frame(general).set_index(["task", "method"])["value"]
    after = transfer_frame(evidence).set_index(["task", "method"])["value"]
    pd.testing.assert_series_equal(after, before.drop("gender", level=0))
    write_general_tables(evidence, tmp_path / "tables")
    for name in ("general_transfer", "general_operators"):
        text = (tmp_path / "tables" / f"{name}.md").read_text(encoding="utf-8")
        assert "| Gender | left out | – |" in text
        assert "Left out: Gender. The reason: task 'gender': its test subset has 3 subjects." in text
    assert times_table(evidence)["targets"].unique().tolist() == [9]
    write_general_claims(evidence, tmp_path / "tables")
    for name in general_figure_names(evidence.params):
        FIGURES[name].load(name)(evidence)


def left_out_run(folder, name, reason):
    """Return the evidence of a simulated run in which one task could not be solved."""
    settings = general_settings()
    write_general_run(settings, folder / "results")
    layout = Layout(folder / "results")
    (item,) = (item for item in general_tasks(settings.general) if item.name == name)
    folders = [layout.transfer(name, each) for each in prediction_folders(settings.general, item)]
    for each in [*folders, layout.selection(name)]:
        record = read_record(each / "record.json")
        write_record(each / "record.json", record.model_copy(update={"settings": {LEFT_OUT: reason}}))
        frame = pd.read_parquet(each / "predictions.parquet")
        frame.iloc[:0].to_parquet(each / "predictions.parquet", index=False)
    return collect_general(settings, folder / "results")
