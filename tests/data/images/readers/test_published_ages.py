"""Readers of data sets of ages and pain, each on a miniature of the published layout."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engram.data.images.readers import imdb_wiki, read_dataset
from engram.data.manifest import BOX
from tests.data.images.readers.test_published import column

again = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_imdb_wiki(read):
    """Ages by the owners' formula; no face, low scores and second faces left out; no boxes of photographs."""
    frame = read("imdb_wiki")
    assert column(frame, "age") == [69, None, 40, 39, 28, 59]
    assert column(frame, "gender") == ["male", "male", "female", None, "male", "female"]
    assert frame["subject"].tolist()[::4] == ["imdb nm0000001", "wiki 10000217"]
    reasons = ("no_face", "low_score", "second_face")
    assert frame.attrs["counts"] == {f"left_out_{reason}": 1 for reason in reasons}
    assert not set(BOX) & set(frame)
    assert len(read("imdb_wiki", part="imdb", face_score=0.1, second_face="keep")) == 6


@again
@given(st.dates(min_value=pd.Timestamp("1880-01-01").date()), st.integers(0, 100))
def test_ages_are_full_years_on_the_first_of_july(born, years):
    """A calendar gives the same age but around the birthday, where the owners' formula may round by a day."""
    taken = born.year + years
    age = imdb_wiki.age_in_years(np.array([born.toordinal() + 366.0]), np.array([float(taken)]))[0]
    had_birthday = (born.month, born.day) <= (7, 1)
    near = abs((pd.Timestamp(2001, born.month, min(born.day, 28)) - pd.Timestamp(2001, 7, 1)).days) <= 3
    assert age == years - (not had_birthday) or (near and abs(age - years) <= 1)


def test_utkface(read):
    """A name without a field gives its age alone; odd but complete names give all."""
    frame = read("utkface").set_index("image")
    by_age = {int(row.age): (row.gender, row.ethnicity) for row in frame.itertuples()}
    assert by_age[24] == ("male", "black")
    assert by_age[28] == ("female", "east_asian")
    assert by_age[55] == ("male", "white")
    assert all(pd.isna(fact) for age in (39, 61) for fact in by_age[age])
    assert frame["x_ethnicity"].dropna().tolist() == ["other", "indian"]
    assert frame.attrs["counts"] == {
        "unlabelled_broken_name": 2,
        "unlabelled_indian": 1,
        "unlabelled_other": 1,
    }
    photographs = read("utkface", images="photographs")
    assert photographs["age"].tolist() == [1, 24, 28, 53]
    assert column(photographs, "gender")[-1] is None


def test_utkface_s_lists(read):
    """Only listed images stay, each in its list's subset; a name with a blank is found."""
    frame = read("utkface", train_list="utk_train.csv", test_list="utk_test.csv")
    assert (frame["official_split"] == "train").sum() == 4
    assert sorted(frame["age"]) == [22, 23, 24, 28, 30, 39, 55]
    assert frame.attrs["counts"]["left_out_not_listed"] == 3


@again
@given(
    st.sets(
        st.tuples(st.integers(0, 116), st.integers(0, 1), st.integers(0, 4), st.integers(0, 10**18)),
        min_size=2,
        max_size=9,
    )
)
def test_every_utkface_name_is_understood(tmp_path_factory, facts):
    """Whatever ages, genders, races and times there are, each image gets its own."""
    root = tmp_path_factory.mktemp("utk")
    for age, gender, race, time in facts:
        (root / f"{age}_{gender}_{race}_{time}.jpg.chip.jpg").touch()
    frame = read_dataset("u", "utkface", root)
    for row in frame.itertuples():
        age, gender, race, _ = row.image.split("_")
        assert (row.age, row.gender) == (int(age), ["male", "female"][int(gender)])
        assert pd.isna(row.ethnicity) == (race in "34")


def test_fgnet(read):
    """Both cases of the ending and of the A; letters for several images of one age."""
    frame = read("fgnet")
    assert frame["subject"].tolist() == ["001", "001", "002", "009", "009", "082"]
    assert frame["age"].tolist() == [2, 43, 3, 16, 22, 0]


@pytest.mark.parametrize("name", ["unbc", "unbc_double"])
def test_unbc(read, name):
    """Scores in float notation; an empty file has no active unit; a unit 0 is a filler."""
    frame = read(name)
    assert frame["pain"].tolist() == [0, 5, 16] * 2
    assert frame["au4"].tolist() == [0, 2, 0] * 2
    assert frame["au43"].tolist() == [0, 1, 0] * 2
    assert frame["x_take"].unique().tolist() == ["042-ll042/ll042t1aaaff", "124-dn124/dn124t1aiaff"]
    assert "au0" not in frame
