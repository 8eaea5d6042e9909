import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engram.config import SplitSettings
from engram.core.errors import SplitError
from engram.core.labels import EXPRESSIONS
from engram.data.images.readers import read_dataset
from engram.data.split import Split
from engram.data.splitting import make_split
from tests.data.small_sets import PUBLISHED, jaffe


def sizes(split):
    return [int((split["subset"] == name).sum()) for name in ("train", "validation", "test")]


@st.composite
def indexes(draw):
    """Draw an index of 4 to 12 subjects, in any order of rows; a rare class is one subject's alone."""
    rows = [("s0", EXPRESSIONS[5])] * draw(st.integers(0, 2))
    for person in range(draw(st.integers(4, 12))):
        labels = draw(st.lists(st.sampled_from(EXPRESSIONS[:2]), max_size=12))
        rows += [(f"s{person}", label) for label in [*EXPRESSIONS[:2], *labels]]
    return pd.DataFrame(draw(st.permutations(rows)), columns=["subject", "expression"])


@settings(max_examples=30, deadline=None)
@given(indexes(), st.integers(0, 5), st.sampled_from(["subject", "published"]))
def test_what_holds_for_every_split(index, seed, scheme):
    """Every row stands in one subset, subjects are apart, classes are trained on, the same comes again."""
    sizes_asked = (len(index) - 3, 1, 2) if scheme == "published" else None
    asked = SplitSettings(scheme=scheme, seed=seed, sizes=sizes_asked)
    split = make_split(index, asked, "expression", "drawn")
    assert split["row"].tolist() == list(range(len(index)))
    assert min(sizes(split)) >= 1
    subjects = {name: set(part["subject"]) for name, part in split.groupby("subset")}
    assert not subjects["test"] & (subjects["train"] | subjects["validation"])
    assert scheme == "published" or not subjects["train"] & subjects["validation"]
    trained = index["expression"].to_numpy()[split["row"][split["subset"] == "train"]]
    assert set(trained) == set(index["expression"])
    pd.testing.assert_frame_equal(split, make_split(index, asked, "expression", "drawn"))


@settings(max_examples=30, deadline=None)
@given(indexes(), st.lists(st.integers(1, 100), min_size=2, max_size=5))
def test_fractions_are_nested(index, percents):
    """A smaller share of training lies inside a larger one, takes whole subjects, as near as they allow."""
    split = Split.from_table(make_split(index, SplitSettings(), "expression", "drawn"))
    whole, table = split.rows("train"), split.table
    before: set[int] = set()
    for percent in sorted(percents):
        rows = split.rows("train", percent)
        taken, others = (
            table["subject"][table["row"].isin(chosen)] for chosen in (rows, set(whole) - set(rows))
        )
        assert not set(taken) & set(others)
        largest = table["subject"][table["row"].isin(whole)].value_counts().max()
        assert len(rows) >= 1
        assert abs(len(rows) - percent * len(whole) / 100) <= largest / 2 + 0.5 or taken.nunique() == 1
        assert before <= set(rows)
        before = set(rows)
    assert split.rows("test", 10).tolist() == split.rows("test").tolist()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(EXPRESSIONS[:3]), min_size=30, max_size=60), st.integers(1, 100))
def test_fractions_of_subjects_of_one_image_are_of_images(labels, percent):
    """Where each image has a subject of its own, a fraction has its exact size, each class within a row."""
    index = pd.DataFrame({"subject": [f"s{row}" for row in range(len(labels))], "expression": labels})
    index["official_split"] = ["validation", "test", *["train"] * (len(labels) - 2)]
    assume(set(labels[2:]) == set(labels))
    split = Split.from_table(make_split(index, SplitSettings(scheme="official"), "expression", "many"))
    rows, trained = split.rows("train", percent), labels[2:]
    assert len(rows) == max(1, round(percent * len(trained) / 100))
    for label in set(trained):
        expected = trained.count(label) * len(rows) / len(trained)
        assert abs(index["expression"][rows].tolist().count(label) - expected) <= 2


