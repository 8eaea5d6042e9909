import re
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engram.config import DatasetSettings, DrawnSettings
from engram.core.errors import DataMissingError, ManifestError
from engram.data.images.readers import cmu, fer2013, jaffe, missing_data, read_dataset

junk = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=20).map(
    lambda name: "f" + name
)
again = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def dataset(reader, source=""):
    return DatasetSettings(title=f"The {reader} set", reader=reader, root="here", source=source)


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_london_s_real_set(real_faces):
    """The London set has 70 subjects with two images each, ages from 18 to 54, four ethnicities."""
    frame = read_dataset("london", "london", real_faces / "london_set")
    assert len(frame) == 140
    assert (frame.groupby("subject").size() == 2).all()
    assert frame["expression"].value_counts().to_dict() == {"neutral": 70, "happiness": 70}
    assert (frame["age"].min(), frame["age"].max()) == (18, 54)
    subjects = frame.drop_duplicates("subject")
    assert subjects["gender"].value_counts().to_dict() == {"female": 36, "male": 34}
    assert subjects["ethnicity"].value_counts().to_dict() == {
        "white": 46,
        "black": 10,
        "east_asian": 7,
        "west_asian": 7,
    }


def test_cmu_s_real_set(real_faces):
    """The CMU images are 435 of 14 users, in four poses, half of them with sunglasses."""
    frame = read_dataset("cmu", "cmu", real_faces / "cmu_faces")
    assert (len(frame), frame["subject"].nunique()) == (435, 14)
    assert frame["pose"].value_counts().to_dict() == {"left": 110, "straight": 109, "right": 108, "up": 108}
    assert frame["glasses"].value_counts().to_dict() == {"none": 219, "sunglasses": 216}
    counts = {"attr_sunglasses": 216, "attr_left": 110, "attr_right": 108, "attr_up": 108}
    assert frame.filter(like="attr_").sum().to_dict() == counts


def test_cmu_s_attributes(tmp_path):
    """Sunglasses and each turn of the head are attributes too; a straight head has no turn."""
    touch(
        tmp_path,
        "an2i/an2i_left_happy_open.pgm",
        "an2i/an2i_straight_sad_sunglasses.pgm",
        "bpm/bpm_up_angry_open.pgm",
    )
    frame = read_dataset("cmu", "cmu", tmp_path)
    assert frame.filter(like="attr_").to_dict("list") == {
        "attr_sunglasses": [0, 1, 0],
        "attr_left": [1, 0, 0],
        "attr_right": [0, 0, 0],
        "attr_up": [0, 0, 1],
    }


def test_jaffe(tmp_path):
    """Person and expression stand in the name; notes beside the images do not matter."""
    touch(tmp_path, "KA.AN1.39.tiff", "KA.NE2.27.tiff", "YM.HA3.54.tiff", "README_FIRST.txt", ".DS_Store")
    frame = read_dataset("jaffe", "jaffe", tmp_path)
    assert frame.to_numpy().tolist() == [
        ["KA.AN1.39.tiff", "KA", "anger"],
        ["KA.NE2.27.tiff", "KA", "neutral"],
        ["YM.HA3.54.tiff", "YM", "happiness"],
    ]


@again
@given(
    st.sets(
        st.tuples(
            st.sampled_from(["KA", "KL", "YM"]),
            st.sampled_from(list(jaffe.EXPRESSION_CODES)),
            st.integers(1, 4),
            st.integers(1, 213),
        ),
        min_size=1,
    )
)
def test_every_jaffe_name_is_understood(tmp_path_factory, names):
    """Whatever images there are, each gets its person and expression."""
    root = tmp_path_factory.mktemp("jaffe")
    touch(root, *(f"{who}.{code}{take}.{number}.tiff" for who, code, take, number in names))
    frame = jaffe.read(root)
    assert len(frame) == len(names)
    for image, subject, expression in frame.itertuples(index=False):
        assert image[:2] == subject
        assert jaffe.EXPRESSION_CODES[image[3:5]] == expression


