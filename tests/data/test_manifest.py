import pandas as pd
import pytest

from engram.core.errors import ManifestError
from engram.data.manifest import read_manifest, validate_manifest, write_manifest


def test_columns_come_in_the_contract_s_order(manifest):
    """Image, subject, tasks, official split, then everything that goes along untouched."""
    frame = manifest.assign(
        label_is_wrong=False, age=30, au12=2, official_split="train", x_take="a", gender=None
    )
    frame = validate_manifest(frame[frame.columns[::-1]], "m")
    assert list(frame)[:6] == ["image", "subject", "expression", "gender", "age", "official_split"]
    assert set(frame.columns[6:]) == {"label_is_wrong", "au12", "x_take"}
    assert frame["age"].dtype == "float64"
    assert frame["label_is_wrong"].dtype == bool


def test_labels_are_not_needed(manifest):
    """A set of faces without any label is one to distil on, or to verify subjects on."""
    assert list(validate_manifest(manifest[["image", "subject"]], "m")) == ["image", "subject"]


def test_written_manifests_are_read_back(tmp_path, manifest):
    """Parquet keeps words, numbers, missing values and types."""
    frame = manifest.assign(age=[20.5, None] * 6, glasses=["none", None] * 6, label_is_wrong=True)
    write_manifest(tmp_path / "m.parquet", frame)
    again = read_manifest(tmp_path / "m.parquet")
    pd.testing.assert_frame_equal(again, validate_manifest(frame, "m"))
    assert again["glasses"].isna().sum() == 6


def test_counts_of_a_reader_go_along(tmp_path, manifest):
    """What a reader counted is still there when faces are prepared."""
    manifest.attrs["counts"] = {"left_out_no_face": 3}
    write_manifest(tmp_path / "m.parquet", manifest)
    assert read_manifest(tmp_path / "m.parquet").attrs["counts"] == {"left_out_no_face": 3}


def test_the_argument_is_left_alone(manifest):
    """Validation returns a new frame."""
    before = manifest.assign(age="30")
    frame = before.copy()
    validate_manifest(frame, "m")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.drop(columns="subject"), r"here: the column 'subject' is missing"),
        (lambda m: m.assign(emotion=1), r"here: unknown column 'emotion'.*begin the name .* with 'x_'"),
        (
            lambda m: m.assign(expression="joy"),
            r"here, row 0 \(image 'ada_0.png'\): expression 'joy'.*anger, disgust",
        ),
        (lambda m: m.assign(age=[30] * 11 + [130]), r"row 11 .*age '130'.*from 0 to 116"),
        (lambda m: m.assign(age="old"), r"row 0 .*age 'old'"),
        (lambda m: m.assign(image=["a", "b", "a", *"defghijkl"]), r"row 2 \(image 'a'\).*stands there twice"),
        (lambda m: m.iloc[:0], r"here: there are no images"),
        (lambda m: m.assign(subject=[*"abcdefghijk", " "]), r"row 11 .*subject ' '"),
        (lambda m: m.assign(subject=[*"abcdefghijk", None]), r"row 11 .*subject"),
        (lambda m: m.assign(subject="ada"), r"here: all images are of one subject, 'ada'"),
        (
            lambda m: m.assign(official_split="training"),
            r"row 0 .*official_split 'training'.*train, validation",
        ),
        (lambda m: pd.concat([m, m[["expression"]]], axis=1), r"'expression' stands there twice"),
    ],
)
def test_wrong_manifests_are_refused(manifest, change, message):
    """Each fault gives one error that names place, value and way out."""
    with pytest.raises(ManifestError, match=message):
        validate_manifest(change(manifest), "here")


def test_a_refused_manifest_leaves_the_old_one(tmp_path, manifest):
    """Nothing is written over a good manifest by a bad one."""
    path = tmp_path / "m.parquet"
    write_manifest(path, manifest)
    before = path.read_bytes()
    with pytest.raises(ManifestError, match="joy"):
        write_manifest(path, manifest.assign(expression="joy"))
    assert path.read_bytes() == before


def test_damaged_manifests_are_refused(tmp_path, manifest):
    """A missing or truncated file names itself and the way out."""
    path = tmp_path / "m.parquet"
    with pytest.raises(ManifestError, match=r"m\.parquet: this file is missing\. Run snakemake again"):
        read_manifest(path)
    write_manifest(path, manifest)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ManifestError, match=r"m\.parquet.*run snakemake again"):
        read_manifest(path)
