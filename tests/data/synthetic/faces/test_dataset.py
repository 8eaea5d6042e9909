from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engram.core.errors import ConfigurationError
from engram.core.files import file_hash
from engram.core.labels import CLASSES, EXPRESSIONS
from engram.data.manifest import validate_manifest
from engram.data.synthetic.faces import LOOKS, DrawnSpec, draw_dataset
from engram.data.synthetic.faces.cameras import draw_cameras
from engram.data.synthetic.faces.dataset import EXPRESSIVE, _part, compose
from engram.data.synthetic.faces.looks import LOOK_TABLE
from engram.data.synthetic.faces.looks_memory import MEMORY_LOOKS
from engram.data.synthetic.faces.streams import Streams

#: SHA-256 of images.npy and of manifest.csv. They change with the drawing, and with nothing else.
GOLDEN = {
    "wild": (
        "77a1040d62380aa51f99c8fa0857b08d78af1e6cb53dc3175b40e11e23a0caae",
        "284bb829435812816adbaa912550c4e56a417c08339eedbc60391db10c7e6bd0",
    ),
    "studio": (
        "35c47dd01dbddf16ff65fc5f65eae11ec7e23efd3340e87a605d294d159a7cef",
        "a01f64175261f4fe9f85808f1a6342ecf566231c5fc6a03b8b56085c72de3f3f",
    ),
    "lab": (
        "39a8a0376d87bb39bab34e691e3624ab23257740869c3c6f4f7a50e42b9acef7",
        "ef26eb92fd13e773eadb519619a25bc43f3b3494406928dc41fb416e2c07ebc6",
    ),
    "sequence": (
        "d8502e6f726673a53ccb3b04c29f43644cd686682895b28753c44ec62a6fa9de",
        "e83f303ea0e9acaf9841a3bf09ecdbb4e84018f766a7d26aaaac248ef148d7bd",
    ),
    "portraits": (
        "ad185d19f27867e756f9979fcfa9c490099cde3be7df138cacce51884ec6c9fd",
        "ab198df33579d9b354743ee5e92d46aba45ac6fc74f388970a138a38f14313ca",
    ),
    "gallery": (
        "e8687467383ddf5a30cc4c40d0b131dbf96135f0d6f481649709dff872dae337",
        "a8c55c053b2362cf1e453efab68fe8077fcfd7c889c00de63e1d5689d410e249",
    ),
    "archive": (
        "d220135622b0bb06f13af943d4be53d7726bf20811671b60dfdfbc3fba6bef66",
        "d0f00d42d4e6249df99b8871160f753a491744e75394374a430b3f45e07d53ba",
    ),
    "celebrities": (
        "68f98abe8b11b79ab2fa2bf6aae76a0a93c843ea5fdf920464f3f500505b58fb",
        "baef73d97cf53ed71760a53c3a7ccb538f2e40b57460ef422eec0d4a0102176a",
    ),
    "city": (
        "02765d5dc0c758e933f266ac50b4b81957a13bbae7c339f01316b63099c8d12b",
        "5d5fb0fd3bac4a77ae50248427091607e0a89a3da7be02a99a3510b3080f1601",
    ),
    "stills": (
        "46de97f81c9ebc1ae599e456936efa25714a93ddf44c28bbe30f76fb5f9effb0",
        "37b5bad4156b5b514912bbaae30dd04e07e4a53a1f5a887cf3988645290ef68d",
    ),
    "street": (
        "5a241c80b08cdbca58027ad3bbd6adbf1ba5dada9db36bf6079efde6ac777882",
        "ca32c521375bd9ae3920b5689d5ea1858a0e868556d377449626740086fa8cf4",
    ),
    "press": (
        "e74a63568373a14971d39d3c7932b0aa11f4b3af42ba27b607cf52351e3aa112",
        "dbfd9fa5f7cac4cfdabb3b4be6139d3a6526a65263bc49493e480842d2788245",
    ),
    "album": (
        "77add6acdaabd624c390a908270b6a16e31999b307caad64e070a086ed64d8b5",
        "c7dad9e4e01e191842adf9778b1ade27f80ad868375b32397e1bb184141ec8d2",
    ),
    "clinic": (
        "e018e0c6f8c39201c52a437a43b85d25e33aec0be0d671ae993dfbb63853cbe2",
        "bd41c14b98e2bd1c8ba117f4d02987651f5ec37363cd24d518f4b5bdce19c04b",
    ),
    "crowd": (
        "682fd619234fe42d5cb8bfad6d291bdf8465b8b6f04f79f2f4736defb432274a",
        "cf2273eb0f0d335cabea1f4b653a6cecaa5b44269ccecd7969b099c0695f721c",
    ),
    "objects": (
        "58837276993a0309bdacb50ceaf6d3982c8bb34c0504cdc2a31a77ec544f3523",
        "10432bca1b25a0001906ebd7bbf9963f5b3254dc184291420eb690bb2d44076b",
    ),
}