@again
@given(
    st.sets(
        st.tuples(
            st.sampled_from(["an2i", "bpm"]),
            st.sampled_from(["straight", "left", "right", "up"]),
            st.sampled_from(list(cmu.EXPRESSION_WORDS)),
            st.sampled_from(list(cmu.GLASSES)),
            st.sampled_from(["", "_2", "_4"]),
        ),
        min_size=1,
    )
)
def test_every_cmu_name_is_understood(tmp_path_factory, names):
    """Each full-size image gets its four facts; the reduced copies are left out."""
    root = tmp_path_factory.mktemp("cmu")
    touch(root, *(f"{name[0]}/{'_'.join(name[:4])}{name[4]}.pgm" for name in names))
    frame = cmu.read(root)
    assert len(frame) == sum(not copy for *_, copy in names)
    for row in frame.itertuples():
        words = re.split(r"[/_.]", row.image)[1:5]
        assert words == [row.subject, row.pose, *words[2:]]
        assert (cmu.EXPRESSION_WORDS[words[2]], cmu.GLASSES[words[3]]) == (row.expression, row.glasses)


@again
@given(st.sampled_from(["jaffe", "cmu", "mug"]), junk, st.sampled_from([".tiff", ".pgm", ".jpg"]))
def test_junk_never_becomes_a_manifest(tmp_path_factory, reader, name, ending):
    """A name outside the layout is refused by name; it never becomes a row."""
    root = touch(tmp_path_factory.mktemp("junk"), name + ending)
    with pytest.raises(ManifestError, match=re.escape(name + ending)):
        read_dataset("junk", reader, root)


@pytest.mark.parametrize("session", ["", "session0/"])
def test_mug(tmp_path, session):
    """Person and expression are folders, with or without sessions; the take is kept as a fact."""
    touch(
        tmp_path, f"001/{session}anger/take000/img_0000.jpg", f"002/{session}happiness/take001/img_0012.jpg"
    )
    frame = read_dataset("mug", "mug", tmp_path)
    assert frame["subject"].tolist() == ["001", "002"]
    assert frame["expression"].tolist() == ["anger", "happiness"]
    assert frame["x_take"].tolist() == [f"001/{session}anger/take000", f"002/{session}happiness/take001"]


def test_fer2013(tmp_path):
    """Codes become words, usages become subsets, and every image is its own subject."""
    rows = [f"{code},1 2 3,{usage}" for code, usage in zip(range(7), [*fer2013.USAGES] * 3, strict=False)]
    (tmp_path / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]))
    frame = read_dataset("fer", "fer2013", tmp_path)
    assert tuple(frame["expression"]) == fer2013.EMOTIONS
    assert frame["official_split"].tolist()[:3] == ["train", "validation", "test"]
    assert frame["image"].tolist()[6] == "fer2013.csv#6"
    assert frame["subject"].is_unique


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("emotion,pixels,Usage\n0,1,Training\n7,1,Training\n", r"row 1: emotion '7' is unknown"),
        ("emotion,pixels,Usage\n0,1,Train\n", r"row 0: Usage 'Train' is unknown"),
        ("emotion,pixels\n0,1\n", r"column 'Usage' is missing"),
        ("", r"the file is empty"),
        ("emotion,pixels,Usage\n", r"there are no images"),
    ],
)
def test_wrong_fer2013(tmp_path, table, message):
    """A wrong code, usage or column is named with its file and row."""
    (tmp_path / "fer2013.csv").write_text(table)
    with pytest.raises(ManifestError, match=message):
        read_dataset("fer", "fer2013", tmp_path)


@pytest.mark.parametrize(
    ("info", "images", "message"),
    [
        ("face_id,face_age\n", ["neutral_front/001_03.jpg"], "column 'face_gender' is missing"),
        (
            "face_id,face_age,face_gender,face_eth\n002,20,male,white\n",
            ["neutral_front/001_03.jpg"],
            r"001_03\.jpg: london_faces_info\.csv does not know this subject",
        ),
        (
            "face_id,face_age,face_gender,face_eth\n001,20,male,white\n001,20,male,white\n",
            ["neutral_front/001_03.jpg"],
            "'001' stands there twice",
        ),
        (
            "face_id,face_age,face_gender,face_eth\n001,20,male,white\n",
            ["neutral_front/001_08.jpg"],
            r"001_08\.jpg: not a London Set name",
        ),
    ],
)
def test_wrong_london(tmp_path, info, images, message):
    """A person without facts, facts twice, or an image in the wrong folder is named."""
    touch(tmp_path, *images)
    (tmp_path / "london_faces_info.csv").write_text(info)
    with pytest.raises(ManifestError, match=message):
        read_dataset("london", "london", tmp_path)


