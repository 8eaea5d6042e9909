"""Pretrained word vectors: every kind of file, only what is wanted, and each kind of damage."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import TextError
from engram.data.text.vectors import read_vectors

WORDS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=8)
VALUES = st.floats(-10, 10, width=32)


@st.composite
def tables(draw):
    """Return words, each once whatever its case, and their vectors."""
    words = draw(st.lists(WORDS, min_size=1, max_size=6, unique_by=str.lower))
    size = draw(st.integers(2, 5))
    rows = draw(
        st.lists(st.lists(VALUES, min_size=size, max_size=size), min_size=len(words), max_size=len(words))
    )
    return words, np.array(rows, dtype=np.float32)


def text(words, values, header=True):
    lines = [f"{len(words)} {values.shape[1]}"] if header else []
    lines += [" ".join([word, *map(repr, row)]) for word, row in zip(words, values.tolist(), strict=True)]
    return ("\n".join(lines) + "\n").encode()


def binary(words, values, newline=b"\n"):
    rows = zip(words, values.astype("<f4"), strict=True)
    return f"{len(words)} {values.shape[1]}\n".encode() + b"".join(
        word.encode() + b" " + row.tobytes() + newline for word, row in rows
    )


FORMS = {
    "word2vec": text,
    "GloVe": lambda words, values: text(words, values, header=False),
    "binary": binary,
    "binary without line ends": lambda words, values: binary(words, values, b""),
}


@given(tables(), st.sampled_from(sorted(FORMS)), st.data())
def test_wanted_vectors_come_back(tmp_path_factory, table, form, data):
    words, values = table
    path = tmp_path_factory.mktemp("vectors") / "vectors"
    path.write_bytes(FORMS[form](words, values))
    wanted = data.draw(st.sets(st.sampled_from(words)))
    found = read_vectors(path, wanted | {"absent word"}, values.shape[1])
    assert found.words == tuple(sorted(wanted))
    assert found.size == values.shape[1]
    assert found.values.dtype == np.float32
    for word, row in zip(found.words, found.values, strict=True):
        assert row.tolist() == values[words.index(word)].tolist()


@pytest.fixture
def plain(tmp_path):
    """Return a function that writes bytes and gives their path."""

    def write(content):
        (tmp_path / "vectors").write_bytes(content)
        return tmp_path / "vectors"

    return write


def test_a_word_in_capitals_serves_where_there_is_no_other(plain):
    path = plain(b"DNA 1 2\ndna 3 4\nRNA 5 6\nRna 7 8\n")
    found = read_vectors(path, {"dna", "rna"})
    assert found.words == ("dna", "rna")
    assert found.values.tolist() == [[3, 4], [5, 6]]


def test_the_first_of_equal_words_counts_and_words_may_have_blanks(plain):
    found = read_vectors(plain(b"a 1 2\na 3 4\nat the end 5 6\n"), {"a", "at the end"})
    assert found.values.tolist() == [[1, 2], [5, 6]]


def test_words_that_are_no_text_are_passed_over(plain):
    values = np.arange(4, dtype=np.float32).reshape(2, 2)
    path = plain(binary(["xx", "b"], values).replace(b"xx", b"\xff\xfe"))
    assert read_vectors(path, {"b"}).values.tolist() == [[2, 3]]


GOOD = np.ones((3, 4), dtype=np.float32)
DAMAGE = {
    "an empty file": (b" \n", "the file is empty"),
    "another kind of file": (b"<html>\nno vectors\n", "line 1: this is no file of vectors"),
    "no words": (b"0 4\n", "line 1: it announces 0 words"),
    "a short line": (b"a 1 2 3\nb 1 2\n", "line 2: it has fewer than 3 values"),
    "a word for a number": (b"a 1 2 3\nb 1 x 3\n", "line 2: not all of its last 3"),
    "no finite number": (b"a 1 2 3\nb 1 nan 3\n", "line 2: a value is not finite"),
    "fewer words than announced": (text("ab", GOOD[:2]).replace(b"2 4", b"3 4"), "it has 2 words, but .* 3"),
    "more words than announced": (text("abc", GOOD).replace(b"3 4\n", b"2 4\n"), "it has 3 words, but .* 2"),
    "a binary file cut short": (binary("abc", GOOD)[:-5], "word 3: the file is cut short"),
    "a binary file cut in a word": (binary("abc", GOOD)[:-18], "word 3: the file is cut short"),
    "a binary file that goes on": (
        binary("abc", GOOD).replace(b"3 4\n", b"2 4\n"),
        "goes on behind the 2 words",
    ),
    "a binary file with nonsense": (b"3 4\n" + b"\1" * 200_000, "word 1: the file is damaged"),
    "a binary value that is not finite": (binary("abc", GOOD * [1, 1, np.inf, 1]), "word 1: a value is not"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_kind_of_damage_is_one_error(plain, kind):
    content, said = DAMAGE[kind]
    with pytest.raises(TextError, match=said) as error:
        read_vectors(plain(content), {"a", "b", "c"})
    assert "vectors" in str(error.value)


def test_vectors_of_another_size_name_both(plain):
    with pytest.raises(TextError, match="vectors have 4 values, but the network's words have 300"):
        read_vectors(plain(text("abc", GOOD)), {"a"}, 300)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TextError, match=r"none\.bin: cannot be read \(No such file"):
        read_vectors(tmp_path / "none.bin", {"a"})


@given(tables(), st.sampled_from(sorted(FORMS)), st.data())
def test_a_file_cut_anywhere_never_gives_a_wrong_vector(tmp_path_factory, table, form, data):
    """It is an error; of GloVe, which announces nothing, words before the cut may be right."""
    words, values = table
    path = tmp_path_factory.mktemp("vectors") / "vectors"
    whole = FORMS[form](words, values)
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    try:
        found = read_vectors(path, set(words), values.shape[1])
    except TextError:
        return
    assert form != "word2vec" or len(found.words) == len(words)
    for word, row in list(zip(found.words, found.values, strict=True)):
        # The last number of a text may be cut in its digits: no reader can see that.
        assert row[:-1].tolist() == values[words.index(word)][:-1].tolist()


def test_memory_does_not_grow_with_the_file(plain):
    many = [f"w{number}" for number in range(20_000)]
    path = plain(binary(many, np.ones((20_000, 100), dtype=np.float32)))
    tracemalloc.start()
    found = read_vectors(path, {"w19999"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.words == ("w19999",)
    assert path.stat().st_size > 8_000_000
    assert peak < 4_000_000
