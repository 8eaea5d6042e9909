"""What the jobs of tables, claims and figures read and depend on."""

from __future__ import annotations

import pandas as pd
import pytest

from engram.config import Settings
from engram.core.errors import ConfigurationError
from engram.studies.general.claims import judge_claims
from engram.studies.general.figure_step import draw_figure
from engram.studies.general.jobs.report import (
    ClaimsParams,
    FigureParams,
    TablesParams,
    claims_job,
    figure_job,
    tables_job,
)
from engram.studies.general.tables_step import write_tables
from tests.simulated_general import general_settings
from tests.simulated_run import make_settings

DATASET, TARGET, ENCODER = (
    ("datasets", "city"),
    ("general", "targets", "gender"),
    ("general", "encoders", "age"),
)
#: A setting, another value, and the jobs that depend on it besides what the inputs say.
CHANGES = [
    ((*DATASET, "title"), "Somewhere", {"tables", "claims", "figure"}),
    ((*DATASET, "published"), "UTKFace", {"tables"}),
    ((*DATASET, "show_faces"), False, {"figure"}),
    ((*TARGET, "title"), "Women and men", {"tables", "claims", "figure"}),
    ((*TARGET, "published"), "Gender-UTK", {"tables", "claims", "figure"}),
    ((*ENCODER, "published"), "AgeR-FG", {"tables", "claims", "figure"}),
    (("evidence", "margin"), 3.0, {"tables", "claims", "figure"}),
    ((*ENCODER, "training", "epochs"), 7, set()),
    (("general", "student", "width"), 8, set()),
    (("general", "head", "hidden"), 8, set()),
    (("general", "fusion", "noise"), 0.5, set()),
    (("compute", "device"), "cpu", set()),
    (("publishing", "experiment"), "other", set()),
]


def described(settings: Settings) -> dict[str, dict]:
    """Return the parameters of each kind of job, as a rule has them."""
    params = {
        "tables": TablesParams.from_settings(settings),
        "claims": ClaimsParams.from_settings(settings),
        "figure": FigureParams.from_settings(settings, figure="general_transfer"),
    }
    return {name: each.model_dump(mode="json") for name, each in params.items()}


@pytest.mark.parametrize(
    ("place", "value", "expected"), CHANGES, ids=lambda value: None if isinstance(value, set) else str(value)
)
def test_a_setting_reruns_what_depends_on_it(place, value, expected):
    """Parameters change with what is shown, and not with what only training depends on."""
    config = general_settings().model_dump(mode="json")
    before = described(Settings.model_validate(config))
    part = config
    for name in place[:-1]:
        part = part[name]
    assert part[place[-1]] != value
    part[place[-1]] = value
    after = described(Settings.model_validate(config))
    assert {name for name in before if before[name] != after[name]} == expected


def test_parameters_come_back_whole():
    """What a rule passes to its job as plain values is read again without loss."""
    for kind, values in zip(
        (TablesParams, ClaimsParams), described(general_settings()).values(), strict=False
    ):
        assert kind.model_validate(values).model_dump(mode="json") == values


def test_the_jobs_need_their_inputs_alone(general, tmp_path):
    """Each step makes its outputs from its rule's inputs; no other file of the results is named."""
    settings = general_settings(results=general.params.results)
    inputs, _, params = tables_job(settings).fill()
    _, outputs, _ = tables_job(general_settings(results=str(tmp_path))).fill()
    write_tables(inputs, outputs, params)
    assert all(path.stat().st_size for paths in vars(outputs).values() for path in paths)
    inputs, _, params = claims_job(settings).fill()
    _, outputs, _ = claims_job(general_settings(results=str(tmp_path))).fill()
    judge_claims(inputs, outputs, params)
    assert len(pd.read_csv(outputs.summary)) == 34
    for figure in ("general_retrieval", "general_time"):
        inputs, _, params = figure_job(settings).fill(figure=figure)
        assert bool(inputs.faces) == (figure == "general_retrieval")
        _, outputs, _ = figure_job(general_settings(results=str(tmp_path))).fill(figure=figure)
        draw_figure(inputs, outputs, params)
        assert outputs.svg.stat().st_size
        assert outputs.png.stat().st_size


def test_without_the_study_there_are_no_parameters():
    """A configuration of the memory study alone says so."""
    with pytest.raises(ConfigurationError, match="'general' is missing"):
        TablesParams.from_settings(make_settings())
