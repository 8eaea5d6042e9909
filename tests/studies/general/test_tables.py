"""The general study's tables: their columns, known numbers, and what stands beside and beneath."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engram.config import Settings
from engram.core.errors import ConfigurationError, PredictionsError, RecordError
from engram.core.paths import Layout
from engram.core.records import read_record, write_record
from engram.reporting.tables import bracketed
from engram.studies.general.claims import write_general_claims
from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.evidence.times import times_table
from engram.studies.general.figures import FIGURES
from engram.studies.general.jobs.report import general_figure_names
from engram.studies.general.plan import general_tasks, prediction_folders
from engram.studies.general.printed import read_printed
from engram.studies.general.tables import TABLES
from engram.studies.general.tables.general_groups import groups_frame
from engram.studies.general.tables.general_selection import EVERYWHERE, rankings, selection_frame
from engram.studies.general.tables.general_transfer import STATE_OF_THE_ART, transfer_frame
from engram.studies.general.tables_step import write_general_tables
from engram.studies.general.targets.left_out_words import LEFT_OUT
from tests.simulated_answers import FACES, PAIRS, SUBJECTS
from tests.simulated_general import RMSE, general_settings, layout_of, write_general_run
from tests.simulated_run import make_settings

LONG = [
    *["knowledge", "dataset", "task", "metric", "approach", "seeds", "n", "subjects"],
    *["value", "low", "high", "published"],
]
COLUMNS = {
    "general_transfer": LONG,
    "general_operators": LONG,
    "general_source": LONG,
    "general_reconstruction": [
        *["encoder", "task", "operator", "seeds", "n", "subjects", "value", "low", "high", "published"]
    ],
    "general_size": [
        *["row", "size", "layers", "seeds", "rmse", "rmse_low", "rmse_high"],
        *["score", "score_low", "score_high", "best_for"],
        *["correlation", "correlation_low", "correlation_high"],
    ],
    "general_time": [
        *["approach", "targets", "unsupervised", "target", "extraction", "total", "total_twice", "growth"]
    ],
    "general_selection": [
        *["knowledge", "method", "subsets", "seconds", "spearman", "same", "choice", "regret"],
        *["test", "test_brute_force"],
    ],
    "general_groups": [
        *["knowledge", "dataset", "task", "metric", "approach", "attribute", "group"],
        *["seeds", "n", "subjects", "value", "low", "high"],
        *["gap", "gap_low", "gap_high", "change", "change_low", "change_high"],
    ],
}


def frame_of(name, evidence):
    """Return the numbers of a table."""
    return TABLES[name].load("TABLE").frame(evidence)


def write_table(name, evidence, stem):
    """Write a table in all of its forms."""
    TABLES[name].load("TABLE").write(evidence, stem)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return a run whose targets and encoders are some of the paper's own."""
    config = general_settings(seeds=[1]).model_dump(mode="json")
    config["general"]["targets"] = {
        name: config["general"]["targets"][name] | {"published": title}
        for name, title in (("gender", "Gender-UTK"), ("press", "Identity-LFW"))
    }
    names = [
        "Expr-AffectNet",
        "Identity-LFW",
        "Object-TinyImageNet",
        "AgeR-FG",
        "Attrib-CelebA",
        "Gender-UTK",
    ]
    for name, title in zip(config["general"]["encoders"], names, strict=True):
        config["general"]["encoders"][name]["published"] = title
    config["datasets"]["press"]["published"] = "LFW"
    settings = Settings.model_validate(config)
    folder = tmp_path_factory.mktemp("published") / "results"
    write_general_run(settings, folder)
    return collect_general(settings, folder)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_exact(name, general):
    """The columns are those that other rooms read, in their order."""
    assert list(frame_of(name, general)) == COLUMNS[name]


@pytest.mark.parametrize("name", TABLES)
def test_keys_name_each_row_once(name, general):
    """A reader, and a macro of LaTeX, can ask for one number."""
    table = TABLES[name].load("TABLE")
    frame = table.frame(general)
    assert table.keys
    assert not frame.duplicated([*table.keys]).any()


