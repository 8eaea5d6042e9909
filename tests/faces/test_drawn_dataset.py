from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engram.faces.drawn import LOOKS, DrawnSpec, draw_dataset
from engram.faces.drawn.dataset import compose
from engram.ground.errors import ConfigurationError
from engram.ground.labels import CLASSES, EXPRESSIONS

#: SHA-256 of images.npy and manifest.csv together. They change with the drawing, and with nothing else.
GOLDEN = {
    "wild": "601395aa25442653852af84ef47e495c747d0aaee18653eb7082ee899a036897",
    "studio": "6c0de0ac2c9d6bada5f51a0b9f3ba037b9690f7908717ad02382bf4804ce2a11",
    "lab": "b12b5aba9dab9e50bf5a5806987c63232adfcdee5185de00166d4522f2c1fafa",
    "sequence": "fce1f4df99a1313a91ad40d46f378379f4a76fcf482c1bfb77142d874470e960",
    "portraits": "0e6fa545acc0f7043f1ccfe4e0ab80fdfdcb41c6dc1e57c3aa880f78bac4ffb6",
}


def _bytes(spec, folder):
    draw_dataset(spec, folder)
    return (folder / "images.npy").read_bytes() + (folder / "manifest.csv").read_bytes()


@pytest.mark.parametrize("look", LOOKS)
def test_golden_bytes(look, tmp_path):
    """A small draw of each look has, on every machine, the bytes that it always had."""
    drawn = _bytes(
        DrawnSpec(look, subjects=3, images=9, size=48, seed=11, wrong_labels_per_mille=100), tmp_path
    )
    assert hashlib.sha256(drawn).hexdigest() == GOLDEN[look]


def test_same_seed_same_bytes(tmp_path):
    """Two draws of one seed are alike to the last byte, and another seed's is not."""
    spec = DrawnSpec("wild", subjects=4, images=20, size=32, seed=3)
    other = DrawnSpec("wild", subjects=4, images=20, size=32, seed=4)
    first = _bytes(spec, tmp_path / "first")
    assert first == _bytes(spec, tmp_path / "again")
    assert first != _bytes(other, tmp_path / "other")


def test_no_leftovers(tmp_path):
    """A finished folder holds the two files and nothing else."""
    draw_dataset(DrawnSpec("lab", subjects=1, images=1, size=32, seed=0), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images.npy", "manifest.csv"]


@pytest.mark.parametrize("look", LOOKS)
def test_people_and_classes(look):
    """Every class is there, every subject shows several, and subjects' names are their data set's own."""
    manifest = compose(DrawnSpec(look, subjects=20, images=460, size=32, seed=1))[1]
    assert set(manifest.expression) == set(EXPRESSIONS)
    assert manifest.groupby("subject").expression.nunique().min() >= 5
    assert manifest.subject.str.fullmatch(rf"{look}-\d{{4}}").all()
    assert manifest.groupby("subject")[["age", "gender", "glasses"]].nunique().eq(1).all(axis=None)


@pytest.mark.parametrize("subjects", [10, 14, 52])
def test_balance(subjects):
    """Classes are equally often seen, up to rounding, whatever the number of subjects."""
    manifest = compose(DrawnSpec("studio", subjects=subjects, images=7 * subjects, size=32, seed=1))[1]
    assert np.ptp(manifest.expression.value_counts()) <= 1
    assert manifest.expression.head(7).nunique() >= 6


def test_rarer_disgust():
    """Among the wild faces disgust is the rarest, as in FER2013."""
    counts = compose(DrawnSpec("wild", subjects=46, images=460, size=32, seed=1))[1].expression.value_counts()
    assert counts.idxmin() == "disgust"
    assert counts.idxmax() == "happiness"


def test_all_ages():
    """The portraits show all four age groups equally often."""
    manifest = compose(DrawnSpec("portraits", subjects=40, images=80, size=32, seed=1))[1]
    assert manifest.age_group.value_counts().to_dict() == dict.fromkeys(CLASSES["age_group"], 20)
    assert manifest.groupby("age_group").age.min().to_dict().items() >= {"child": 4}.items()


@pytest.mark.parametrize(("per_mille", "wrong"), [(0, 0), (30, 6), (1000, 200)])
def test_wrong_labels(per_mille, wrong):
    """As many labels are wrong as asked, and exactly those differ from a draw without errors."""
    right = compose(DrawnSpec("wild", 20, 200, 32, seed=2))
    drawn = compose(DrawnSpec("wild", 20, 200, 32, seed=2, wrong_labels_per_mille=per_mille))
    assert drawn[1].label_is_wrong.sum() == wrong
    assert ((drawn[1].expression != right[1].expression) == (drawn[1].label_is_wrong == 1)).all()
    np.testing.assert_array_equal(drawn[0], right[0])


def test_sequences_rise():
    """Frames of one take are near duplicates whose action units never weaken."""
    spec = DrawnSpec("sequence", subjects=7, images=21, size=48, seed=1)
    images, manifest = compose(spec)
    units = manifest.filter(regex=r"^au\d+$")
    for subject, rows in manifest.groupby("subject").groups.items():
        frames = units.loc[rows].to_numpy()
        assert manifest.expression[rows].nunique() == 1, subject
        assert (np.diff(frames, axis=0) >= 0).all()
        moved = np.abs(np.diff(images[rows].astype(int), axis=0)).mean()
        assert moved < 8
    assert units.loc[14:].sum(axis=1).sum() > units.loc[:6].sum(axis=1).sum()


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"look": "film"}, "Choose one of: wild"),
        ({"subjects": 0}, "at least one subject"),
        ({"subjects": 9}, "at least as many images"),
        ({"size": 8}, "Choose 32 to 1024"),
        ({"wrong_labels_per_mille": 1001}, "choose 0 to 1000"),
    ],
)
def test_refusals(changed, hint, tmp_path):
    """What cannot be drawn is refused with the way out, and nothing is written."""
    spec = {"look": "lab", "subjects": 2, "images": 8, "size": 32, "seed": 0} | changed
    with pytest.raises(ConfigurationError, match=hint):
        draw_dataset(DrawnSpec(**spec), tmp_path / "out")
    assert not (tmp_path / "out").exists()


_specs = st.builds(
    DrawnSpec,
    look=st.sampled_from(LOOKS),
    subjects=st.integers(1, 6),
    images=st.integers(6, 18),
    size=st.integers(32, 56),
    seed=st.integers(0, 2**32),
    wrong_labels_per_mille=st.integers(0, 1000),
)


@settings(max_examples=40, deadline=None)
@given(spec=_specs)
def test_any_spec(spec):
    """Any valid spec gives as many pictures and rows as asked, with known classes and intensities."""
    images, manifest = compose(spec)
    assert images.shape == (spec.images, spec.size, spec.size, 3)
    assert images.dtype == np.uint8
    assert list(manifest.image) == [f"images.npy#{i}" for i in range(spec.images)]
    assert not manifest.isna().any(axis=None)
    for task in ("expression", "age_group", "gender", "glasses"):
        assert set(manifest[task]) <= set(CLASSES[task])
    assert manifest.filter(regex=r"^au").stack().between(0, 100).all()


def test_manifest_reads_back(tmp_path):
    """The written manifest holds words for classes, and 0 or 1 for a wrong label."""
    draw_dataset(DrawnSpec("portraits", 4, 8, 32, seed=0, wrong_labels_per_mille=500), tmp_path)
    manifest = pd.read_csv(tmp_path / "manifest.csv", keep_default_na=False)
    assert manifest.glasses.isin(CLASSES["glasses"]).all()
    assert manifest.label_is_wrong.sum() == 4
