"""Running text with places of entities: brat and Chinese clinical records."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import TextError
from engram.data.text.readers import brat, ccks
from engram.data.text.sentences import TextFormat
from engram.data.text.standoff import EMPTY, JOINED, OVERLAP, WIDENED, Mark, RunningText, sentences_of
from engram.data.text.tags import spans
from tests.data.text.test_conll import write
from tests.data.text.written import documents

FORM = TextFormat("mine")
#: Words that the rules leave whole, and that end no sentence.
PLAIN = st.text("abcдежю右", min_size=1, max_size=5)


def sentences(text, *marks):
    """Return tokens with tags of each sentence, and what was counted."""
    facts = Counter()
    found = [*sentences_of(RunningText("a.txt", text, "a", "train"), [Mark(*one) for one in marks], facts)]
    return [[*zip(one.tokens, one.tags, strict=True)] for one in found], +facts


@given(
    documents(PLAIN), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from([b"", b"\xef\xbb\xbf"])
)
def test_random_documents_come_back_from_brat(tmp_path_factory, content, end, counts_returns, mark):
    """Places may count both characters of a line's end on Windows, or one."""
    folder = tmp_path_factory.mktemp("brat") / "train_part_1"
    folder.mkdir()
    expected = []
    for name, document in content.items():
        text, lines, shift = "", ["#1\tAnnotatorNotes T1\tx", "R1\tGOL Arg1:T1 Arg2:T2\t"], 0
        for words, found in document:
            places, line = [], "X"
            for word in words:
                places.append((len(line) + 1, len(line) + 1 + len(word)))
                line += f" {word}"
            base = len(text) + (0 if counts_returns or end == "\n" else -shift)
            for span in found:
                start, last = places[span.start][0], places[span.end - 1][1]
                lines.append(f"T{len(lines)}\t{span.type} {base + start} {base + last}\t{line[start:last]}")
            text, shift = f"{text}{line}.{end}", shift + len(end) - 1
            expected.append((name, ["X", *words, "."], [(s.type, s.start + 1, s.end + 1) for s in found]))
        (folder / f"{name}.txt").write_bytes(mark + text.encode())
        (folder / f"{name}.ann").write_bytes(mark + end.join(lines).encode())
    reading = brat.read(folder.parent, FORM)
    assert [
        (one.document, one.tokens, [tuple(s) for s in spans(one.tags)]) for one in reading.sentences
    ] == expected
    assert {one.subset for one in reading.sentences} == {"train"}
    assert +reading.facts == Counter()


def test_of_overlapping_entities_the_longest_is_kept():
    found, facts = sentences("left and right lung.", ("a", 0, 4), ("b", 0, 19), ("c", 15, 19), ("d", 0, 19))
    assert found == [[("left", "B-b"), ("and", "I-b"), ("right", "I-b"), ("lung", "I-b"), (".", "O")]]
    assert facts == {OVERLAP: 3}


def test_an_entity_inside_a_token_takes_the_whole_token():
    found, facts = sentences("оценка эффективности.", ("MET", 8, 20))
    assert found == [[("оценка", "O"), ("эффективности", "B-MET"), (".", "O")]]
    assert facts == {WIDENED: 1}


def test_blanks_around_an_entity_do_not_matter():
    found, facts = sentences("a gene b", ("g", 1, 7))
    assert found[0][1] == ("gene", "B-g")
    assert facts == {}


def test_an_entity_of_blanks_is_left_out():
    assert sentences("a  b", ("g", 1, 3))[1] == {EMPTY: 1}


def test_an_entity_across_the_end_of_a_sentence_joins_both():
    found, facts = sentences("The fund. Of Moscow grew. It did.", ("ORG", 4, 19))
    assert [[word for word, _ in one] for one in found] == [
        ["The", "fund", ".", "Of", "Moscow", "grew", "."],
        ["It", "did", "."],
    ]
    assert facts == {JOINED: 1}


def test_a_place_is_the_line_and_character(tmp_path):
    write(tmp_path, d__txt="Heading\n\nOne. Two.\n", d__ann="")
    assert [one.place for one in brat.read(tmp_path, FORM).sentences] == [
        "d.txt:1:1",
        "d.txt:3:1",
        "d.txt:3:6",
    ]


def test_an_entity_in_parts_is_its_longest_but_a_lines_end_parts_nothing(tmp_path):
    text = "left and right lung\nпри низкой\nцене"
    write(tmp_path, d__txt=text)
    write(tmp_path, d__ann="T1\tA 0 4;9 19\tleft right lung\nT2\tB 24 30;31 35\tнизкой цене\n")
    reading = brat.read(tmp_path, FORM)
    assert [[*one.tags] for one in reading.sentences] == [["O", "O", "B-A", "I-A", "O", "B-B", "I-B"]]
    assert +reading.facts == {"entities in several parts, of which the longest is kept": 1}


def test_parts_of_a_document_are_one_document_in_their_order(tmp_path):
    for part in (0, 1, 10, 2):
        write(
            tmp_path, **{f"train___x_part_{part}__txt": f"w{'b' * part}", f"train___x_part_{part}__ann": ""}
        )
    read = brat.read(tmp_path, FORM).sentences
    assert {one.document for one in read} == {"x"}
    assert [one.place for one in read] == [f"train/x_part_{part}.txt:1:1" for part in (0, 1, 2, 10)]


def test_unlabelled_running_text_needs_no_list(tmp_path):
    write(tmp_path, a__txt="One two. Three.")
    language = TextFormat("mine", kind="language")
    found = [(one.tokens, one.tags) for one in brat.read(tmp_path, language).sentences]
    assert found == [(["One", "two", "."], None), (["Three", "."], None)]


