"""Published layouts with one thing wrong: one error that names the file and the way out."""

import re

import numpy as np
import pytest
from hypothesis import given
from scipy.io import savemat

from engram.config import DatasetSettings
from engram.core.errors import ConfigurationError, DataMissingError, ImageError, ManifestError
from engram.data.images.decode import ImageSource
from engram.data.images.readers import missing_data, read_dataset
from tests.damage import DAMAGE, complaint, examples
from tests.data.images.miniatures import MINIATURES, put, write

EMOTIONET = "emotionet_challenge_files_server_challenge_1.2_aws/dataFile_0001.txt"
RAF = "EmoLabel/list_patition_label.txt"
WIKI = "wiki_crop/wiki.mat"
PSPI = "Frame_Labels/PSPI/042-ll042/ll042t1aaaff/ll042t1aaaff001_facs.txt"
FACS = PSPI.replace("PSPI", "FACS")
MANUAL = "Annotation/manual/train_00001_manu_attri.txt"
TINY = "tiny-imagenet-200"
TRAINING = "Manually_Annotated_file_lists/training.csv"
LANDMARKS = ";".join(["1"] * 136)


def append(name, *lines):
    """Return a change that adds lines to a list."""

    def change(root):
        with open(root / name, "a", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")

    return change


def replace(name, old, new):
    """Return a change of some words of a list."""
    return lambda root: (root / name).write_text((root / name).read_text().replace(old, new))


def remove(name):
    """Return a change that takes a file away."""
    return lambda root: (root / name).unlink()


def add(name):
    """Return a change that adds an image."""
    return lambda root: put(root, name)


CASES = [
    ("affectnet", append(TRAINING, "a,b"), "training.csv, line 14: 2 fields, not the 9 of"),
    (
        "affectnet",
        append(TRAINING, f"0/0000.jpg,1,1,9,9,{LANDMARKS},11,0,0"),
        "line 14: expression '11' is no number",
    ),
    (
        "affectnet",
        append(TRAINING, "0/0000.jpg,1,1,9,9,1;2,1,0,0"),
        "line 14: 'facial_landmarks' are not 68 points",
    ),
    (
        "affectnet",
        append(TRAINING, f"0/no.jpg,1,1,9,9,{LANDMARKS},1,0,0"),
        "1 of the images that it lists are not there",
    ),
    (
        "affectnet",
        append(TRAINING, f"../../x.jpg,1,1,9,9,{LANDMARKS},1,0,0"),
        "the first is 'Manually_Annotated_Images/../../x.jpg'",
    ),
    ("affectnet_npy", remove("val_set/annotations/3_exp.npy"), "3_exp.npy: this annotation is missing"),
    (
        "affectnet_npy",
        lambda root: np.save(root / "val_set/annotations/3_exp.npy", np.array("8")),
        "3_exp.npy: this annotation is no number from 0 to 7",
    ),
    (
        "affectnet_npy",
        lambda root: np.save(root / "val_set/annotations/3_val.npy", np.zeros(2)),
        "3_val.npy: this annotation is no number",
    ),
    (
        "affectnet_npy",
        lambda root: np.save(root / "val_set/annotations/3_lnd.npy", np.zeros(4)),
        "3_lnd.npy: these are not 68 points",
    ),
    (
        "affectnet_npy",
        lambda root: (root / "val_set/annotations/3_exp.npy").write_bytes(b"x"),
        "3_exp.npy: this annotation cannot be read",
    ),
    ("rafdb", append(RAF, "test_0099.jpg 1"), "its image 'test_0099' is not in Image/aligned"),
    ("rafdb", add("Image/aligned/test_0098_aligned.jpg"), "has no label of 'test_0098'"),
    ("rafdb", append(RAF, "test_0001.jpg 8"), "line 15: label '8' is unknown"),
    ("rafdb", append(RAF, "test_0001.jpg 1"), "'test_0001.jpg' stands there twice"),
    ("rafdb", append(RAF, "vali_0001.jpg 1"), "line 15: not '<train or test>"),
    ("rafdb", append(MANUAL, "1"), "not five points, then the codes"),
    ("rafdb", replace(MANUAL, "18", "left"), "its first two lines are not the eyes"),
    ("tfeid", add("dfh_gray/dfh_anger_g/f01_dfh_xg.jpg"), "f01_dfh_xg.jpg: not of this data set"),
    (
        "emotionet",
        append("EmotioNet_FACS_aws_2020_24600.csv", ",".join(["x"] * 62)),
        "row 1: not the address of an image",
    ),
    ("emotionet", append(EMOTIONET, "a\tb"), "row 4: not the address"),
    (
        "emotionet",
        lambda root: write(root, "dataFile_0002.txt", "a,b"),
        "dataFile_0002.txt: this list cannot be read|1 columns, not 62",
    ),
    ("fgnet", add("FGNET/images/01A2.JPG"), "01A2.JPG: not of this data set"),
    (
        "imdb_wiki",
        remove("wiki_crop/17/10000217_1981-05-05_2009.jpg"),
        "wiki.mat: 1 of the images that it lists are not there",
    ),
    ("imdb_wiki", lambda root: (root / WIKI).write_bytes(b"MATLAB"), "wiki.mat: no structure 'wiki'"),
    ("imdb_wiki", lambda root: savemat(root / WIKI, {"wiki": {"dob": [1]}}), "wiki.mat: no structure 'wiki'"),
    ("lfw", append("pairs.txt", "Zoe\t1\t2"), "line 10: 9 pairs, not 8"),
    ("lfw", replace("pairs.txt", "Ada_A\t1\t2", "Ada_A\t1\t9"), "line 2: there is no image Ada_A_0009"),
    (
        "lfw",
        replace("pairs.txt", "Ada_B\t1\t2", "Ada_A\t1\t2"),
        "line 6: 'Ada_A' stands in the folds 1 and 2",
    ),
    ("lfw", replace("pairs.txt", "Ada_A\t1\t2", "Ada_A\t1\t1"), "line 2: both images are the same"),
    ("lfw", replace("pairs.txt", "Ada_A\t1\t2", "Ada_A\t1"), "line 2: not a pair of the same subject"),
    ("lfw", replace("pairs.txt", "2\t2\n", "folds\n"), "line 1: not the number of folds"),
    ("lfw", add("lfw/Zoe/Ada_0001.jpg"), "Ada_0001.jpg: not of this data set"),
    ("msceleb", add("alone.jpg"), "alone.jpg: it lies in no subject's folder"),
    ("msceleb_records", remove("train.idx"), "train.idx: this file is missing"),
    ("msceleb_records", append("train.idx", "0\t0"), "train.idx: not a key and the byte of its record"),
    ("msceleb_records", append("train.idx", "x"), "train.idx: this index cannot be read"),
    (
        "msceleb_records",
        replace("train.idx", "\t0\n", "\t4\n"),
        "the record at byte 4 is damaged: no record begins there",
    ),
    (
        "rafdb",
        lambda root: (root / "Image/aligned").rename(root / "Image/other"),
        "the folder Image/aligned is missing",
    ),
    ("tiny_imagenet", add(f"{TINY}/val/images/val_9.JPEG"), "val_9.JPEG: val_annotations.txt has no label"),
    ("tiny_imagenet", append(f"{TINY}/val/val_annotations.txt", "a\tb"), "line 3: 2 fields, not file, class"),
    (
        "tiny_imagenet",
        append(f"{TINY}/val/val_annotations.txt", "a\tn0\t0\t0\t1\t1"),
        "does not know the class 'n0'",
    ),
    ("tiny_imagenet", add(f"{TINY}/train/n0/images/n0_0.JPEG"), "wnids.txt does not know the class 'n0'"),
    ("unbc", remove(PSPI), "_facs.txt: this label is missing"),
    ("unbc", append(PSPI, "1"), "not one pain score from 0 to 16"),
    ("unbc", replace(PSPI, "0.0", "17.0"), "not one pain score from 0 to 16"),
    ("unbc", append(FACS, "4"), "not an action unit and its intensity"),
    ("unbc", append(FACS, "four 1"), "this label cannot be read"),
    ("utkface", add("UTKFace/x_0_0_1.jpg.chip.jpg"), "x_0_0_1.jpg.chip.jpg: not of this data set"),
    ("utkface", add("UTKFace/117_0_0_1.jpg.chip.jpg"), "117_0_0_1.jpg.chip.jpg: not of this data set"),
    ("vggface2", append("identity_meta.csv", "n000004, Ann, 3"), "line 5: not Class_ID, Name"),
    (
        "vggface2",
        append("bb_landmark/loose_bb_train.csv", '"n000002/0001_01",1,2,3,4'),
        "'n000002/0001_01' stands there twice",
    ),
    (
        "vggface2",
        append("bb_landmark/loose_bb_train.csv", '"n9",a,2,3,4'),
        "loose_bb_train.csv: this table cannot be read",
    ),
    ("vggface2", add("train/0001/0001_01.jpg"), "train/0001/0001_01.jpg: not of this data set"),
    (
        "celeba",
        append("Anno/list_attr_celeba.txt", "000007.jpg 1"),
        "line 9: 2 fields, not an image and 40 values",
    ),
    (
        "celeba",
        replace("Anno/list_attr_celeba.txt", "000001.jpg  1", "000001.jpg  0"),
        "line 3: an attribute is '0', not 1 or -1",
    ),
    (
        "celeba",
        add("Img/img_align_celeba/000009.jpg"),
        "identity_CelebA.txt: there is no row of the image '000009.jpg'",
    ),
    ("celeba", replace("Eval/list_eval_partition.txt", " 2", " 3"), "line 5: partition '3' is unknown"),
    ("celeba", append("Anno/list_attr_celeba.txt", "nonsense"), "line 9: 'nonsense' is no image"),
    (
        "celeba",
        replace("Anno/list_attr_celeba.txt", "Young", ""),
        "line 2: 39 names of attributes for 40 columns",
    ),
]


@pytest.mark.parametrize(
    ("name", "change", "message"), CASES, ids=[f"{case[0]}-{case[2][:40]}" for case in CASES]
)
def test_what_is_wrong_is_named(tmp_path, name, change, message):
    """The file, where there is one the line, what is wrong, and what to do."""
    reader, make = MINIATURES[name]
    make(tmp_path)
    change(tmp_path)
    with pytest.raises(ManifestError) as caught:
        read_dataset("mine", reader, tmp_path)
    assert any(part in str(caught.value) for part in message.split("|"))
    assert str(tmp_path) in str(caught.value)
    way_out = r"Replace|Correct|Take|take|Unpack|Rename|Expected|there|Write"
    assert re.search(way_out, str(caught.value))


@pytest.mark.parametrize("name", sorted({reader for reader, _ in MINIATURES.values()}))
def test_an_empty_folder_holds_no_data(tmp_path, name):
    """The message says what is expected there; notes beside no data set are not one."""
    (tmp_path / "notes.txt").touch()
    chosen = DatasetSettings(title="Mine", reader=name, root="here", source="https://owners.example")
    assert "https://owners.example" in missing_data("mine", chosen, tmp_path)
    with pytest.raises(DataMissingError, match="Expected there"):
        read_dataset("mine", name, tmp_path)


@pytest.mark.parametrize(
    ("reader", "options", "message"),
    [
        ("fgnet", {"images": "aligned"}, "datasets.mine.options: reader 'fgnet' has no options"),
        ("rafdb", {"images": "cropped"}, "datasets.mine.options.images: .*given: 'cropped'.*'rafdb': images"),
        ("utkface", {"lists": "x"}, "datasets.mine.options.lists: .*train_list, validation_list, test_list"),
    ],
)
def test_unknown_options_are_refused(tmp_path, reader, options, message):
    """Before anything is read; the message lists what the reader knows."""
    with pytest.raises(ConfigurationError, match=message):
        read_dataset("mine", reader, tmp_path, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train_list": "../utk_train.csv"}, "does not lie in the data set's folder"),
        ({"train_list": "utk_train.csv", "test_list": "utk_train.csv"}, "is listed twice"),
        ({"train_list": "none.csv"}, "none.csv: this table cannot be read"),
    ],
)
def test_wrong_lists_of_utkface(tmp_path, options, message):
    """A list outside the folder, of images that another has, or that is not there."""
    MINIATURES["utkface"][1](tmp_path)
    with pytest.raises(ManifestError, match=message):
        read_dataset("mine", "utkface", tmp_path, options)


@examples(60)
@given(damage=DAMAGE)
def test_damaged_records_never_crash(tmp_path_factory, damage):
    """Whatever happens to the record file, each image is decoded or refused by name."""
    root = tmp_path_factory.mktemp("rec")
    MINIATURES["msceleb_records"][1](root)
    path = root / "train.rec"
    path.write_bytes(damage.of(path.read_bytes()))
    frames = []
    said = complaint(lambda: frames.append(read_dataset("m", "msceleb", root)), ManifestError)
    assert said is None or "train" in said
    for frame in frames:
        for image in frame["image"]:
            said = complaint(lambda image=image: ImageSource(root).read(image), ImageError)
            assert said is None or "train.rec" in said