def test_the_order_of_rows_does_not_choose_subjects():
    """Shuffled rows give the same subjects the same subsets."""
    index = jaffe()
    shuffled = index.sample(frac=1, random_state=3)
    plans = [
        make_split(frame, SplitSettings(), "expression", "J").groupby("subject")["subset"].first().to_dict()
        for frame in (index, shuffled)
    ]
    assert plans[0] == plans[1]


def test_jaffe_with_whole_subjects():
    """Ten subjects: one validates, three test, six train; sizes are the nearest that subjects allow."""
    split = make_split(jaffe(), SplitSettings(validation=15 / 213, test=67 / 213), "expression", "JAFFE")
    train, validation, test = sizes(split)
    assert validation == 20
    assert (train, test) in {(129, 64), (128, 65), (127, 66), (126, 67)}
    assert split.groupby("subset")["subject"].nunique().to_dict() == {"test": 3, "train": 6, "validation": 1}


def test_jaffe_with_printed_sizes():
    """The printed 131, 15 and 67 images come out exactly; test subjects are apart."""
    split = make_split(jaffe(), PUBLISHED, "expression", "JAFFE")
    assert sizes(split) == [131, 15, 67]
    apart = split.groupby("subject")["subset"].agg(set)
    assert all(names == {"test"} or "test" not in names for names in apart)


def test_the_seed_chooses_subjects():
    """Another seed may choose other subjects of the same quality; the same seed never does."""
    subjects = {
        tuple(make_split(jaffe(), SplitSettings(seed=seed), "expression", "J")["subset"]) for seed in range(6)
    }
    assert len(subjects) > 1


def test_classes_are_shared_evenly():
    """With many subjects each subset has the classes in their shares and the size that was asked."""
    rng = np.random.default_rng(0)
    labels = rng.choice(EXPRESSIONS, 4000, p=[0.05, 0.02, 0.1, 0.3, 0.13, 0.1, 0.3])
    index = pd.DataFrame({"subject": rng.integers(0, 200, 4000).astype(str), "expression": labels})
    split = make_split(index, SplitSettings(), "expression", "many")
    assert sizes(split) == [2400, 400, 1200]
    shares = index["expression"].groupby(split["subset"]).value_counts(normalize=True).unstack()
    assert (shares.max() - shares.min()).max() < 0.01


def test_one_who_alone_has_a_class_trains():
    """A class of one person only can be learned only if that person trains."""
    index = jaffe()
    index.loc[index["subject"] == "P4", "expression"] = "disgust"
    index.loc[(index["subject"] != "P4") & (index["expression"] == "disgust"), "expression"] = "fear"
    for seed in range(5):
        split = make_split(index, SplitSettings(seed=seed), "expression", "J")
        assert set(split["subset"][split["subject"] == "P4"]) == {"train"}


def test_official():
    """The owners' subsets are taken as they are."""
    index = jaffe().assign(subject=lambda frame: frame.index.astype(str))
    index["official_split"] = ["train"] * 150 + ["validation"] * 20 + ["test"] * 43
    split = make_split(index, SplitSettings(scheme="official"), "expression", "FER")
    assert split["subset"].tolist() == index["official_split"].tolist()


def test_official_test():
    """Where owners name test subjects alone these are tested, and the others parted as if alone."""
    index = jaffe()
    further = jaffe().assign(subject=lambda frame: "further " + frame["subject"])
    both = pd.concat(
        [index.assign(official_split=None), further.assign(official_split="test")], ignore_index=True
    )
    asked = SplitSettings(scheme="official_test")
    split = make_split(both, asked, "expression", "J")
    alone = make_split(index, SplitSettings(), "expression", "J")
    pd.testing.assert_frame_equal(split[: len(index)].assign(scheme="subject"), alone)
    assert set(split["subset"][len(index) :]) == {"test"}
    none = make_split(both, asked.model_copy(update={"test": 0.0}), "expression", "J")
    assert sizes(none)[2] == len(further)
    assert sizes(none)[0] > sizes(alone)[0]


def test_rows_without_label_stand_in_no_subset():
    """What has no label of the task is left out; rows keep their positions."""
    index = jaffe()
    index.loc[:9, "expression"] = None
    split = make_split(index, SplitSettings(), "expression", "J")
    assert split["row"].tolist() == list(range(10, 213))