ENDS = ("txt", "ann")
BRAT_DAMAGE = {
    "other words": ({"a__txt": "abc def", "a__ann": "T1\tX 0 3\tdef\n"}, r"a\.ann, line 1: 'abc', not 'def'"),
    "a place behind the end": (
        {"a__txt": "abc", "a__ann": "\nT1\tX 1 9\tbc\n"},
        r"line 2: 1 to 9 is no place",
    ),
    "a broken line": ({"a__txt": "abc", "a__ann": "T1\tX 0\tabc\n"}, r"a\.ann, line 1: .* is no entity"),
    "a type of two words": ({"a__txt": "abc", "a__ann": "T1\tX Y 0 3\tabc\n"}, r"a\.ann, line 1"),
    "no list": ({"a__txt": "abc", "b__txt": "abc", "b__ann": ""}, r"a\.txt: there is no a\.ann"),
    "no text": ({"a__ann": "T1\tX 0 3\tabc\n"}, r"a\.ann: there is no a\.txt"),
    "an empty document": ({"a__txt": " \n", "a__ann": ""}, r"a\.txt: the file is empty"),
    "mixed encodings": (
        {"a__txt": "ген\n".encode() + "ген".encode("cp1251"), "a__ann": ""},
        r"a\.txt, line 2: byte 0xe3 is not in utf-8",
    ),
    "a document that stands there twice": (
        {
            "test_full___a__txt": "a",
            "test_full___a__ann": "",
            "test_ner___a__txt": "a",
            "test_ner___a__ann": "",
        },
        r"test_ner/a\.txt: the document 'a' stands in test_full/a\.txt too",
    ),
}


@pytest.mark.parametrize("kind", BRAT_DAMAGE)
def test_each_kind_of_damage_to_brat_is_one_error(tmp_path, kind):
    files, said = BRAT_DAMAGE[kind]
    with pytest.raises(TextError, match=said):
        brat.read(write(tmp_path, **files), FORM)


@given(
    st.dictionaries(st.integers(1, 400), st.lists(st.text("患者无发热右髋部ab3，", min_size=1), min_size=1)),
    st.data(),
)
def test_random_records_come_back(tmp_path_factory, records, data):
    folder = tmp_path_factory.mktemp("ccks")
    expected = {}
    for record, lines in sorted(records.items()):
        text = "".join(f"{line}。" for line in lines)
        length = data.draw(st.integers(1, min(4, len(text))))
        start = data.draw(st.integers(0, len(text) - length))
        behind = data.draw(st.sampled_from([0, 1]))  # as task 2 counts, or as later years do
        words = text[start : start + length]
        write(folder / "training dataset", **{f"病史特点-{record}__txtoriginal__txt": text})
        write(
            folder / "training dataset",
            **{f"病史特点-{record}__txt": f"{words}\t{start}\t{start + length - 1 + behind}\t症状和体征\n"},
        )
        expected[str(record)] = text, words
    read = ccks.read(folder, FORM).sentences if expected else []
    for record, (text, words) in expected.items():
        mine = [one for one in read if one.document == record]
        assert "".join(word for one in mine for word in one.tokens) == text
        found = [(one, span) for one in mine for span in spans(one.tags)]
        assert ["".join(one.tokens[span.start : span.end]) for one, span in found] == [words]
        assert {span.type for _, span in found} == {"症状和体征"}
        assert {one.subset for one in mine} == {"train"}


def test_a_record_is_one_document_with_all_sections(tmp_path):
    write(
        tmp_path,
        **{"01-一般项目___一般项目-7__txtoriginal__txt": "男，55岁。", "01-一般项目___一般项目-7__txt": ""},
    )
    write(tmp_path, **{"02-病史特点___病史特点-7__txtoriginal__txt": "右髋部痛。无发热。"})
    write(tmp_path, **{"02-病史特点___病史特点-7__txt": "右髋部\t0\t2\t身体部位\r\n"})
    write(tmp_path, **{"03-诊疗经过___诊疗经过-7__txtoriginal__txt": "", "03-诊疗经过___诊疗经过-7__txt": ""})
    reading = ccks.read(tmp_path, FORM)
    assert [(one.document, "".join(one.tokens)) for one in reading.sentences] == [
        ("7", "男，55岁。"),
        ("7", "右髋部痛。"),
        ("7", "无发热。"),
    ]
    assert reading.sentences[1].tags == ["B-身体部位", "I-身体部位", "I-身体部位", "O", "O"]
    assert +reading.facts == {"empty sections": 1}


CCKS_DAMAGE = {
    "other words": ("右髋部痛", "右手\t0\t1\t身体部位", "line 1: '右髋', not '右手'"),
    "another length": ("右髋部痛", "右髋部\t0\t5\t身体部位", "line 1"),
    "a broken line": ("右髋部痛", "\n右髋部\t0\t2", "line 2: .* is no entity"),
    "words for numbers": ("右髋部痛", "右髋部\tx\t2\t身体部位", "line 1: .* is no entity"),
    "an empty record": ("", "", "record 1 has no text"),
    "no list": ("右髋部痛", None, r"there is no 病史特点-1\.txt"),
}


@pytest.mark.parametrize("kind", CCKS_DAMAGE)
def test_each_kind_of_damage_to_a_record_is_one_error(tmp_path, kind):
    text, listed, said = CCKS_DAMAGE[kind]
    write(tmp_path, **{"病史特点-1__txtoriginal__txt": text})
    if listed is not None:
        write(tmp_path, **{"病史特点-1__txt": listed})
    with pytest.raises(TextError, match=said):
        ccks.read(tmp_path, FORM)
