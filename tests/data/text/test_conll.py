"""Columns of tokens and tags: every way of writing them, and each kind of damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import TextError
from engram.data.text.readers.conll import present, read
from engram.data.text.sentences import TextFormat
from tests.data.text.written import bilou, bmes, documents, iob1, iob2, iobes

FORM = TextFormat("mine")


def write(folder, **files):
    """Write files such as ``train__tsv`` and return their folder."""
    for name, text in files.items():
        path = folder / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def found_in(folder, form=FORM):
    """Return what was read, as plain values."""
    return [(one.subset, one.document, one.tokens, one.tags) for one in read(folder, form).sentences]


CONVERT = {"iob2": list, "iobes": iobes, "bilou": bilou, "bmes": bmes, "iob1": iob1}


@given(
    documents(),
    st.sampled_from(sorted(CONVERT)),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from(["\t", " ", "  ", " \t"]),
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from(["devel.tsv", "x-IOB/dev.txt", "NCBI_valid.conll", "validation/a.iob"]),
    st.sampled_from(["DOCSTART", "documents.tsv"]),
)
def test_random_documents_come_back(
    tmp_path_factory, content, scheme, end, mark, separator, trailing, name, listed
):
    folder = tmp_path_factory.mktemp("text")
    lines, table, expected = [], ["subset\tfirst_sentence\tdocument"], []
    for document, sentences in content.items():
        if listed == "DOCSTART":
            lines += [f"-DOCSTART- ({document}) O", ""]
        table.append(f"dev\t{len(expected)}\t{document}")
        for tokens, tags in map(iob2, sentences):
            rows = zip(tokens, CONVERT[scheme](tags), strict=True)
            lines += [f"{token}{separator}{tag}{trailing}" for token, tag in rows] + [trailing.strip("\t")]
            expected.append(("validation", document, tokens, tags))
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(mark + end.join(lines).encode())
    if listed != "DOCSTART":
        (path.parent / listed).write_bytes(end.join(table).encode())
    assert present(folder)
    assert found_in(folder, TextFormat("mine", scheme=scheme)) == expected


def test_a_place_is_the_file_and_line_at_which_a_sentence_begins(tmp_path):
    write(tmp_path, train__tsv="\n\na\tO\nb\tO\n\n\nc\tO\n")
    assert [one.place for one in read(tmp_path, FORM).sentences] == ["train.tsv:3", "train.tsv:7"]


def test_subsets_come_in_the_order_of_tables_whatever_their_names(tmp_path):
    write(tmp_path, testing__txt="t O\n", CDR_Training__txt="r O\n", develop__txt="d O\n", README__txt="x\n")
    assert [one[:3] for one in found_in(tmp_path)] == [
        ("train", None, ["r"]),
        ("validation", None, ["d"]),
        ("test", None, ["t"]),
    ]


def test_a_joint_copy_beside_the_single_files_is_left_out(tmp_path):
    write(
        tmp_path,
        train__tsv="r\tO\n",
        train_dev__tsv="r\tO\n\nd\tO\n",
        devel__tsv="d\tO\n",
        test__tsv="t\tO\n",
    )
    assert [one[2] for one in found_in(tmp_path)] == [["r"], ["d"], ["t"]]


def test_files_in_folders_of_subsets_are_documents(tmp_path):
    write(tmp_path, train___b__conll="b O\n\nc O\n", train___a__conll="a O\n", test___a2__conll="t O\n")
    assert [one[:2] for one in found_in(tmp_path)] == [
        ("train", "a"),
        ("train", "b"),
        ("train", "b"),
        ("test", None),
    ]


def test_files_without_subsets_have_none(tmp_path):
    write(tmp_path, one__conll="a O\n", two__conll="b O\n", notes__txt="no columns here\n")
    assert found_in(tmp_path) == [(None, "one", ["a"], ["O"]), (None, "two", ["b"], ["O"])]


def test_jnlpbas_own_lines_begin_documents(tmp_path):
    write(tmp_path, train__txt="###MEDLINE:95369245\n\na O\n\nb O\n\n###MEDLINE:95333264\n\nc O\n")
    assert [one[1] for one in found_in(tmp_path)] == ["95369245", "95369245", "95333264"]


def test_documents_without_names_are_numbered(tmp_path):
    write(tmp_path, train__txt="-DOCSTART- -X- O O\n\na O\n\n-DOCSTART- -X- O O\nb O\n")
    assert [one[1] for one in found_in(tmp_path)] == ["train-1", "train-2"]


def test_more_columns_the_last_is_the_tag_unless_the_settings_say(tmp_path):
    write(tmp_path, train__txt="EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n")
    assert found_in(tmp_path)[0][3] == ["B-ORG", "O"]
    assert found_in(tmp_path, TextFormat("mine", column=3))[0][3] == ["B-NP", "B-VP"]
    assert found_in(tmp_path, TextFormat("mine", kind="tokens", column=2))[0][3] == ["NNP", "VBZ"]
    assert found_in(tmp_path, TextFormat("mine", kind="language"))[0][2:] == (["EU", "rejects"], None)


def test_unlabelled_text_needs_no_second_column(tmp_path):
    write(tmp_path, train__txt="a\nb\n\nc\n")
    assert found_in(tmp_path, TextFormat("mine", kind="language")) == [
        ("train", None, ["a", "b"], None),
        ("train", None, ["c"], None),
    ]


def test_another_encoding_is_read_where_the_settings_say_so(tmp_path):
    write(tmp_path, train__txt="Größe O\n".encode("latin-1"))
    assert found_in(tmp_path, TextFormat("mine", encoding="latin-1"))[0][2] == ["Größe"]
    write(tmp_path, train__txt="ген O\n".encode("utf-16"))
    assert found_in(tmp_path, TextFormat("mine", encoding="utf-16"))[0][2] == ["ген"]


#: The header of a list of documents.
HEADER = "subset\tfirst_sentence\tdocument\n"
#: What is written, and what the one error says.
DAMAGE = {
    "an I- without its B-": ({"train__tsv": "a\tO\nb\tI-x\n"}, r"train\.tsv, line 2: 'I-x' follows no 'B-x'"),
    "an I- of another type": ({"train__tsv": "a\tB-y\nb\tI-x\n"}, r"train\.tsv, line 2: 'I-x' follows"),
    "an I- behind a blank line": ({"train__tsv": "a\tB-x\n\nb\tI-x\n"}, r"train\.tsv, line 3: 'I-x' follows"),
    "another scheme": ({"train__tsv": "a\tO\nb\tS-x\n"}, r"line 2: 'S-x' is no tag.*scheme' to 'iobes'"),
    "no tag": ({"train__tsv": "a\tO\nbroken\nc\tO\n"}, r"train\.tsv, line 2: 'broken' has no tag"),
    "an empty tag": ({"train__tsv": "a\tO\nb\t\n"}, r"train\.tsv, line 2: 'b' has no tag"),
    "no token": ({"train__tsv": "a\tO\n\tO\n"}, r"train\.tsv, line 2: there is no token"),
    "an unknown tag": ({"train__tsv": "a\tO\nb\tNN\n"}, r"train\.tsv, line 2: 'NN' is no tag"),
    "mixed encodings": (
        {"train__tsv": "a\tO\nGröße\tO\n".encode() + "Größe\tO\n".encode("latin-1")},
        r"train\.tsv, line 3: byte 0xf6 is not in utf-8",
    ),
    "mixed encodings of files": (
        {"train__tsv": "a\tO\n", "test__tsv": "ген\tO\n".encode("utf-16")},
        r"test\.tsv: the file says by its first bytes that it is in utf-16",
    ),
    "a binary file": ({"train__tsv": b"a\tO\nb\0\tO\n"}, r"train\.tsv, line 2: it holds a NUL"),
    "an empty file": ({"train__tsv": "a\tO\n", "test__tsv": "\n \n"}, r"test\.tsv: the file is empty"),
    "an empty document": (
        {"train__tsv": "-DOCSTART- O\n\n-DOCSTART- O\n\na\tO\n"},
        r"train\.tsv, line 1: the document that begins here has no sentence",
    ),
    "an empty document at the end": (
        {"train__tsv": "a\tO\n\n-DOCSTART-\n"},
        r"train\.tsv, line 3: the document",
    ),
    "two files of a subset": (
        {"train__tsv": "a\tO\n", "x___train__tsv": "a\tO\n"},
        r"both are the train subset",
    ),
    "a list of documents with another header": (
        {"train__tsv": "a\tO\n", "documents__tsv": "document\n1\n"},
        r"documents\.tsv, line 1: the columns are not",
    ),
    "a list with too few fields": (
        {"train__tsv": "a\tO\n", "documents__tsv": f"{HEADER}train\t0\n"},
        r"documents\.tsv, line 2: .* has not three fields",
    ),
    "a list with an empty document": (
        {
            "train__tsv": "a\tO\n",
            "documents__tsv": f"{HEADER}train\t0\ta\ntrain\t0\tb\n",
        },
        r"documents\.tsv, line 3: it begins at sentence 0, not after 0",
    ),
    "a list that goes on behind the file": (
        {
            "train__tsv": "a\tO\n",
            "documents__tsv": f"{HEADER}train\t0\ta\ntrain\t1\tb\n",
        },
        r"documents\.tsv, line 3: document 'b' begins at sentence 1, but the file has 1",
    ),
    "a list that begins late": (
        {"train__tsv": "a\tO\n", "documents__tsv": f"{HEADER}train\t1\ta\n"},
        r"documents\.tsv, line 2: the first document begins at sentence 1",
    ),
    "a list of words": (
        {"train__tsv": "a\tO\n", "documents__tsv": f"{HEADER}train\tone\ta\n"},
        r"documents\.tsv, line 2: 'one' is no number",
    ),
    "a list of an absent subset": (
        {"train__tsv": "a\tO\n", "documents__tsv": f"{HEADER}test\t0\ta\n"},
        r"documents\.tsv, line 2: there is no file of subset 'test'",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_kind_of_damage_is_one_error_with_file_and_line(tmp_path, kind):
    files, said = DAMAGE[kind]
    with pytest.raises(TextError, match=said):
        read(write(tmp_path, **files), FORM)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (["B-x", "O"], "line 2: the entity 'x' has no end"),
        (["O", "B-x"], "line 2: the entity 'x' has no end"),
        (["B-x", "S-x"], "line 2: the entity 'x' has no end"),
        (["S-x", "E-x"], "line 2: 'E-x' follows no 'B-x'"),
        (["O", "I-x"], "line 2: 'I-x' follows no 'B-x'"),
    ],
)
def test_in_iobes_every_entity_has_its_beginning_and_end(tmp_path, tags, said):
    write(tmp_path, train__tsv="".join(f"w\t{tag}\n" for tag in tags))
    with pytest.raises(TextError, match=said):
        read(tmp_path, TextFormat("mine", scheme="iobes"))


@pytest.mark.parametrize(
    ("scheme", "tags", "said"),
    [
        ("bilou", ["B-x", "O"], "'x' has no end, 'L-x'"),
        ("bilou", ["B-x", "I-x", "U-x"], "'x' has no end, 'L-x'"),
        ("bilou", ["U-x", "L-x"], "'L-x' follows no 'B-x' or 'I-x'"),
        ("bilou", ["S-x"], "scheme 'bilou', which has O, B-x, I-x, L-x, U-x .*scheme' to 'iobes'"),
        ("bmes", ["M-x", "E-x"], "'M-x' follows no 'B-x' or 'M-x'"),
        ("bmes", ["B-x", "M-x"], "'x' has no end, 'E-x'"),
        ("bmes", ["B-x", "L-x"], "scheme' to 'bilou'"),
        ("iobes", ["B-x", "M-x", "E-x"], "scheme' to 'bmes'"),
    ],
)
def test_other_letters_are_called_by_their_own_names(tmp_path, scheme, tags, said):
    write(tmp_path, train__tsv="".join(f"w\t{tag}\n" for tag in tags))
    with pytest.raises(TextError, match=said):
        read(tmp_path, TextFormat("mine", scheme=scheme))


@given(documents(), st.data())
def test_a_broken_line_is_named_wherever_it_stands(tmp_path_factory, content, data):
    folder = tmp_path_factory.mktemp("text")
    lines = []
    for sentence in (one for document in content.values() for one in document):
        lines += [*("\t".join(pair) for pair in zip(*iob2(sentence), strict=True)), ""]
    place = data.draw(st.sampled_from([number for number, line in enumerate(lines) if line]))
    lines[place] = data.draw(st.sampled_from(["word", "word\tE-x", "word\tI-unseen", "\tO", "a\tb\tx-y"]))
    (folder / "train.tsv").write_text("\n".join(lines))
    with pytest.raises(TextError, match=rf"train\.tsv, line {place + 1}: "):
        read(folder, FORM)
