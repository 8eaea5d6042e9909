"""The study's tables have exactly their columns, and the numbers that the predictions give."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.metrics import f1_score

from engram.studies.memory.collect import collect
from engram.studies.memory.tables import TABLES, load_table
from engram.studies.memory.tables.memory_integrity import integrity_table
from engram.studies.memory.tables.memory_matrix import matrix_table
from tests.simulated_run import make_settings, write_run

INTEGRITY = [
    *["source", "target", "evaluated_on", "strategy", "fraction", "seeds", "n"],
    *["accuracy", "low", "high", "macro_f1", "published"],
]
SUBSETS = [
    f"{part}_{unit}" for part in ("train", "validation", "test") for unit in ("images", "subjects", "percent")
]
COLUMNS = {
    "memory_integrity": INTEGRITY,
    "memory_matrix": ["lineage", "dataset", "accuracy", "low", "high", "n", "seeds"],
    "datasets": [
        *["dataset", "title", "images", "subjects", "folds", *SUBSETS],
        *["printed_total", "printed_training", "printed_validation", "printed_test"],
    ],
    "memory_curves": [
        *["source", "target", "strategy", "fraction", "evaluated_on", "epoch"],
        *["seeds", "n", "accuracy", "low", "high"],
    ],
    "memory_sweep": [
        *["source", "target", "strategy", "learning_rate", "epochs", "steps", "seeds", "n"],
        *["forgetting", "forgetting_low", "forgetting_high", "gain", "gain_low", "gain_high"],
        *["last_forgetting", "last_forgetting_low", "last_forgetting_high"],
        *["last_gain", "last_gain_low", "last_gain_high"],
    ],
    "memory_weights": [
        *["source", "target", "strategy", "fraction", "seed", "fold", "weights"],
        *["criterion", "source_accuracy", "target_accuracy", "chosen"],
    ],
    "memory_classes": ["dataset", "task", "subset", "class", "images", "percent"],
    "memory_ratios": [
        *["source", "target", "fraction", "source_images", "target_images", "ratio", "printed_ratio"]
    ],
    "memory_slides": [
        *["source", "target", "strategy"],
        *[
            f"{role}_{fraction}{end}"
            for role in ("source", "target")
            for fraction in (0, 50, 100)
            for end in ("", "_low", "_high", "_printed")
        ],
    ],
    "memory_questions": [
        *["source", "target", "strategy", "fraction", "seeds", "n_source", "n_target"],
        *[
            f"{name}{end}"
            for name in ("gain", "forgetting", "both", "both_over_baseline", "over_alone")
            for end in ("", "_low", "_high")
        ],
    ],
    "memory_duplicates": [
        *["dataset", "title", "images", "copies", "in_one_subset"],
        *["train_validation", "train_test", "validation_test", "other_datasets", "labels_differ"],
        *["test", "test_seen"],
    ],
    "detection": ["dataset", "title", "images", "detected", "undetected", "share", "eyes"],
}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Return a run whose data sets are the paper's FER and MUG."""
    config = make_settings(seeds=[1]).model_dump(mode="json")
    for name, title in (("wild", "FER"), ("studio", "MUG")):
        split = {"scheme": "published", "sizes": [240, 40, 120]}
        config["datasets"][name] |= {"published": title, "title": title, "reader": "manifest", "split": split}
        config["datasets"][name] |= {"root": name, "drawn": None}
    config["memory"]["transfers"] = [{"source": "wild", "targets": ["studio"]}]
    config["memory"]["strategies"] = ["BL", "FC"]
    settings = type(make_settings()).model_validate(config)
    folder = tmp_path_factory.mktemp("published") / "results"
    write_run(settings, folder)
    return collect(settings, folder)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_exact(name, evidence):
    """The columns are those that other rooms read, in their order."""
    assert list(load_table(name).frame(evidence)) == COLUMNS[name]


@pytest.mark.parametrize("name", TABLES)
def test_keys_name_each_row_once(name, evidence):
    """A reader, and a macro of LaTeX, can ask for one number."""
    table = load_table(name)
    frame = table.frame(evidence)
    assert table.keys
    assert not frame.duplicated([*table.keys]).any()


def test_integrity_rows(evidence):
    """Each trial has its model's own numbers on source and target, the target alone on its target only."""
    table = integrity_table(evidence)
    assert len(evidence.trials) == 2 * (1 + 6 * 2)
    assert len(table) == 2 * (2 * (1 + 5 * 2) + 2)
    assert table[table["strategy"] == "TO"]["evaluated_on"].eq("target").all()
    predictions = evidence.predictions["studio"]
    model = predictions.index("wild.base/studio-50.head")
    row = table[
        (table[["target", "evaluated_on", "strategy"]] == ["studio", "target", "FC"]).all(axis=1)
        & (table["fraction"] == 50)
    ].iloc[0]
    f1 = [
        f1_score(predictions.truth, answer, average="macro", labels=range(7))
        for answer in predictions.predicted[model]
    ]
    assert row["accuracy"] == pytest.approx(100 * predictions.correct[model].mean())
    assert row["macro_f1"] == pytest.approx(100 * sum(f1) / 3)
    assert (row["n"], row["seeds"]) == (120, 3)
    assert row["low"] < row["accuracy"] < row["high"]


