"""Manifests and splits of any content: what is true of them, or one error of the project."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import ManifestError, SplitError
from engram.core.labels import CLASSES, RANGES
from engram.data.manifest import read_manifest, validate_manifest
from engram.data.split import SUBSETS, read_split, write_split
from tests.damage import DAMAGE, complaint, examples
from tests.data.images.readers.test_readers_damaged import FILES

_VALUES = st.one_of(
    st.none(),
    st.integers(-3, 200),
    st.floats(),
    st.booleans(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.sampled_from(["anger", "ada", "train", "1", pd.NaT, pd.Timestamp("2020")]),
)
_COLUMNS = st.sampled_from(
    [
        "image",
        "subject",
        "expression",
        "age",
        "pain",
        "attr_hat",
        "official_split",
        "x_a",
        "au1",
        "odd",
        3,
        None,
    ]
)


@examples(200)
@given(st.lists(st.tuples(_COLUMNS, st.lists(_VALUES, min_size=3, max_size=3)), max_size=6))
def test_any_frame_is_a_manifest_or_refused(columns):
    """Columns of any name and values of any type: what passes has words for words and numbers in range."""
    frame = pd.DataFrame(
        {place: pd.Series(values, dtype=object) for place, (_, values) in enumerate(columns)}
    ).set_axis([name for name, _ in columns], axis=1)
    found = []
    if complaint(lambda: found.append(validate_manifest(frame, "here")), ManifestError) is None:
        (valid,) = found
        assert valid["subject"].notna().all()
        assert valid["image"].is_unique
        assert set(valid.get("expression", pd.Series(dtype=str)).dropna()) <= set(CLASSES["expression"])
        for task, (low, high) in RANGES.items():
            assert valid.get(task, pd.Series(dtype=float)).dropna().between(low, high).all()


@examples(150)
@given(damage=DAMAGE)
def test_a_damaged_manifest(tmp_path_factory, damage):
    """The stored manifest is read as it was, or refused by its name."""
    path = tmp_path_factory.mktemp("stored") / "manifest.parquet"
    pd.DataFrame({"image": FILES, "subject": list("aabbc"), "age": [1.0, 2, 3, 4, None]}).to_parquet(path)
    path.write_bytes(damage.of(path.read_bytes()))
    said = complaint(lambda: read_manifest(path), ManifestError)
    assert said is None or str(path) in said


SPLIT = pd.DataFrame(
    {
        "row": range(8),
        "subject": ["a", "a", "b", "b", "NA", "c", "d", "d"],
        "subset": ["train"] * 4 + ["validation"] + ["test"] * 3,
        "rank": [2, 0, 1, 3, -1, -1, -1, -1],
        "scheme": "subject",
        "fold": 0,
    }
)


@examples(200)
@given(damage=DAMAGE)
def test_a_damaged_split(tmp_path_factory, damage):
    """What passes keeps subjects apart, ranks whole, and rows among the faces that there are."""
    path = tmp_path_factory.mktemp("split") / "split.csv"
    write_split(path, SPLIT)
    path.write_bytes(damage.of(path.read_bytes()))
    found = []
    said = complaint(lambda: found.append(read_split(path, faces=8)), SplitError)
    if said is not None:
        assert str(path) in said
        return
    table = found[0].table
    subjects = [set(table["subject"][table["subset"] == subset]) for subset in SUBSETS]
    assert not any(one & other for one, other in zip(subjects, [*subjects[1:], subjects[0]], strict=True))
    assert table["row"].between(0, 7).all()
    begins = sorted(table["rank"][table["subset"] == "train"])
    assert all(place - begins.count(begin) < begin <= place for place, begin in enumerate(begins))


def test_a_split_of_more_faces_is_refused(tmp_path):
    """A row beyond the faces is found when the split is read, not in the middle of training."""
    write_split(tmp_path / "split.csv", SPLIT)
    with pytest.raises(SplitError, match="row 7 is none of the data set's 7 faces"):
        read_split(tmp_path / "split.csv", faces=7)
