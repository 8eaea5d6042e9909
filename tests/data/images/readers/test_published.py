"""Readers of published layouts, each on a miniature that has the owners' names, codes and known faults."""

import numpy as np
import pandas as pd
import pytest

from engram.data.images.decode import ImageSource
from engram.data.images.readers import read_dataset
from engram.data.manifest import BOX, EYES, read_manifest, write_manifest
from engram.data.pairs import official_pairs
from tests.data.images import miniatures
from tests.data.images.miniatures import MINIATURES


def column(frame, name):
    """Return a column with None for what is missing."""
    return [None if pd.isna(value) else value for value in frame[name]]


@pytest.mark.parametrize("name", MINIATURES)
def test_every_image_of_a_manifest_can_be_decoded(roots, read, name, tmp_path):
    """Also those that come from records; and the manifest survives its file, counts included."""
    frame, source = read(name), ImageSource(roots(name))
    write_manifest(tmp_path / "m.parquet", frame)
    again = read_manifest(tmp_path / "m.parquet")
    pd.testing.assert_frame_equal(frame, again, check_dtype=False)
    assert again.attrs == frame.attrs
    for image in frame["image"]:
        assert source.read(image).std() > 10


def test_affectnet(read):
    """Codes become words; none, uncertain and no face are left out; validation.csv is tested on."""
    frame = read("affectnet")
    words = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", None]
    assert column(frame, "expression") == words * 2
    assert column(frame, "x_expression") == [*[None] * 7, "contempt"] * 2
    assert frame["official_split"].tolist() == ["train"] * 8 + ["test"] * 8
    assert frame[list(BOX)].to_numpy().tolist() == [[code, 2, 40, 44] for code in range(8)] * 2
    assert frame[list(EYES)].to_numpy().tolist() == [[18 + n, 20, 30 + n, 20] for n in range(8)] * 2
    assert frame["x_arousal"].tolist() == [-code / 10 for code in range(8)] * 2
    assert frame.attrs["counts"] == {
        "unlabelled_contempt": 2,
        **{f"left_out_{reason}": 2 for reason in ("none", "uncertain", "no_face")},
        "left_out_twice": 1,
    }


def test_affectnet_s_automatic_annotations(roots):
    """They are added to those of people where both are asked for."""
    frame = read_dataset("a", "affectnet", roots("affectnet"), {"annotations": "both"})
    assert frame["image"].iloc[-1] == "Automatically_Annotated_Images/7/auto.jpg"
    assert (len(frame), frame["official_split"].iloc[-1]) == (17, "train")


def test_affectnet_s_cropped_release(read):
    """Values that are stored as text count like numbers; eyes come from the flat landmarks."""
    frame = read("affectnet_npy")
    assert column(frame, "x_valence") == [code / 10 for code in range(8)] * 2
    assert frame["official_split"].tolist() == ["train"] * 8 + ["test"] * 8
    assert frame["x_left_eye_x"].tolist() == [18 + number for number in range(8)] * 2
    assert frame["x_box_left"].isna().all()


def test_rafdb(read):
    """The split is in the name; unsure gender is missing; aligned faces have no eyes of the photographs."""
    frame = read("rafdb")
    words = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"]
    assert frame["expression"].tolist() == words * 2
    assert frame["official_split"].tolist() == ["train"] * 9 + ["test"] * 5
    assert column(frame, "gender")[:3] == ["female", None, "male"]
    assert column(frame, "ethnicity")[:3] == ["black", "east_asian", "white"]
    assert frame["x_age_range"].tolist()[:5] == ["4-19", "20-39", "40-69", "70+", "0-3"]
    assert not set(EYES) & set(frame)
    photographs = read("rafdb", images="original")
    assert photographs["image"].tolist()[0] == "Image/original/train_00001.jpg"
    assert photographs[list(EYES)].to_numpy().tolist() == [[18, 20, 30, 21]] * 14


def test_sfew(read):
    """Equal stems stay apart; films stand for subjects; a number alone tells no film."""
    frame = read("sfew")
    assert frame["image"].is_unique
    assert frame["subject"].tolist()[:6] == [
        *("film 21", "film Harry_Potter_1", "image Train/Train_Aligned_Faces/Disgust/38.png"),
        *("film Hangover", "image Train/Train_Aligned_Faces/Fear/38.png", "film Hangover"),
    ]
    assert frame["official_split"].value_counts().to_dict() == {"train": 10, "test": 2}
    assert frame["expression"].tolist()[-2:] == ["happiness", "sadness"]


def test_tfeid(read):
    """The letter p is surprise, endings in capitals count, contempt has no label."""
    frame = read("tfeid")
    assert (len(frame), sorted(frame["subject"].unique())) == (25, ["f01", "f02", "m01"])
    surprise = frame[frame["expression"] == "surprise"]
    assert surprise["image"].str.endswith("_dfh_pg.JPG").all()
    assert len(surprise) == 3
    assert frame["expression"].isna().sum() == (frame["x_expression"] == "contempt").sum() == 3
    assert frame["x_series"].unique().tolist() == ["dfh", "dfl_2"]


def test_emotionet(read):
    """Dead links are counted, 999 is missing, people's list counts more, unlisted images stay."""
    frame = read("emotionet")
    assert len(frame) == 6
    assert column(frame, "au1") == [1, None, 0, None, None, None]
    assert column(frame, "au12") == [None, 0, None, None, None, None]
    assert column(frame, "au60") == [None, None, 1, None, None, None]
    assert frame.attrs["counts"] == {"left_out_not_downloaded": 1}