def test_stand_ins_have_no_printed_figures(evidence):
    """Drawn data sets have no printed figure beside them, and the notes say why."""
    assert integrity_table(evidence)["published"].isna().all()


def test_printed_figures_stand_beside_the_papers_own_data(published):
    """FER to MUG has the printed accuracies."""
    table = integrity_table(published).set_index(["evaluated_on", "strategy", "fraction"])["published"]
    assert table["source", "BL", 0] == 68.35
    assert table["target", "FC", 100] == 72.20


def test_matrix_has_every_model_that_has_a_head(evidence):
    """The matrix holds a model and data set pair for each that was predicted, and no other."""
    table = matrix_table(evidence)
    pairs = {(model, name) for name, found in evidence.predictions.items() for model in found.models}
    assert set(zip(table["lineage"], table["dataset"], strict=True)) == pairs
    assert ("portraits.base", "wild") not in pairs


def test_datasets_count_images_and_people(evidence, published):
    """Subsets have their images and subjects; printed sizes stand beside the paper's own data sets."""
    row = load_table("datasets").frame(evidence).set_index("dataset").loc["lab"]
    assert row[["images", "subjects", "train_images", "test_images", "test_subjects"]].tolist() == [
        400,
        40,
        240,
        120,
        12,
    ]
    assert pd.isna(row["printed_total"])
    assert load_table("datasets").frame(published).set_index("dataset").loc["studio", "printed_test"] == 734


def test_classes_add_up(evidence):
    """Each subset's classes sum to its images and to a hundred percent; labels are counted one by one."""
    table = load_table("memory_classes").frame(evidence)
    sums = table.groupby(["dataset", "subset"])[["images", "percent"]].sum()
    assert sums.loc[("lab", "train")].tolist() == [240, pytest.approx(100)]
    anger = table.set_index(["dataset", "subset", "class"]).loc[("lab", "train", "anger")]
    assert anger["images"] == len(range(0, 240, 7))
    assert anger["percent"] == pytest.approx(100 * 35 / 240)


def test_ratios_are_those_of_the_data_in_use(evidence, published):
    """240 training images on each side: 2 to 1 with half the target's; printed ones beside FER's own."""
    table = load_table("memory_ratios").frame(evidence).set_index(["target", "fraction"])
    assert table["ratio"].to_dict() == {(name, f): 100 / f for name in ("studio", "lab") for f in (50, 100)}
    assert table["printed_ratio"].isna().all()
    printed = load_table("memory_ratios").frame(published).set_index("fraction")["printed_ratio"]
    assert printed[100] == pytest.approx(28709 / 5877)
    assert pd.isna(printed[50])


def test_slides_hold_the_same_numbers(evidence, published):
    """A row a strategy; the baseline stands under no target data, the target alone has no source."""
    table = load_table("memory_slides").frame(evidence).set_index(["target", "strategy"])
    whole = integrity_table(evidence).set_index(["target", "evaluated_on", "strategy", "fraction"])
    for role, strategy, fraction in (("source", "BL", 0), ("target", "FC", 50), ("source", "FU", 100)):
        row = whole.loc[("studio", role, strategy, fraction)]
        found = table.loc[("studio", strategy)]
        assert found[f"{role}_{fraction}"] == row["accuracy"]
        assert found[f"{role}_{fraction}_low"] == row["low"]
    assert table.loc[("studio", "TO"), ["source_0", "source_50", "source_100"]].isna().all()
    printed = load_table("memory_slides").frame(published).set_index("strategy")
    assert printed.loc["FC", ["source_50_printed", "target_100_printed"]].tolist() == [46.25, 72.20]


def test_duplicates_are_counted_and_named(evidence, tmp_path):
    """One group within test, one from training to test under another label, which the notes warn of."""
    row = load_table("memory_duplicates").frame(evidence).set_index("dataset").loc["wild"]
    assert row[["copies", "in_one_subset", "train_test", "train_validation"]].tolist() == [4, 2, 2, 0]
    assert row[["other_datasets", "labels_differ", "test", "test_seen"]].tolist() == [0, 2, 120, 1]
    load_table("memory_duplicates").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "wild/images.npy#3 (train, happiness) = wild/images.npy#300 (test, sadness)" in text
    assert "Warning: test images of Drawn wild are trained on" in text
    assert "images.npy#290" not in text