def test_real_cmu(real_faces):
    """The 14 CMU users part into 60, 10 and 30 percent within half a user."""
    frame = read_dataset("cmu", "cmu", real_faces / "cmu_faces")
    train, validation, test = sizes(make_split(frame, SplitSettings(), "expression", "cmu"))
    assert abs(train - 261) <= 16
    assert abs(validation - 43.5) <= 16
    assert abs(test - 130.5) <= 16


@pytest.mark.parametrize(
    ("change", "asked", "message"),
    [
        (lambda f: f[f["subject"] < "P2"], SplitSettings(), "'J' has 2 subjects.*at least 3"),
        (lambda f: f.assign(subject="P0"), SplitSettings(), "'J' has 1 subjects"),
        (lambda f: f.iloc[:0], SplitSettings(), "no labels of task 'expression'"),
        (lambda f: f.drop(columns="expression"), SplitSettings(), "no labels of task 'expression'"),
        (lambda f: f, SplitSettings(validation=0.6, test=0.6), "must each get a share"),
        (lambda f: f, SplitSettings(test=0.0), "must each get a share"),
        (lambda f: f, SplitSettings(scheme="official"), "no official split"),
        (lambda f: f.assign(official_split=None), SplitSettings(scheme="official"), "row 0: .* is empty"),
        (
            lambda f: f.assign(official_split="train"),
            SplitSettings(scheme="official"),
            "validation subset is empty",
        ),
        (
            lambda f: f.assign(official_split=["train", "test", "validation"] * 71),
            SplitSettings(scheme="official"),
            "subject 'P0' stands in train and test and validation",
        ),
        (
            lambda f: f.assign(
                official_split=np.where(
                    f["expression"] == "fear", "test", ["train", "validation", "train"] * 71
                )
            ),
            SplitSettings(scheme="official"),
            "class 'fear' would not be trained on",
        ),
        (lambda f: f, SplitSettings(scheme="official_test"), "no official split"),
        (
            lambda f: f.assign(official_split="train"),
            SplitSettings(scheme="official_test"),
            "says test nowhere",
        ),
        (
            lambda f: f.assign(official_split=["train", "test", "validation"] * 71),
            SplitSettings(scheme="official_test"),
            "subject 'P[0-9]' stands in",
        ),
        (
            lambda f: f,
            SplitSettings(scheme="published", sizes=(1, 200, 67)),
            "200 validation images cannot be drawn",
        ),
        (lambda f: f, SplitSettings(scheme="published", sizes=(1, 1, 400)), "does not allow 400 for test"),
    ],
)
def test_splits_that_cannot_be_made(change, asked, message):
    """Too few subjects, an impossible size, a class not trained on: one error with the way out."""
    with pytest.raises(SplitError, match=message):
        make_split(change(jaffe()).reset_index(drop=True), asked, "expression", "J")


@pytest.mark.parametrize(
    ("without", "kept"),
    [
        (["validation", "test"], ["train"]),
        (["train", "validation"], ["test"]),
        (["test"], ["train", "validation"]),
        (["train"], ["test", "validation"]),
    ],
)
def test_subsets_that_are_left_out_are_empty(without, kept):
    """The others have all subjects between them, apart as ever; labels may be missing altogether."""
    index = pd.DataFrame({"subject": np.repeat([f"p{n}" for n in range(20)], 4)})
    split = make_split(index, SplitSettings(validation=0.2, test=0.2, without=without), None, "crowd")
    assert sorted(split["subset"].unique()) == kept
    assert len(split) == len(index)
    share = split["subset"].value_counts(normalize=True)
    assert share.get("validation", 0.2) == pytest.approx(0.5 if without == ["train"] else 0.2)


def test_official_subsets_may_lack_one_that_is_left_out():
    """Owners who give no validation subset are taken at their word."""
    index = pd.DataFrame({"subject": list("abcd"), "official_split": ["train", "train", "test", "test"]})
    split = make_split(index, SplitSettings(scheme="official", without=["validation"]), None, "faces")
    assert split.sort_values("row")["subset"].tolist() == index["official_split"].tolist()
    with pytest.raises(SplitError, match="the validation subset is empty"):
        make_split(index, SplitSettings(scheme="official"), None, "faces")