def test_every_table_has_a_caption():
    """The report shows the first paragraph of each module's docstring."""
    assert len(TABLES) == 11
    assert all(table.summary.endswith(".") for table in TABLES.values())


def test_values_are_plain_means(general):
    """Each kind of metric is what a plain loop over its predictions gives."""
    table = transfer_frame(general).set_index(["knowledge", "approach"])
    assert len(table) == 10 * 9
    for name, expected in (
        ("gender", lambda frame: 100 * (frame["prediction"] == frame["truth"]).mean()),
        ("press", lambda frame: 100 * (frame["prediction"] == frame["truth"]).mean()),
        ("album", lambda frame: (frame["prediction"] - frame["truth"]).abs().mean()),
    ):
        frame = pd.read_parquet(layout_of(general).transfer(name, "cnn") / "predictions.parquet")
        row = table.loc[(name, "cnn")]
        assert row["value"] == pytest.approx(expected(frame))
        assert row["low"] < row["value"] < row["high"]
    assert table.loc[("press", "cnn"), ["n", "subjects", "seeds"]].tolist() == [PAIRS, 10, 3]
    assert table.loc[("album", "cnn"), ["n", "subjects", "seeds"]].tolist() == [SUBJECTS * FACES, SUBJECTS, 3]


def test_error_rate_is_a_plain_loop(general):
    """The error rate is the mean over faces of the fraction of wrong among labelled attributes."""
    frame = pd.read_parquet(layout_of(general).transfer("marks", "cnn") / "predictions.parquet")
    fractions = []
    for row in frame.to_dict("records"):
        wrong = [
            row[f"prediction_{name}"] != row[f"truth_{name}"]
            for name in ("beard", "hat", "smile")
            if not np.isnan(row[f"truth_{name}"])
        ]
        fractions.append(100 * sum(wrong) / len(wrong))
    table = transfer_frame(general).set_index(["knowledge", "approach"])
    assert table.loc[("marks", "cnn"), "value"] == pytest.approx(np.mean(fractions))


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
    assert list(frame_of("general_operators", general)["approach"].unique()) == [
        "concat",
        "pca",
        "h_g",
        "h_g_balanced",
        "bt",
        "bct",
    ]
    source = frame_of("general_source", general)
    assert list(source["approach"].unique()) == ["original", "h_g", "h_unique", "h_unique_tuned"]
    assert list(source["knowledge"].unique())[2] == "source_object"


def test_stand_ins_have_no_printed_figures(general):
    """Nothing printed stands beside drawn knowledge."""
    for name in ("general_transfer", "general_operators", "general_source", "general_reconstruction"):
        assert frame_of(name, general)["published"].isna().all()


def test_the_state_of_the_art_stands_beside_the_papers_own_knowledge(general, published):
    """A printed figure and no value of ours; nothing beside drawn knowledge."""
    table = frame_of("general_transfer", published)
    rows = table[table["approach"] == STATE_OF_THE_ART].set_index("knowledge")
    assert rows["published"].to_dict() == {"gender": 98.23, "press": 99.87}
    assert rows[["value", "low", "high", "n"]].isna().all(axis=None)
    assert STATE_OF_THE_ART not in set(frame_of("general_transfer", general)["approach"])


def test_parameters_are_noted(general):
    """Six encoders of 1,000 and the fusing one of 500 against a student of 130."""
    view = TABLES["general_transfer"].load("TABLE").view
    notes = " ".join(view(frame_of("general_transfer", general), general).notes)
    assert "50.0 times as many" in notes