def _spec(look, subjects, images, size, seed, wrong=0):
    """Return a spec; only expressions can be labelled wrongly."""
    return DrawnSpec(look, subjects, images, size, seed, wrong if look in EXPRESSIVE else 0)


def _bytes(spec, folder):
    draw_dataset(spec, folder)
    return (folder / "images.npy").read_bytes() + (folder / "manifest.csv").read_bytes()


@pytest.mark.parametrize("look", LOOKS)
def test_golden_bytes(look, tmp_path):
    """A small draw of each look has, on every machine, the bytes that it always had."""
    draw_dataset(_spec(look, subjects=3, images=9, size=48, seed=11, wrong=100), tmp_path)
    hashes = [file_hash(tmp_path / name) for name in ("images.npy", "manifest.csv")]
    assert tuple(hashes) == GOLDEN[look]


@pytest.mark.parametrize("look", LOOKS)
def test_same_seed_same_bytes(look, tmp_path):
    """Two draws of one seed are alike to the last byte, and another seed's is not."""
    spec = DrawnSpec(look, subjects=4, images=20, size=32, seed=3)
    first = _bytes(spec, tmp_path / "first")
    assert first == _bytes(spec, tmp_path / "again")
    assert first != _bytes(replace(spec, seed=4), tmp_path / "other")