def test_copies_across_data_sets_are_seen(evidence, monkeypatch):
    """The source's training face in the target's test subset is one that was seen."""
    rows = [("cc", "wild", 5, "a", "p", "train", "fear"), ("cc", "lab", 390, "b", "q", "test", "fear")]
    found = pd.DataFrame(rows, columns=list(evidence.duplicates))
    monkeypatch.setitem(vars(evidence), "duplicates", found)
    table = load_table("memory_duplicates").frame(evidence).set_index("dataset")
    assert table.loc[["wild", "lab"], "other_datasets"].tolist() == [1, 1]
    assert table.loc[["wild", "lab"], "copies"].tolist() == [0, 0]
    assert table.loc[["wild", "lab"], "test_seen"].tolist() == [0, 1]


def test_without_copies_the_table_says_so(evidence, monkeypatch, tmp_path):
    """No group at all is no error."""
    monkeypatch.setitem(vars(evidence), "duplicates", evidence.duplicates.iloc[:0])
    load_table("memory_duplicates").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "No copy crosses subsets or data sets" in text


def test_all_tables_are_written(evidence, tmp_path):
    """Every table comes in three forms, and no form shows a bare NaN."""
    for name in TABLES:
        load_table(name).write(evidence, tmp_path / name)
        for ending in ("md", "tex"):
            text = (tmp_path / f"{name}.{ending}").read_text(encoding="utf-8")
            assert "nan" not in text.lower()
        assert list(pd.read_csv(tmp_path / f"{name}.csv")) == list(load_table(name).frame(evidence))


def test_notes_of_stand_ins(evidence, tmp_path):
    """The integrity table says its n, seeds, intervals, stand-ins and number format."""
    load_table("memory_integrity").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "Means over 3 seeds. Test subsets: Drawn wild 120 images of 12 subjects" in text
    assert "95 % intervals, with subjects and seeds as crossed random effects" in text
    assert "Drawn faces stand in for photographs" in text
    assert "Number format of training: bf16 (105 models)." in text
    assert "In parentheses" not in text


