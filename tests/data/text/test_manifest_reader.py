"""A laboratory's own list of files."""

import pytest

from engram.core.errors import EngramError, ManifestError, TextError
from engram.data.text.readers.manifest import present, read
from engram.data.text.sentences import TextFormat
from tests.data.text.test_conll import write

FORM = TextFormat("mine")


def found_in(folder, form=FORM):
    return [(one.subset, one.document, one.tokens, one.tags) for one in read(folder, form).sentences]


def test_listed_files_in_columns_and_in_standoff(tmp_path):
    write(tmp_path, manifest__csv="file,document,official_split,x_ward\na.tsv,p1,train,3\nb/c.txt,,dev,\n")
    write(tmp_path, a__tsv="One\tB-x\n\ntwo\tO\n", b___c__txt="One gene.", b___c__ann="T1\tg 4 8\tgene\n")
    write(tmp_path, unlisted__tsv="broken\n")
    assert present(tmp_path)
    assert found_in(tmp_path) == [
        ("train", "p1", ["One"], ["B-x"]),
        ("train", "p1", ["two"], ["O"]),
        ("validation", "b/c", ["One", "gene", "."], ["O", "B-g", "O"]),
    ]


def test_only_the_files_are_needed(tmp_path):
    write(tmp_path, manifest__csv="file\na.tsv\n", a__tsv="-DOCSTART- (d1)\n\nOne\tO\n")
    assert found_in(tmp_path) == [(None, "d1", ["One"], ["O"])]


def test_unlabelled_running_text(tmp_path):
    write(tmp_path, manifest__csv="file\na.txt\n", a__txt="One. Two.")
    language = TextFormat("mine", kind="language")
    assert [one[2:] for one in found_in(tmp_path, language)] == [(["One", "."], None), (["Two", "."], None)]


DAMAGE = {
    "an absent file": ("file\na.tsv\nb.tsv\n", ManifestError, "row 1: the file 'b.tsv' does not exist"),
    "a file elsewhere": ("file\n../a.tsv\n", ManifestError, "row 0: the file"),
    "a file twice": ("file\na.tsv\n./a.tsv\n", ManifestError, "row 1: the file 'a.tsv' stands there twice"),
    "no file": ("file,document\n,x\n", ManifestError, "row 0: the file is missing"),
    "an unknown subset": (
        "file,official_split\na.tsv,later\n",
        ManifestError,
        "row 0: official_split",
    ),
    "an unknown column": ("file,subject\na.tsv,x\n", ManifestError, "column 'subject'"),
    "no column": ("document\nx\n", ManifestError, "the column 'file' is missing"),
    "an empty list": ("file\n", ManifestError, "it lists no file"),
    "a short row": ("file,document\na.tsv\n", ManifestError, "row 0: 1 fields"),
    "a broken file": ("file\nc.tsv\n", TextError, r"c\.tsv, line 1: 'broken' has no tag"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_kind_of_damage_is_one_error(tmp_path, kind):
    listed, error, said = DAMAGE[kind]
    assert issubclass(error, EngramError)
    write(tmp_path, manifest__csv=listed, a__tsv="One\tO\n", c__tsv="broken\n")
    with pytest.raises(error, match=said):
        read(tmp_path, FORM)
