"""`python -m engram.tag`: a user's own text becomes a table of its entities."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys

import pytest
import torch

from engram.core.files import PARTIAL
from engram.data.text.tags import TagSet
from engram.models.text.batch import sentences_of
from engram.models.text.dictionary import Dictionary
from engram.models.text.files import save_tagger
from engram.models.text.lexicon import Lexicon
from engram.models.text.tagger import new_tagger
from engram.models.text.vocabulary import Vocabulary
from engram.tag import main

_SMALL = {"encoder": "bilstm", "words": 6, "characters": 4, "filters": 5, "widths": [2, 3], "units": 4}
#: Running text: Windows line ends, a character outside of ASCII, two sentences in a line.
_TEXT = "The BRCA1 gene mutates.\r\nDr. Smith saw fièvre, then B-cell loss. No gene\twas left"
_SENTENCES = [
    ["The", "BRCA", "1", "gene", "mutates", "."],
    ["Dr", ".", "Smith", "saw", "fièvre", ",", "then", "B", "-", "cell", "loss", "."],
    ["No", "gene", "was", "left"],
]
_COLUMNS = "-DOCSTART- O\n\nThe DT O\nBRCA1 NN B-gene\n\ngene NN O\nmutates VB O\n"


def make_tagger(*heads, **settings):
    """Return a tagger of random weights with some of two heads for entities, and one for word classes."""
    torch.manual_seed(3)
    tagger = new_tagger({**_SMALL, **settings}, Vocabulary(("the", "gene", "loss")))
    known = {"genes": TagSet(("gene",)), "all": TagSet(("a", "b")), "pos": TagSet.of_tokens(("NN", "VB"))}
    for name in heads:
        tagger.add_head(name, known[name])
    # Weights from which answers differ from word to word.
    for values in tagger.parameters():
        torch.nn.init.normal_(values)
    for part in tagger.modules():
        if isinstance(part, torch.nn.Embedding) and part.padding_idx is not None:
            part.weight.data[part.padding_idx] = 0.0
    return tagger.eval()


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs the command in an empty folder: exit code, rows, what it says."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, model="model", output="spans.csv"):
        code = main(["--model", model, "--output", output, "--threads", "1", *map(str, arguments)])
        path, rows = tmp_path / output, None
        if path.is_file():
            with open(path, encoding="utf-8", newline="") as stream:
                rows = (
                    list(csv.DictReader(stream)) if output.endswith("csv") else list(map(json.loads, stream))
                )
            rows = [
                {**row, **{name: int(row[name]) for name in ("sentence", "start", "end")}} for row in rows
            ]
        assert not list(tmp_path.rglob(f"*{PARTIAL}*"))
        return code, rows, capsys.readouterr().err

    return call


@pytest.fixture
def model(tmp_path):
    """Return a function that writes a tagger to the folder ``model`` and returns it."""

    def write(*heads, **settings):
        tagger = make_tagger(*heads, **settings)
        (tmp_path / "model").mkdir()
        save_tagger(tmp_path / "model/model.safetensors", tagger)
        return tagger

    return write


def expected(tagger, labels, sentences):
    """Return sentence, type and words of each entity, by the network one sentence at a time."""
    found = []
    for number, words in enumerate(sentences, start=1):
        (ids,) = tagger.decode(sentences_of([words], tagger.vocabulary), labels)
        found += [
            (number, span.type, words[span.start : span.end]) for span in tagger.tasks[labels].decode(ids)
        ]
    return found


def test_spans_are_the_network_s_and_lie_where_the_file_says(run, model, tmp_path):
    """Every entity of every sentence is there, in order; its characters are those of the file."""
    tagger = model("all")
    (tmp_path / "a.txt").write_bytes(_TEXT.encode())
    code, rows, said = run("a.txt")
    wanted = expected(tagger, "all", _SENTENCES)
    assert len(wanted) > 3
    assert code == 0
    assert [(row["sentence"], row["type"]) for row in rows] == [each[:2] for each in wanted]
    for row, (*_, words) in zip(rows, wanted, strict=True):
        assert row["file"] == "a.txt"
        assert _TEXT[row["start"] : row["end"]] == row["text"]
        assert "".join(row["text"].split()) == "".join(words)
    assert f"1 files, 3 sentences: {len(wanted)} entities; 0 files that cannot be read" in said


def test_a_byte_order_mark_counts_no_character(run, model, tmp_path):
    """The same text with and without it has the same spans."""
    model("all")
    (tmp_path / "a.txt").write_text(_TEXT, encoding="utf-8", newline="")
    (tmp_path / "b.txt").write_text(_TEXT, encoding="utf-8-sig", newline="")
    _, rows, _ = run("a.txt", "b.txt")
    both = [[{**row, "file": ""} for row in rows if row["file"] == name] for name in ("a.txt", "b.txt")]
    assert both[0] == both[1] != []


def test_columns_are_read_by_their_first(run, model, tmp_path):
    """A file of tokens gives places in the sentence, whatever else stands in its lines."""
    tagger = model("all")
    (tmp_path / "a.conll").write_text(_COLUMNS)
    shutil.copy(tmp_path / "a.conll", tmp_path / "a.txt")
    sentences = [["The", "BRCA1"], ["gene", "mutates"]]
    wanted = expected(tagger, "all", sentences)
    assert wanted
    for arguments in (["a.conll"], ["a.txt", "--format", "columns"]):
        _, rows, _ = run(*arguments)
        assert [(row["sentence"], row["type"]) for row in rows] == [each[:2] for each in wanted]
        for row in rows:
            assert " ".join(sentences[row["sentence"] - 1])[row["start"] : row["end"]] == row["text"]


def test_batches_and_forms_of_the_table_do_not_show(run, model, tmp_path):
    """One sentence a step or all, CSV or JSON lines: the same rows."""
    model("all")
    (tmp_path / "a.txt").write_text(_TEXT + ".\n" + "One gene more. " * 40)
    _, wanted, _ = run("a.txt")
    _, found, _ = run("a.txt", "--batch", "1", output="found.jsonl")
    assert found == wanted


def test_word_classes_have_a_row_a_word(run, model, tmp_path):
    """A label set of word classes answers for each word; single characters are words where asked for."""
    model("pos")
    (tmp_path / "a.txt").write_text("No gene left")
    _, rows, _ = run("a.txt")
    assert [row["text"] for row in rows] == ["No", "gene", "left"]
    assert {row["type"] for row in rows} <= {"NN", "VB"}
    _, rows, _ = run("a.txt", "--characters")
    assert [row["text"] for row in rows] == list("Nogeneleft")


def test_a_dictionary_is_read_with_the_tagger(run, model, tmp_path):
    """A network with dictionary features gets those of its own dictionary."""
    lexicon = Lexicon(Dictionary({("gene",): {"gene"}}, ("gene",)), "piet")
    tagger = model("genes", dictionary=lexicon.size)
    tagger.lexicon = lexicon
    save_tagger(tmp_path / "model/model.safetensors", tagger)
    (tmp_path / "a.txt").write_text(_TEXT)
    code, rows, _ = run("a.txt")
    batch = lexicon.add(sentences_of(_SENTENCES, tagger.vocabulary), _SENTENCES)
    wanted = sum(len(tagger.tasks["genes"].decode(row)) for row in tagger.decode(batch, "genes"))
    assert (code, len(rows)) == (0, wanted)


def test_the_label_set_is_chosen_where_there_are_several(run, model, tmp_path):
    """Without a choice, or with a wrong one, the message lists them with their types."""
    tagger = model("genes", "all")
    (tmp_path / "a.txt").write_text(_TEXT)
    for arguments, what in (([], "several label sets"), (["--labels", "x"], "no label set 'x'")):
        code, rows, said = run("a.txt", *arguments)
        assert (code, rows) == (2, None)
        assert what in said
        assert "Choose one by --labels: genes (gene); all (a, b)." in said
    code, rows, _ = run("a.txt", "--labels", "genes")
    assert code == 0
    assert len(rows) == len(expected(tagger, "genes", _SENTENCES))


def test_a_broken_file_is_named_and_left_out(run, model, tmp_path):
    """The others are tagged; where none is left the code is 2."""
    model("all")
    (tmp_path / "a.txt").write_text(_TEXT)
    (tmp_path / "latin.txt").write_bytes("fièvre".encode("latin-1"))
    (tmp_path / "empty.tsv").write_text("")
    code, rows, said = run("latin.txt", "a.txt", "empty.tsv")
    assert code == 0
    assert {row["file"] for row in rows} == {"a.txt"}
    assert "latin.txt, line 1: byte 0xe8 is not in utf-8. Set '--encoding'" in said
    assert "empty.tsv: the file is empty" in said
    assert "2 files that cannot be read" in said
    assert run("empty.tsv")[0] == 2
    assert run("latin.txt", "--encoding", "latin-1")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.txt"], "gone.txt: there is no such file"),
        (["model"], "model: this is a folder. Give its files"),
        (["a.txt", "--output", "spans.xls"], "ends in .csv or .jsonl"),
        (["a.txt", "--output", "gone/spans.csv"], "the folder gone is not there"),
        (["a.txt", "--model", "."], "no model.safetensors is there"),
        (["a.txt", "--model", "a.txt"], "damaged or missing"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_written(run, model, tmp_path, arguments, message):
    """One line says what is wrong and where."""
    model("all")
    (tmp_path / "a.txt").write_text(_TEXT)
    code, _, said = run(*arguments)
    assert code == 2
    assert message in said
    assert not list(tmp_path.glob("spans*"))


def test_networks_without_tags_and_of_faces_are_refused(run, model, tmp_path, world):
    """Neither a language model nor a student of faces tags text."""
    model()
    (tmp_path / "a.txt").write_text(_TEXT)
    assert "has learnt no tags, only language" in run("a.txt")[2]
    code, _, said = run("a.txt", model=str(world.student(1)))
    assert code == 2
    assert "this file holds no tagger of Engram" in said


def test_help_needs_no_torch():
    """The command's help comes at once."""
    check = (
        "import sys; from engram import tag; tag._parser().format_help(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