def test_printed_figures_stand_beside_the_papers_own_knowledge(published):
    """Where knowledge is the published one, its figures of each table stand beside."""
    transfer = transfer_frame(published).set_index(["knowledge", "approach"])["published"]
    assert transfer[("gender", "h_unique_tuned")] == 97.9
    assert transfer[("press", "cnn")] == 98.4
    assert np.isnan(transfer[("gender", "h_unic")])
    operators = frame_of("general_operators", published).set_index(["knowledge", "approach"])["published"]
    assert operators[("gender", "bct")] == 97.1
    assert operators[("press", "h_g")] == 99.1
    source = frame_of("general_source", published).set_index(["knowledge", "approach"])["published"]
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


def test_selection_is_held_against_brute_force(general):
    """Brute force agrees with itself, a noisier method less, and a few subsets have no correlation."""
    table = selection_frame(general).set_index(["knowledge", "method"])
    together = table.loc[EVERYWHERE]
    assert together.loc["networks", ["spearman", "same", "regret", "seconds"]].tolist() == [1, 9, 0, 630]
    assert (
        together["spearman"]["kernel"] > together["spearman"]["logme"] > together["spearman"]["h_score"] > 0
    )
    assert np.isnan(together["spearman"]["kernel_top"])
    assert together["subsets"]["kernel_top"] == 5
    assert (table["regret"] >= 0).all()
    networks = general.selection["gender"].query("method == 'networks'").set_index("subset")
    row = table.loc[("gender", "h_score")]
    assert row["test"] == pytest.approx(networks["test"][row["choice"]])
    best, chosen = networks["validation"].max(), networks["validation"][row["choice"]]
    assert row["regret"] == pytest.approx(100 * (best - chosen) / best)


def test_selection_without_brute_force_is_refused(general):
    """Other methods alone have nothing to be measured by."""
    scores = general.selection["gender"]
    with pytest.raises(PredictionsError, match="lack the method 'networks'"):
        rankings(scores[scores["method"] == "kernel"])


def test_groups_add_up(general):
    """The groups of an attribute hold all faces, and their weighted mean is the value of all faces."""
    table = groups_frame(general)
    assert "press" not in set(table["knowledge"])
    overall = transfer_frame(general).set_index(["knowledge", "approach"])["value"]
    for (name, attribute, method), part in table.groupby(["knowledge", "attribute", "approach"]):
        assert part["n"].sum() == SUBJECTS * FACES, attribute
        assert np.average(part["value"], weights=part["n"]) == pytest.approx(overall[(name, method)])


def test_gaps_are_to_all_others(general):
    """A group's value minus that of the rest, negative where it is served worse; two groups mirror."""
    table = groups_frame(general)
    keys = ["knowledge", "attribute", "approach"]
    for (name, attribute, method), part in table.groupby(keys):
        better = -1 if part["metric"].iloc[0] in ("MAE", "error rate") else 1
        for row in part.itertuples():
            others = part[part["group"] != row.group]
            rest = np.average(others["value"], weights=others["n"])
            assert row.gap == pytest.approx(better * (row.value - rest)), (name, attribute, method)
        if len(part) == 2:
            assert part["gap"].sum() == pytest.approx(0)
    rows = table.set_index([*keys, "group"]).sort_index()
    change = rows["gap"].xs("h_unique_tuned", level=2) - rows["gap"].xs("h_g", level=2)
    found = rows["change"].xs("h_unique_tuned", level=2)
    pd.testing.assert_series_equal(change, found, check_names=False)
    assert rows["change"].xs("h_g", level=2).isna().all()


def test_a_group_of_few_subjects_has_a_gap_without_an_interval(tmp_path):
    """Six women and six men have intervals, three children have none; the paired one is the tighter."""
    settings = general_settings(seeds=[1, 2, 3])
    write_general_run(settings, tmp_path)
    table = groups_frame(collect_general(settings, tmp_path)).set_index(["attribute", "subjects"])
    assert table.loc[("gender", 6), "gap_low"].notna().all()
    assert table.loc[("age_group", 3), "gap_low"].isna().all()
    assert table.loc[("age_group", 3), "gap"].notna().all()
    row = table.loc[("gender", 6)].query("approach == 'h_unique_tuned'").iloc[0]
    assert row["gap_low"] < row["gap"] < row["gap_high"]
    assert row["change_low"] < row["change"] < row["change_high"]