def test_msceleb_s_records(roots, read):
    """Subjects are those of the identity records; the image whose bytes hold the magic number is whole."""
    frame = read("msceleb_records")
    assert frame["subject"].tolist() == ["id 0", "id 0", "id 1", "id 1", "id 1", "id 2"]
    source = ImageSource(roots("msceleb_records"))
    shown = [source.read(image) for image in frame["image"]]
    for number, image in enumerate(shown):
        path = roots("msceleb_records") / f"{number}.jpg"
        path.write_bytes(miniatures.face(number))
        np.testing.assert_array_equal(image, source.read(path.name))


def test_records_without_identities(tmp_path):
    """Where the first record describes no others, every record is an image with its own label."""
    miniatures.write_records(tmp_path, [([float(n // 2)], miniatures.face(n)) for n in range(4)])
    frame = read_dataset("m", "msceleb", tmp_path)
    assert frame["subject"].tolist() == ["id 0", "id 0", "id 1", "id 1"]


def test_msceleb_s_folders(read):
    """A folder a subject; the cleaned lists keep what they name and give it their label."""
    assert read("msceleb")["subject"].value_counts().to_dict() == {"m.01": 3, "m.0_f": 3, "m.x2": 3}
    frame = read("msceleb", lists="clean")
    assert dict(zip(frame["image"], frame["subject"], strict=True)) == {
        **dict.fromkeys(("m.01/0-FaceId-0.jpg", "m.01/2-FaceId-0.jpg"), "0"),
        **dict.fromkeys(("m.0_f/1-FaceId-0.jpg", "m.x2/2-FaceId-0.jpg"), "1"),
    }
    assert frame.attrs["counts"] == {"left_out_not_clean": 5}


def test_lfw(read):
    """Pairs are found again in the list's order, of the same subject first, fold by fold."""
    frame = read("lfw")
    pairs = official_pairs(frame)
    assert pairs["fold"].tolist() == [1] * 4 + [2] * 4
    assert pairs["same"].tolist() == [True, True, False, False] * 2
    stems = frame["image"].str.extract(r"/([^/]+)\.jpg")[0]
    assert [stems[row] for row in pairs.loc[1, ["first_row", "other_row"]]] == ["Ada_A_0002", "Ada_A_0003"]
    assert {stems[row] for row in pairs.loc[6, ["first_row", "other_row"]]} == {"Ada_B_0001", "Bo-Ann_B_0001"}
    assert frame[frame["subject"] == "Zoe"]["x_fold"].isna().all()
    assert (frame["official_split"].eq("test") == frame["subject"].ne("Zoe")).all()


def test_vggface2(read):
    """A name with a comma keeps its gender; boxes and eyes are found by the quoted names."""
    frame = read("vggface2")
    assert frame.groupby("subject")["gender"].first().to_dict() == {
        "n000001": "male",
        "n000002": "female",
        "n000003": "male",
    }
    assert frame.groupby("official_split")["subject"].nunique().to_dict() == {"test": 1, "train": 2}
    assert frame["x_box_left"].tolist() == [1, 2] * 3
    assert frame["x_right_eye_y"].tolist() == [21] * 6
    assert set(read("vggface2", part="train")["official_split"]) == {"train"}


@pytest.mark.parametrize("name", ["celeba", "celeba_flat"])
def test_celeba(read, name):
    """-1 is absent; subjects and subsets are the owners'; boxes go with the photographs alone."""
    frame = read(name)
    assert frame["subject"].tolist() == ["7", "7", "8", "8", "9", "9"]
    assert frame["official_split"].tolist() == ["train"] * 2 + ["validation"] * 2 + ["test"] * 2
    attributes = frame.filter(like="attr_")
    assert attributes.shape[1] == 40
    expected = [[float((number + place) % 3 == 0) for place in range(40)] for number in range(6)]
    assert attributes.to_numpy().tolist() == expected
    assert "attr_5_o_clock_shadow" in attributes
    assert "x_box_left" not in frame
    assert frame["x_left_eye_x"].tolist() == [16] * 6
    photographs = read(name, images="photographs")
    assert photographs["x_box_left"].tolist() == list(range(6))
    assert photographs["x_left_eye_x"].tolist() == [36] * 6


def test_celeba_s_tables(roots, tmp_path):
    """Lists with commas and one header, as another copy has them, say the same."""
    root = tmp_path / "csv"
    (root / "img_align_celeba").parent.mkdir()
    (root / "img_align_celeba").symlink_to(roots("celeba_flat") / "img_align_celeba")
    for name, head in (("list_attr_celeba", None), ("list_eval_partition", "image_id,partition")):
        lines = [line.split() for line in (roots("celeba_flat") / f"{name}.txt").read_text().splitlines()]
        if head is None:
            head, lines = "image_id," + ",".join(lines[1]), lines[2:]
        (root / f"{name}.csv").write_text("\n".join([head, *map(",".join, lines)]))
    frame = read_dataset("c", "celeba", root, links=[str(roots("celeba_flat"))])
    whole = read_dataset("c", "celeba", roots("celeba_flat"))
    same = [name for name in frame if name.startswith("attr_") or name in ("image", "official_split")]
    assert len(same) == 42
    pd.testing.assert_frame_equal(frame[same], whole[same])


def test_tiny_imagenet(read):
    """Validation gets its classes from the list and is tested on; test images have no labels."""
    frame = read("tiny_imagenet")
    labels = frame["object"].fillna(frame["x_object"])
    assert labels.tolist() == ["n01443537"] * 3 + ["n02124075"] * 3 + ["n02124075", "n01443537"]
    assert frame["official_split"].tolist() == ["train"] * 6 + ["test"] * 2
    assert frame.attrs["counts"]["left_out_test_without_labels"] == 2
