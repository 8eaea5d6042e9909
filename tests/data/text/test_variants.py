"""Ways of writing columns and standoff that published sets have beside the plain one."""

import pytest

from engram.core.errors import TextError
from engram.data.text.readers import brat, manifest
from engram.data.text.readers.conll import present, read
from engram.data.text.sentences import TextFormat
from tests.data.text.test_conll import found_in, write

FORM = TextFormat("mine")


def test_comments_before_a_sentence_are_left_out_and_counted(tmp_path):
    """As CoNLL-U, GermEval and MultiCoNER write them, with tabs and with blanks."""
    write(
        tmp_path,
        train__tsv="# sent_id = 7\n# text = a b\na\tO\nb\tB-x\n\n#\thttps://page [2009-10-17]\nc\tO\n",
        dev__txt="# id 8f-9a domain=train\nd _ _ O\n\n# id 3b domain=train\ne _ _ B-x\n",
    )
    reading = read(tmp_path, FORM)
    assert [one.tokens for one in reading.sentences] == [["a", "b"], ["c"], ["d"], ["e"]]
    assert [one.place for one in reading.sentences][:2] == ["train.tsv:3", "train.tsv:7"]
    assert +reading.facts == {"comment lines left out": 5}


@pytest.mark.parametrize("kind", ["entities", "tokens", "language"])
def test_a_token_that_is_a_number_sign_is_no_comment(tmp_path, kind):
    """It has the columns of other tokens, at a sentence's beginning or inside."""
    write(tmp_path, train__tsv="#\tO\n#tag\tO\nb\tO\n#\tO\n", test__conll="# O\n#tag O\nb O\n# O\n")
    reading = read(tmp_path, TextFormat("mine", kind=kind))
    assert [one.tokens for one in reading.sentences] == [["#", "#tag", "b", "#"]] * 2
    assert not +reading.facts


def test_a_comment_inside_of_a_sentence_is_an_error(tmp_path):
    write(tmp_path, train__tsv="a\tO\n# text = b c\n")
    with pytest.raises(TextError, match=r"train\.tsv, line 2: 'c' is no tag"):
        read(tmp_path, FORM)


def test_conll_us_documents_and_rows(tmp_path):
    """Documents by `newdoc`; rows of several words at once or of none are not words."""
    rows = "1-2\tdu\t_\n1\tde\tADP\n2\tle\tDET\n2.1\tx\tX\n3\tchat\tNOUN\n"
    write(
        tmp_path,
        train__conllu=f"# newdoc id = d 1\n# text = du chat\n{rows}\n# newdoc id = d2\n1\tOui\tINTJ\n",
    )
    reading = read(tmp_path, TextFormat("mine", kind="tokens", column=3, token_column=2))
    assert [(one.document, one.tokens, one.tags) for one in reading.sentences] == [
        ("d 1", ["de", "le", "chat"], ["ADP", "DET", "NOUN"]),
        ("d2", ["Oui"], ["INTJ"]),
    ]
    assert +reading.facts == {"comment lines left out": 1, "rows left out that are not one word": 2}


def test_conll_2012s_documents(tmp_path):
    write(
        tmp_path,
        train__conll="#begin document (bc/cctv/00); part 000\na O\n\n#end document\n"
        "#begin document (nw/xinhua/01); part 000\nb B-x\n\n#end document\n",
    )
    assert [one[1:] for one in found_in(tmp_path)] == [
        ("bc/cctv/00", ["a"], ["O"]),
        ("nw/xinhua/01", ["b"], ["B-x"]),
    ]


def test_the_files_of_conll_2003(tmp_path):
    """`eng.testa` is validation, `eng.testb` test; parts of speech and chunks stand between."""
    line = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n"
    write(tmp_path, eng__train=line, eng__testa=line, eng__testb=line)
    assert present(tmp_path)
    assert [one[0] for one in found_in(tmp_path)] == ["train", "validation", "test"]
    assert [one[1] for one in found_in(tmp_path)] == ["eng-1"] * 3
    assert found_in(tmp_path)[0][2:] == (["EU", "rejects"], ["B-ORG", "O"])