def test_notes_of_the_papers_own_data(published, tmp_path):
    """Beside the paper's data stand its figures, what they fit, and how validation was drawn."""
    load_table("memory_integrity").write(published, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "(68.35)" in text
    assert "In parentheses: the figure printed by Tannugi" in text
    assert "741 images, the printed size of MUG's validation subset" in text
    assert "One seed." in text
    load_table("datasets").write(published, tmp_path / "d")
    text = (tmp_path / "d.md").read_text(encoding="utf-8")
    assert "validation is drawn from the subjects trained on" in text
    assert "35,888" in text


def test_second_definition_stands_beside_where_it_differs(evidence, tmp_path):
    """Only the chain's forgetting has another figure beside it; the target alone has no forgetting at all."""
    load_table("memory_forgetting").write(evidence, tmp_path / "t")
    lines = (tmp_path / "t.md").read_text(encoding="utf-8").splitlines()
    body = [line for line in lines if line.startswith("|")][2:]
    assert [line.count("(") for line in body] == [0] * 10 + [2] * 2
    assert [line.count("| – |") for line in body] == [0] * 8 + [2] * 2 + [0] * 2
    assert any("Chaudhry" in line for line in lines)


def test_levels_show_chains_alone(evidence, tmp_path):
    """People see chains of three stages; the file for machines holds those of two as well."""
    load_table("memory_levels").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "3 of 3" in text
    assert "of 2 |" not in text
    assert set(pd.read_csv(tmp_path / "t.csv")["levels"]) == {2, 3}


def test_best_of_a_column_is_bold(evidence, tmp_path):
    """Each of the four columns has its largest accuracy in bold, ties included."""
    load_table("memory_integrity").write(evidence, tmp_path / "t")
    table = integrity_table(evidence)
    keys = ["source", "target", "evaluated_on"]
    ties = (table["accuracy"] == table.groupby(keys)["accuracy"].transform("max")).sum()
    text = (tmp_path / "t.tex").read_text(encoding="utf-8")
    assert text.count(r"\textbf{") == ties


def test_curves_are_means_over_the_seeds_that_trained_so_long(evidence):
    """Epoch 0 is the parent's accuracy; the last epochs are those of the seed that trained longest."""
    table = load_table("memory_curves").frame(evidence)
    model = ["wild", "lab", "RE", 50, "source"]
    keys = ["source", "target", "strategy", "fraction", "evaluated_on"]
    rows = table[(table[keys] == model).all(axis=1)].set_index("epoch")
    records = [evidence.training["wild.base/lab-50.all", seed] for seed in (1, 2, 3)]
    assert rows.loc[0, ["seeds", "n", "accuracy"]].tolist() == pytest.approx([3, 40, 65])
    third = [100 * record.curves[3]["wild"] for record in records]
    assert rows.loc[3, ["accuracy", "low", "high"]].tolist() == pytest.approx(
        [sum(third) / 3, min(third), max(third)]
    )
    assert max(rows.index) == max(len(record.history) for record in records)
    assert rows["seeds"].iloc[-1] < 3


def test_without_a_strategy_that_adapts_there_are_no_curves(small, tmp_path):
    """The table has its columns and no row."""
    load_table("memory_curves").write(small, tmp_path / "t")
    assert pd.read_csv(tmp_path / "t.csv").columns.tolist() == COLUMNS["memory_curves"]


def test_curves_say_when_it_is_forgotten(evidence, tmp_path):
    """The page has the points lost after one epoch, in the model that is kept, and after the last epoch."""
    load_table("memory_curves").write(evidence, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    records = [evidence.training["wild.base/studio.head", seed] for seed in (1, 2, 3)]
    first = [100 * (record.curves[0]["wild"] - record.curves[1]["wild"]) for record in records]
    kept = [
        100 * (record.curves[0]["wild"] - record.curves[int(record.metrics["best_epoch"])]["wild"])
        for record in records
    ]
    line = next(line for line in text.splitlines() if line.startswith("| FC | 100 %"))
    cells = [cell.strip().split(" ")[0] for cell in line.split("|")[3:5]]
    assert cells == [f"{sum(lost) / 3:.1f}" for lost in (first, kept)]
    assert "FU" not in text


def test_chosen_weights_are_named(evidence, tmp_path):
    """Each seed's choice stands there, and on the page how many seeds made it."""
    load_table("memory_weights").write(evidence, tmp_path / "t")
    table = pd.read_csv(tmp_path / "t.csv")
    mine = table[(table[["target", "strategy", "fraction"]] == ["lab", "RE", 50]).all(axis=1)]
    assert mine["weights"].tolist() == ["l2_sp 0.1", "l2_sp 1"] * 3
    assert mine["chosen"].tolist() == [1, 0, 0, 1, 0, 1]
    assert mine["criterion"].tolist() == pytest.approx([60, 50, 50, 60, 50, 60])
    assert set(table["strategy"]) == {"RE", "Chain"}
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    assert "l2\\_sp 0.1 (1); l2\\_sp 1 (2)" in text


def test_the_sweep_has_a_row_a_point(evidence):
    """Forgetting on test is that of the swept model; the last epoch's is read from its curves."""
    table = load_table("memory_sweep").frame(evidence)
    assert len(table) == 2 * 2 * 2
    row = table[(table[["strategy", "learning_rate", "epochs"]] == ["RE", 0.001, 20]).all(axis=1)].iloc[0]
    model = "wild.base/studio.all_rate0_001_epochs20"
    predictions = evidence.predictions["wild"]
    before, after = (
        100 * predictions.correct[predictions.index(name)].mean() for name in ("wild.base", model)
    )
    assert row["forgetting"] == pytest.approx(before - after)
    curves = [evidence.training[model, seed].curves for seed in (1, 2, 3)]
    lost = [100 * (curve[0]["wild"] - curve[-1]["wild"]) for curve in curves]
    assert row["last_forgetting"] == pytest.approx(sum(lost) / 3)
    assert (row["last_forgetting_low"], row["last_forgetting_high"]) == pytest.approx((min(lost), max(lost)))
    assert (row["steps"], row["n"]) == (20 * 4, 120)


def test_without_a_sweep_its_table_is_empty(small, tmp_path):
    """The table has its columns and no row."""
    load_table("memory_sweep").write(small, tmp_path / "t")
    assert pd.read_csv(tmp_path / "t.csv").columns.tolist() == COLUMNS["memory_sweep"]


@pytest.fixture(scope="module")
def folded(tmp_path_factory):
    """Return a run whose targets are tested in two folds."""
    config = make_settings().model_dump(mode="json")
    for name in ("studio", "lab"):
        config["datasets"][name]["split"]["folds"] = 2
    settings = type(make_settings()).model_validate(config)
    folder = tmp_path_factory.mktemp("folded") / "results"
    write_run(settings, folder)
    return collect(settings, folder)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_stands_folds(name, folded, tmp_path):
    """Each has its columns, its rows under the lineages' own names, and says where there are folds."""
    table = load_table(name)
    frame = table.frame(folded)
    assert list(frame) == COLUMNS.get(name, list(frame))
    assert len(frame)
    assert not frame.duplicated([*table.keys]).any()
    assert "-fold" not in frame.to_csv()
    table.write(folded, tmp_path / "t")
    text = (tmp_path / "t.md").read_text(encoding="utf-8")
    says = name in (
        "datasets",
        *(f"memory_{kind}" for kind in ("integrity", "slides", "forgetting", "matrix", "questions")),
    )
    assert says == ("in 2 folds of its subjects" in text)
