"""Readers on anything: a manifest that is true to the files, or one error of the project; nothing else."""

import csv
import io
import os
import string

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.config import DatasetSettings
from engram.core.errors import DataMissingError, ManifestError
from engram.core.labels import CLASSES, RANGES, TASKS
from engram.data.images.readers import cmu, jaffe, mug, read_dataset
from engram.data.images.readers.fer2013 import EMOTIONS, USAGES
from tests.damage import DAMAGE, complaint, examples

FILES = ["a.png", "b.png", "sub/c.png", "d,e.png", "naïve.png"]
LINES = [
    "image,subject,expression,age,attr_hat,x_note",
    "a.png,ada,anger,30,1,plain",
    'b.png,"bo, jr.",none?,,,"two\nlines"',
    "sub/c.png,NA,happiness,116,0,#7",
    '"d,e.png",ada,,0.5,,',
    "naïve.png,cy,fear,,1,True",
]
LISTING = "\n".join(LINES).replace("none?", "surprise") + "\n"


def dataset(reader):
    return DatasetSettings(title="Any", reader=reader, root="here")


def read(reader, root):
    """Return a reader's manifest, or what its error says."""
    found = []
    said = complaint(lambda: found.append(read_dataset("any", reader, root)), ManifestError, DataMissingError)
    assert said is None or str(root) in said
    return found[0] if found else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a listed data set."""
    root = tmp_path_factory.mktemp("listed")
    for name in FILES:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    (root / "manifest.csv").write_text(LISTING, encoding="utf-8")
    return root


def fields(text):
    """Return a table's rows as another reader of CSV sees them, blank lines aside."""
    return [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")) if row]


def test_the_listing_itself_is_read_to_the_letter(folder):
    """Quoted commas and line ends, a person called NA, and missing values."""
    (folder / "manifest.csv").write_text(LISTING, encoding="utf-8")
    frame = read("manifest", folder)
    assert frame["image"].tolist() == FILES
    assert frame["subject"].tolist() == ["ada", "bo, jr.", "NA", "ada", "cy"]
    assert frame["expression"].fillna("-").tolist() == ["anger", "surprise", "happiness", "-", "fear"]


def is_true_to(frame, text):
    """Check that each row of a manifest says what the table's row says, and nothing that is not allowed."""
    header, *rows = fields(text)
    assert len(frame) == len(rows)
    for column in ("image", "subject", "expression"):
        if column in frame:
            told = [row[[name.strip() for name in header].index(column)] for row in rows]
            assert frame[column].fillna("").tolist() == told
    assert set(frame.get("expression", pd.Series(dtype=str)).dropna()) <= set(CLASSES["expression"])
    assert frame.get("age", pd.Series(dtype=float)).dropna().between(*RANGES["age"]).all()


@examples(200)
@given(damage=DAMAGE)
def test_a_damaged_listing(folder, damage):
    """Whatever happens to manifest.csv, what passes is what stands there."""
    data = damage.of(LISTING.encode())
    (folder / "manifest.csv").write_bytes(data)
    frame = read("manifest", folder)
    if frame is not None:
        is_true_to(frame, data.decode())


_CELLS = st.one_of(
    st.sampled_from([*FILES, "", " ", "ada", "bo", "anger", "joy", "30", "-1", "1e3", "nan", "True", "a\0b"]),
    st.text(max_size=8),
    st.sampled_from(["/etc/passwd", "../x.png", "a.png#1", "./a.png", "sub//c.png", "n" * 300, "C:\\x", "~"]),
)
_HEADERS = st.lists(
    st.sampled_from(
        ["image", "subject", *TASKS[:3], "age", "attr_hat", "x_a", "au12", "", "other", "official_split"]
    ),
    min_size=1,
    max_size=5,
)


@examples(200)
@given(_HEADERS, st.lists(st.lists(_CELLS, max_size=6), max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_any_table_under_the_name_of_a_listing(folder, header, rows, end):
    """Random columns, rows too short and too long, absolute and impossible paths, NUL characters."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=end).writerows([header, *rows])
    (folder / "manifest.csv").write_text(buffer.getvalue(), encoding="utf-8", newline="")
    frame = read("manifest", folder)
    if frame is not None:
        assert len(frame) == len(fields(buffer.getvalue())) - 1
        assert set(frame["image"]) <= set(FILES)
        assert frame["image"].is_unique


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a.png,ada,anger,30,1,plain,more", "row 0: 7 fields where the header has 6"),
        ("a.png,ada,anger", "row 0: 3 fields where the header has 6"),
        ('a.png,ada,anger,30,1,"unclosed', "cannot be read"),
        ("a.png\0,ada,anger,30,1,", "is not a path inside"),
        ("/etc/passwd,ada,anger,30,1,", "is not a path inside"),
        ("sub/../../x.png,ada,anger,30,1,", "is not a path inside"),
        (f"{'n' * 300}.png,ada,anger,30,1,", "cannot be looked for"),
        ("circle.png,ada,anger,30,1,", "circle"),
        ("outside.png,ada,anger,30,1,", "leads out of the data set"),
        ("sub,ada,anger,30,1,", "'sub' does not exist"),
    ],
)
def test_rows_that_lie(folder, line, words):
    """Rows too long or short, links in circles and out of the folder, names that no disk has."""
    for name, target in (("circle.png", "circle.png"), ("outside.png", os.devnull)):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)
    (folder / "manifest.csv").write_text(f"{LINES[0]}\n{line}\n", encoding="utf-8")
    with pytest.raises(ManifestError, match=words):
        read_dataset("any", "manifest", folder)


def test_one_image_under_two_spellings(folder):
    """`./a.png` is `a.png`: an image that stands there twice could be in two subsets."""
    rows = ["image,subject,expression", "a.png,ada,anger", "./a.png,bo,fear"]
    (folder / "manifest.csv").write_text("\n".join(rows))
    with pytest.raises(ManifestError, match=r"row 1 \(image 'a\.png'\).*stands there twice"):
        read_dataset("any", "manifest", folder)


FER = "emotion,pixels,Usage\n" + "".join(
    f"{code},1 2 3,{usage}\n" for code, usage in zip(range(6), [*USAGES] * 2, strict=True)
)


@examples(150)
@given(damage=DAMAGE)
def test_a_damaged_fer2013(tmp_path_factory, damage):
    """Each row that passes has the code and usage of its own line."""
    root = tmp_path_factory.mktemp("fer")
    data = damage.of(FER.encode())
    (root / "fer2013.csv").write_bytes(data)
    frame = read("fer2013", root)
    if frame is not None:
        header, *rows = [line.split(",") for line in data.decode("utf-8-sig").split("\n") if line.strip("\r")]
        header = [name.strip() for name in header]
        codes = [EMOTIONS[int(row[header.index("emotion")])] for row in rows]
        assert frame["expression"].tolist() == codes
        assert frame["image"].tolist() == [f"fer2013.csv#{row}" for row in range(len(rows))]


LONDON = "face_id,face_age,face_gender,face_eth\n001,20,female,white\n002,NA,male,white/black\n"


@examples(150)
@given(damage=DAMAGE)
def test_a_damaged_london_table(tmp_path_factory, damage):
    """Each person's facts are those of the row that names the person."""
    root = tmp_path_factory.mktemp("london")
    (root / "neutral_front").mkdir()
    for person in ("001", "002"):
        (root / f"neutral_front/{person}_03.jpg").touch()
    data = damage.of(LONDON.encode())
    (root / "london_faces_info.csv").write_bytes(data)
    frame = read("london", root)
    if frame is not None:
        header, *rows = fields(data.decode())
        told = {row[header.index("face_id")]: row for row in rows}
        for person, gender in zip(frame["subject"], frame["gender"].fillna(""), strict=True):
            assert told[person][header.index("face_gender")] in (gender, "NA")


_PARTS = st.text(string.ascii_letters + string.digits + "._- ä\udc80", min_size=1, max_size=12)
_NAMES = st.one_of(
    _PARTS,
    st.from_regex(jaffe._NAME, fullmatch=True),
    st.from_regex(cmu._NAME, fullmatch=True),
    st.from_regex(mug._PATH, fullmatch=True),
)


@examples(150)
@given(
    st.sampled_from(["jaffe", "cmu", "mug", "london"]),
    st.lists(st.tuples(_NAMES, st.sampled_from(["", ".tiff", ".pgm", ".jpg"])), min_size=1, max_size=4),
)
def test_any_names_in_a_folder(tmp_path_factory, reader, names):
    """Names of any bytes, near the layout and far from it: each row's image is there and told truly."""
    root = tmp_path_factory.mktemp("named")
    for name, ending in names:
        path = root / (name.strip("/") + ending)
        if ".." not in path.parts and len(os.fsencode(path.name)) < 250 and not path.exists():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            except (FileExistsError, NotADirectoryError):
                continue
    frame = read(reader, root)
    if frame is not None:
        assert all((root / image).is_file() for image in frame["image"])
        assert all(
            str(subject) in image for image, subject in zip(frame["image"], frame["subject"], strict=True)
        )
