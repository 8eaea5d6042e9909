"""The smallest run from nothing to every table, and what happens when it is run again."""

import json
import re
import shutil

import pandas as pd
import pytest

from engram.config import load_settings
from engram.core.paths import Layout
from engram.reporting.tables import TABLE_FORMS
from engram.runtime.code_hash import code_hash
from engram.studies.general.jobs.report import (
    general_claim_files,
    general_figure_files,
    general_table_files,
)
from engram.studies.general.plan import EXPORTED
from engram.studies.general.task_plan import general_tasks
from engram.studies.memory.jobs.evidence import figure_names
from engram.studies.memory.tables import TABLES
from tests.conftest import read_config
from tests.workflow.conftest import snakemake
from tests.workflow.contents import leftovers
from tests.workflow.test_dag import planned

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

SMOKE = ("--configfile", "config/smoke.yaml")


def changed_plan(folder, *arguments):
    """Return the jobs that a dry run plans, by rule."""
    return planned(snakemake(folder, "-n", "--quiet", "rules", *SMOKE, *arguments).stdout)


@pytest.fixture
def rerun(smoke_run, tmp_path):
    """Return a copy of the finished run, with its state and times, to change something in."""
    return shutil.copytree(smoke_run, tmp_path / "engram", copy_function=shutil.copy2)


def test_every_table_and_figure_is_made(smoke_run):
    """Tables in four forms, figures in two, claims, cards and contact sheets are there."""
    results = smoke_run / "results/smoke"
    for name in TABLES:
        assert all((results / f"tables/{name}.{form}").stat().st_size for form in TABLE_FORMS)
    for name in figure_names(load_settings(read_config("smoke"))):
        assert all((results / f"figures/{name}.{form}").stat().st_size for form in ("svg", "png"))
    assert "# Which claims hold" in (results / "tables/claims.md").read_text(encoding="utf-8")
    assert (results / "figures/sheets/wild.png").exists()
    assert list((results / "cards").glob("*.md"))
    report = (results / "report.html").read_text(encoding="utf-8")
    assert "memory_integrity" in report
    assert "figures/sheets/wild.png" in report
    # Its first words hold the workflow in one picture.
    assert all(words in report for words in ("memory: train the stages", "solve_target"))


def test_the_general_study_is_whole(smoke_run):
    """Its tables, claims and figures are there, and the student in every form."""
    results, settings = smoke_run / "results/smoke", load_settings(read_config("smoke"))
    layout = Layout.from_settings(settings)
    made = general_table_files(layout) + general_claim_files(layout) + general_figure_files(settings)
    assert all((smoke_run / path).stat().st_size for path in made)
    assert all((results / "export" / name).stat().st_size for name in EXPORTED)
    assert "general_transfer" in (results / "report.html").read_text(encoding="utf-8")


def test_the_transfer_table_has_every_target_by_every_approach(smoke_run):
    """Each target of the configuration has a value for each method of Table 3, and a constant answer."""
    table = pd.read_csv(smoke_run / "results/smoke/tables/general_transfer.csv")
    targets = {
        item.name
        for item in general_tasks(load_settings(read_config("smoke")).general)
        if item.role == "target"
    }
    methods = {
        "constant",
        "cnn",
        "p_cnn",
        "h_g",
        *(f"h_{kind}{end}" for kind in ("mt", "unique", "unic") for end in ("", "_tuned")),
    }
    found = set(zip(table["task"], table["method"], strict=True))
    assert found == {(target, method) for target in targets for method in methods}
    # Two seeds have no interval.
    assert table["value"].notna().all()
    assert table[["low", "high"]].isna().all(axis=None)


def test_the_table_has_its_columns_and_numbers(smoke_run):
    """The integrity table is complete: every trial on what it learnt, with n; two seeds have no interval."""
    table = pd.read_csv(smoke_run / "results/smoke/tables/memory_integrity.csv")
    assert list(table.columns) == [
        *("source", "target", "evaluated_on", "strategy", "fraction", "seeds"),
        *("n", "accuracy", "low", "high", "macro_f1", "published"),
    ]
    # On both sides: BL, four strategies at two fractions, five references at one. TO on the target alone.
    assert len(table) == 2 * (1 + 4 * 2 + 5) + 2
    assert table["accuracy"].between(0, 100).all()
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["published"].isna().all()