def test_the_tag_may_stand_before_the_token(tmp_path):
    write(tmp_path, train__bio="O\twhat\nB-genre\tfunny\n", test__bio="O\tshow\n")
    form = TextFormat("mine", column=1, token_column=2)
    assert found_in(tmp_path, form)[0][2:] == (["what", "funny"], ["O", "B-genre"])
    write(tmp_path, test__bio="O\n")
    with pytest.raises(
        TextError, match=r"test\.bio, line 1: there is no token in column 2, where 'texts\.mine"
    ):
        read(tmp_path, form)


@pytest.mark.parametrize("ending", ["", "\n", "\n\n\n", "\r\n", "\n\t\n", "\n \n"])
def test_a_file_may_end_as_it_likes(tmp_path, ending):
    (tmp_path / "train.tsv").write_bytes(b"\xef\xbb\xbf" + f"a\tO\r\n\r\nb\tB-x{ending}".encode())
    assert [one[2:] for one in found_in(tmp_path)] == [(["a"], ["O"]), (["b"], ["B-x"])]


NOTES = (
    "T1\tGene 4 9\tBRK-7\n#1\tAnnotatorNotes T1\tsee page 3\nA1\tNegation T1\nM2\tSure T1\n"
    "T2\tGene 10 14\tgene\nR1\tIs Arg1:T1 Arg2:T2\t\nE1\tBinding:T2 Theme:T1\n*\tEquiv T1 T2\n"
    "N1\tReference T1 NCBI:7\tb\n"
)


def test_what_is_no_entity_of_standoff_is_passed_over(tmp_path):
    """Notes, attributes, relations, events, equivalences and links."""
    write(tmp_path, d__txt="The BRK-7 gene.", d__ann=NOTES)
    assert brat.read(tmp_path, FORM).sentences[0].tags == ["O", "B-Gene", "I-Gene", "I-Gene", "B-Gene", "O"]


def test_of_nested_entities_the_outer_one_stays(tmp_path):
    write(
        tmp_path, d__txt="acute renal failure", d__ann="T1\tX 6 11\trenal\nT2\tY 0 19\tacute renal failure\n"
    )
    reading = brat.read(tmp_path, FORM)
    assert reading.sentences[0].tags == ["B-Y", "I-Y", "I-Y"]
    assert +reading.facts == {"entities left out that overlap a longer one": 1}


def test_bionlps_files_of_entities(tmp_path):
    """`.a1` has the entities; what stands in `.a2`, triggers among it, is left out."""
    files = {"train___d__txt": "p53 binds.", "train___d__a1": "T1\tProtein 0 3\tp53\n"}
    write(tmp_path, **files, train___d__a2="T2\tBinding 4 9\tbinds\nE1\tBinding:T2 Theme:T1\n")
    assert brat.present(tmp_path)
    assert [(one.subset, one.tags) for one in brat.read(tmp_path, FORM).sentences] == [
        ("train", ["B-Protein", "I-Protein", "O", "O"])
    ]
    write(tmp_path, manifest__csv="file,document\ntrain/d.txt,one\n")
    assert manifest.read(tmp_path, FORM).sentences[0].tags == ["B-Protein", "I-Protein", "O", "O"]
    write(tmp_path, train___d__a1="T1\tProtein 0 3\tp54\n")
    with pytest.raises(TextError, match=r"d\.a1, line 1: 'p53', not 'p54'"):
        brat.read(tmp_path, FORM)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_standoff_of_any_line_ends_with_and_without_a_mark(tmp_path, end, mark):
    """Places are counted over the file as it is, or over Unix ends, and may count the mark or not."""
    text = f"One.{end}The BRK-7 gene."
    (tmp_path / "d.txt").write_bytes(mark + text.encode())
    for shift in {0, 1 - len(end)}:
        start = text.index("BRK") + shift
        (tmp_path / "d.ann").write_bytes(f"T1\tGene {start} {start + 5}\tBRK-7".encode())
        assert brat.read(tmp_path, FORM).sentences[1].tags[1:4] == ["B-Gene", "I-Gene", "I-Gene"]