def test_knowledge_names_sources_targets_and_the_unlabelled(general):
    """Table 1 has six sources with their encoders, ten targets, and the unlabelled faces."""
    table = frame_of("general_knowledge", general)
    assert table["role"].value_counts().to_dict() == {"target": 10, "source": 6, "unsupervised": 1}
    first = table.iloc[0]
    assert first[["task", "dataset", "embedding", "parameters"]].tolist() == ["expression", "wild", 16, 1000]
    assert table.set_index("knowledge").loc["press", "protocol"] == "pairs"


def test_times_are_summed_from_records(general):
    """A student costs fusion and distillation once, and a tenth of the seeds' fine-tuning each target.

    Six encoders embed D_unsup and seven data sets of targets in half a second each, for who needs it; P-CNN
    pays for the choice of its encoder.
    """
    table = times_table(general).set_index("approach")
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


def test_all_tables_are_written(general, tmp_path):
    """Every table comes in four forms, and no form shows a bare NaN."""
    write_general_tables(general, tmp_path)
    for name in TABLES:
        for ending in ("md", "tex", "html"):
            assert "nan" not in (tmp_path / f"{name}.{ending}").read_text(encoding="utf-8").lower()
        assert len(pd.read_csv(tmp_path / f"{name}.csv")) == len(frame_of(name, general))


def test_notes_say_what_differs(general, published, tmp_path):
    """The notes name n, seeds, intervals, protocols, stand-ins and the paper's own conditions."""
    write_table("general_transfer", general, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert (
        "Means over 3 seeds. In brackets: 95 % intervals, with subjects and seeds as crossed random" in text
    )
    assert "Identity 60 pairs in 10 folds" in text
    assert "Age, album 60 faces of 12 subjects" in text
    assert "On Age, album each subject is tested by heads and networks that have not seen it; what is" in text
    assert "Drawn faces stand in for photographs in all data sets" in text
    assert "In parentheses" not in text
    write_table("general_transfer", published, tmp_path / "p")
    text = (tmp_path / "p.md").read_text(encoding="utf-8")
    assert "(97.90)" in text
    assert "VGGFace2" in text


def test_best_of_each_row_is_bold(general, tmp_path):
    """The best is the largest accuracy and the smallest error."""
    write_table("general_transfer", general, tmp_path / "t")
    table = transfer_frame(general)
    lines = (tmp_path / "t.md").read_text(encoding="utf-8").splitlines()
    for name, title, best in (("gender", "Gender", "max"), ("album", "Age, album", "min")):
        line = next(line for line in lines if line.startswith(f"| {title} |"))
        mine = table[table["knowledge"] == name]
        value = getattr(mine["value"], best)()
        assert line.count("**") == 2 * (mine["value"] == value).sum()
        assert f"**{value:.{1 if best == 'max' else 2}f}**" in line


def test_evidence_without_the_study_is_refused(tmp_path):
    """A configuration without the general study has no evidence of it."""
    with pytest.raises(ConfigurationError, match="'general' is missing"):
        _ = collect_general(make_settings(), tmp_path).targets


def test_a_task_that_was_left_out_has_a_line_and_a_reason(general, tmp_path):
    """The other tasks keep their numbers; the table says what is not there, and why."""
    evidence = left_out_run(tmp_path, "gender", "task 'gender': its test subset has 3 subjects.")
    assert evidence.left_out == {"gender": "task 'gender': its test subset has 3 subjects."}
    before = transfer_frame(general).set_index(["knowledge", "approach"])["value"]
    after = transfer_frame(evidence).set_index(["knowledge", "approach"])["value"]
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


def test_an_interval_that_is_not_known_has_no_brackets():
    """Too few subjects or seeds: the value stands alone."""
    assert bracketed(float("nan"), float("nan"), str) == ""
    assert bracketed(1.25, 3.0, "{:.1f}".format) == "[1.2, 3.0]"


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