def test_no_leftovers(tmp_path):
    """A finished folder holds the two files and nothing else."""
    draw_dataset(DrawnSpec("lab", subjects=1, images=1, size=32, seed=0), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images.npy", "manifest.csv"]


@pytest.mark.parametrize("look", EXPRESSIVE)
def test_subjects_and_classes(look):
    """Every class is there, every subject shows several, and subjects' names are their data set's own."""
    manifest = compose(DrawnSpec(look, subjects=20, images=460, size=32, seed=1))[1]
    assert set(manifest.expression) == set(EXPRESSIONS)
    assert manifest.groupby("subject").expression.nunique().min() >= 5
    assert manifest.subject.str.fullmatch(rf"{look}-\d{{4}}").all()
    assert manifest.groupby("subject")[["gender", "skin_tone"]].nunique().eq(1).all(axis=None)


@pytest.mark.parametrize("look", MEMORY_LOOKS)
def test_the_memory_study_s_subjects_stay_as_they_are(look):
    """Where a look restyles nobody, age, glasses and length of hair are the subject's own."""
    manifest = compose(DrawnSpec(look, subjects=20, images=60, size=32, seed=1))[1]
    lasting = ["age", "glasses", "attr_long_hair", "attr_bald"]
    assert manifest.groupby("subject")[lasting].nunique().eq(1).all(axis=None)


@pytest.mark.parametrize("look", LOOKS)
def test_manifests_keep_the_contract(look):
    """Every look's manifest passes the one check of manifests, with nothing missing."""
    spec = DrawnSpec(look, subjects=8, images=40, size=32, seed=1)
    frame = validate_manifest(compose(spec)[1], look)
    assert not frame.isna().any(axis=None)
    assert frame.filter(like="attr_").shape[1] == (0 if look == "objects" else 11)
    assert ("expression" in frame) == (look in EXPRESSIVE)
    assert ("object" in frame) == (look == "objects")


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


@pytest.mark.parametrize("look", ["studio", "stills", "objects", "clinic"])
def test_further_subjects_are_tested(look):
    """Further subjects follow, all for test; who was drawn without them is drawn as before, to the byte."""
    alone = DrawnSpec(look, subjects=4, images=20, size=32, seed=1)
    images, manifest = compose(replace(alone, test_subjects=3, test_images=18))
    images_alone, manifest_alone = compose(alone)
    np.testing.assert_array_equal(images[:20], images_alone)
    pd.testing.assert_frame_equal(manifest[:20][list(manifest_alone)], manifest_alone)
    assert manifest.official_split.tolist() == [""] * 20 + ["test"] * 18
    assert list(manifest.image) == [f"images.npy#{i}" for i in range(38)]
    assert manifest.subject[20:].nunique() == 3
    assert not set(manifest.subject[20:]) & set(manifest.subject[:20])
    assert not any((face == images[:20]).all(axis=(1, 2, 3)).any() for face in images[20:])


def test_further_subjects_are_taken_by_the_same_cameras():
    """A look of many cameras has no others for its further subjects: each ends in one of these tints."""
    spec = DrawnSpec("crowd", subjects=1, images=1, size=32, seed=1, test_subjects=30, test_images=60)
    cameras = draw_cameras(LOOK_TABLE["crowd"], Streams(1, "crowd"))
    expected, further = compose(spec)[0][1:], Streams(1, "crowd/further")
    np.testing.assert_array_equal(expected, _part(spec.further(), cameras, further, False)[0])
    others = draw_cameras(LOOK_TABLE["crowd"], further)
    assert (expected != _part(spec.further(), others, further, False)[0]).any()


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
        assert manifest.x_take[rows].tolist() == [f"{subject}/take000"] * 3
    assert units.loc[14:].sum(axis=1).sum() > units.loc[:6].sum(axis=1).sum()


def test_every_frame_names_its_take():
    """A subject's takes show one expression each; looks of single pictures have no takes."""
    spec = DrawnSpec("clinic", subjects=3, images=40, size=48, seed=1, test_subjects=2, test_images=15)
    _, manifest = compose(spec)
    takes = manifest.groupby("x_take")
    assert (takes["subject"].nunique() == 1).all()
    assert takes.size().max() == 6
    assert takes.ngroups == 3 * 3 + 2 * 2
    assert "x_take" not in compose(DrawnSpec("wild", subjects=3, images=6, size=48, seed=1))[1]


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"look": "film"}, "Choose one of: wild"),
        ({"subjects": 0}, "at least one subject"),
        ({"subjects": 9}, "at least as many images"),
        ({"size": 8}, "Choose 32 to 1024"),
        ({"wrong_labels_per_mille": 1001}, "choose 0 to 1000"),
        ({"test_subjects": 3, "test_images": 2}, "3 further subjects"),
        ({"test_images": 2}, "0 further subjects"),
        ({"look": "clinic", "wrong_labels_per_mille": 5}, "not labelled with expressions"),
    ],
)
def test_refusals(changed, hint, tmp_path):
    """What cannot be drawn is refused with the way out, and nothing is written."""
    spec = {"look": "lab", "subjects": 2, "images": 8, "size": 32, "seed": 0} | changed
    with pytest.raises(ConfigurationError, match=hint):
        draw_dataset(DrawnSpec(**spec), tmp_path / "out")
    assert not (tmp_path / "out").exists()


_specs = st.builds(
    _spec,
    look=st.sampled_from(LOOKS),
    subjects=st.integers(1, 6),
    images=st.integers(6, 18),
    size=st.integers(32, 56),
    seed=st.integers(0, 2**32),
    wrong=st.integers(0, 1000),
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
    for task in set(CLASSES) & set(manifest):
        assert set(manifest[task]) <= set(CLASSES[task])
    assert manifest.filter(regex=r"^au").stack().between(0, 100).all()
    assert manifest.filter(regex=r"^attr_").stack().isin([0, 1]).all()


def test_manifest_reads_back(tmp_path):
    """The written manifest holds words for classes, and 0 or 1 for a wrong label."""
    draw_dataset(DrawnSpec("portraits", 4, 8, 32, seed=0, wrong_labels_per_mille=500), tmp_path)
    manifest = pd.read_csv(tmp_path / "manifest.csv", keep_default_na=False)
    assert manifest.glasses.isin(CLASSES["glasses"]).all()
    assert manifest.label_is_wrong.sum() == 4