def test_combined_ethnicities_are_missing(tmp_path):
    """What is not one of the task's classes is left open, not forced into one."""
    touch(tmp_path, *(f"neutral_front/00{i}_03.jpg" for i in (1, 2, 3)))
    rows = "001,20,female,white\n002,,male,white/black\n003,30,male,\n"
    (tmp_path / "london_faces_info.csv").write_text("face_id,face_age,face_gender,face_eth\n" + rows)
    frame = read_dataset("london", "london", tmp_path)
    assert frame["ethnicity"].isna().tolist() == [False, True, True]
    assert frame["age"].isna().tolist() == [False, True, False]


def test_listing(listed, manifest):
    """A laboratory's own table is taken as it stands; "none" is a class and "NA" a person."""
    table = manifest.assign(
        subject=["NA"] * 6 + ["bo"] * 6, glasses=["none", ""] * 6, label_is_wrong=[True, False] * 6, au12=3
    )
    table.to_csv(listed / "manifest.csv", index=False)
    frame = read_dataset("lab", "manifest", listed)
    assert frame["subject"].tolist() == ["NA"] * 6 + ["bo"] * 6
    assert frame["glasses"].isna().tolist() == [False, True] * 6
    assert frame["label_is_wrong"].dtype == bool
    assert frame["au12"].dtype.kind == "i"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("gone.png,ada,anger", r"manifest\.csv, row 12: the image 'gone\.png' does not exist"),
        ("../gone.png,ada,anger", r"'\.\./gone\.png' is not a path inside"),
        ("ada_0.png,ada,anger", r"manifest\.csv, row 12 \(image 'ada_0\.png'\).*stands there twice"),
        ("images.npy#3,ada,anger", r"row 12: the image 'images\.npy' does not exist"),
    ],
)
def test_wrong_listing(listed, line, message):
    """A row without its file, outside the folder, or there twice is named."""
    with open(listed / "manifest.csv", "a") as stream:
        stream.write(line + "\n")
    with pytest.raises(ManifestError, match=message):
        read_dataset("lab", "manifest", listed)


def test_empty_listing(listed):
    """An empty file says what belongs in it."""
    (listed / "manifest.csv").write_text("")
    with pytest.raises(ManifestError, match=r"manifest\.csv: the file is empty\. Expected"):
        read_dataset("lab", "manifest", listed)


@pytest.mark.parametrize("reader", ["fer2013", "jaffe", "mug", "cmu", "london", "manifest"])
def test_missing_data(tmp_path, reader):
    """One message says what is missing, where it was sought, what belongs there, where to request it."""
    settings = dataset(reader, source="https://owners.example/faces")
    for root in (tmp_path / "nowhere", tmp_path):
        message = missing_data("mine", settings, root)
        for part in (
            "'mine'",
            f"The {reader} set",
            str(root),
            "https://owners.example/faces",
            "Expected there",
        ):
            assert part in message
        with pytest.raises(DataMissingError, match=r"Data set 'mine' is missing.*Expected there") as caught:
            read_dataset("mine", reader, root)
        assert str(root) in str(caught.value)


def test_present_and_drawn_data_are_not_missing(listed, tmp_path):
    """Data that is there, or that will be drawn, is not reported."""
    drawn = DatasetSettings(
        title="Drawn", reader="drawn", drawn=DrawnSettings(look="lab", subjects=3, images=9)
    )
    assert missing_data("lab", dataset("manifest"), listed) is None
    assert missing_data("drawn", drawn, tmp_path / "nowhere") is None