def test_nothing_temporary_is_left(smoke_run):
    """No scratch folder, no partial file."""
    assert leftovers(smoke_run) == []


def test_records_name_their_data_code_and_parent(smoke_run):
    """A child's record holds the hashes of its parent, of the code, and of all data that it saw."""
    path = smoke_run / "results/smoke/models/seed1/wild.base/studio.head/record.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["data"].keys() == record["splits"].keys() == {"studio", "wild"}
    assert record["code"] == code_hash(smoke_run / "workflow/scripts/train_stage.py")
    assert len(record["parent"]) == 64


def test_running_again_does_nothing(smoke_run):
    """A finished run is finished."""
    assert "Nothing to be done" in snakemake(smoke_run, *SMOKE).stderr


@pytest.mark.parametrize(
    ("file", "reruns", "spares"),
    [
        (
            "reporting/judging.py",
            {"memory_claims", "general_claims"},
            {"train_stage", "evaluate_models", "memory_tables", "general_tables"},
        ),
        (
            "training/teachers.py",
            {"train_student", "represent_faces", "solve_target"},
            {"train_encoder", "extract_embeddings_size48", "train_stage", "prepare_faces"},
        ),
        ("studies/lineage/evaluation.py", {"evaluate_models"}, {"train_stage", "prepare_faces"}),
        pytest.param(
            *("training/loop.py", {"train_stage"}, {"draw_faces", "prepare_faces", "split_subjects"}),
            marks=pytest.mark.long,
        ),
        pytest.param(
            *("data/splitting.py", {"split_subjects", "train_stage"}, {"draw_faces", "prepare_faces"}),
            marks=pytest.mark.long,
        ),
    ],
)
def test_an_edit_reruns_exactly_what_it_reaches(rerun, file, reruns, spares):
    """An edited module reruns the jobs whose scripts can import it, and no other."""
    with open(rerun / "workflow/engram" / file, "a", encoding="utf-8") as stream:
        stream.write("\n_EDITED = True\n")
    jobs = {
        re.sub(r"_seeds_.*", "", re.sub(r"^train_stage.*", "train_stage", rule))
        for rule in changed_plan(rerun)
    }
    assert reruns <= jobs
    assert not spares & jobs


def test_other_words_in_comments_and_docstrings_rerun_nothing(rerun):
    """Whatever module and script they stand in."""
    for file in [*(rerun / "workflow/engram").rglob("*.py"), *(rerun / "workflow/scripts").glob("*.py")]:
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"""', '"""Another word. ', 1) + "\n# A comment.\n", encoding="utf-8")
    assert "Nothing to be done" in snakemake(rerun, "-n", *SMOKE).stdout


def test_a_new_strategy_trains_its_own_stages_alone(rerun):
    """What is shared with other strategies is not trained again."""
    config = rerun / "config/smoke.yaml"
    text = config.read_text(encoding="utf-8").replace(
        "  recipe:\n",
        "  strategies: [BL, FC, FC+CL, RE, FU, TO, Replay, LwF, EWC, Chain, More]\n"
        "  strategy: {More: {stages: [source.base, target.more]}}\n"
        "  recipe:\n    more: {epochs: 2, replay: 0.5}\n",
        1,
    )
    config.write_text(text, encoding="utf-8")
    training = {rule: count for rule, count in changed_plan(rerun).items() if rule.startswith("train_stage")}
    assert list(training) == ["train_stage_wild.base__more_seeds_1_2"]


def test_a_new_target_reruns_what_depends_on_it_alone(rerun):
    """One more task on a data set in use is solved; nothing is trained, extracted or solved again."""
    config = rerun / "config/smoke.yaml"
    text = config.read_text(encoding="utf-8").replace(
        # Behind the others: the order of the targets decides whose faces figures show.
        "    pain: null\n",
        "    pain: null\n    glasses: {title: Glasses, dataset: city, task: glasses}\n",
    )
    config.write_text(text, encoding="utf-8")
    jobs = changed_plan(rerun)
    assert jobs.pop("solve_target") == 1
    assert {rule.removeprefix("general_") for rule in jobs} <= {
        *("tables", "claims", "figure", "export_student", "results_page", "result_numbers"),
        *("check_targets", "track", "write_report", "all", "total"),
    }
