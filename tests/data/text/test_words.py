"""Tokens and sentences of running text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.data.text.words import sentence_starts, token_spans


def tokens(text):
    return [text[start:end] for start, end in token_spans(text)]


def parts(text):
    starts = [*sentence_starts(text), len(text)]
    return [text[a:b].strip() for a, b in pairwise(starts) if text[a:b].strip()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BRCA-1 (p53).", ["BRCA", "-", "1", "(", "p", "53", ")", "."]),
        ("на 9329,0 тыс. рублей", ["на", "9329,0", "тыс", ".", "рублей"]),
        ("«Жилище» № 131-ФЗ", ["«", "Жилище", "»", "№", "131", "-", "ФЗ"]),
        ("a_b 右髋部2天", ["a", "_", "b", "右髋部", "2", "天"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("\ufeffThe", ["The"]),
    ],
)
def test_tokens_are_words_numbers_and_single_signs(text, expected):
    assert tokens(text) == expected


@given(st.text())
def test_every_character_but_blanks_is_in_one_token(text):
    found = token_spans(text)
    assert "".join(tokens(text)) == "".join(text.replace("\ufeff", "").split())
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
    assert all(len(text[start:end].split()) == 1 for start, end in found)


@given(st.text())
def test_with_characters_each_is_a_token(text):
    assert [text[start:end] for start, end in token_spans(text, characters=True)] == [*"".join(text.split())]


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        (" ", ["The end.", "A beginning."]),
        (" ", ["Works (see Fig. 2).", "Then more."]),
        (" ", ["Dr. Smith met J. Doe et al. There."]),
        (" ", ["He said “go!”", "She went."]),
        (" ", ["В 2016 г. Москва выросла.", "Далее текст."]),
        ("\n", ["2. Приоритеты политики", "Муниципальная программа"]),
        ("\n", ["обеспечение жильем;", "содействие семьям;"]),
        ("", ["患者无发热。", "无咳嗽。", "入院"]),
        (" ", ["Is it?", "Yes!", "3 of 4."]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(between, expected):
    assert parts(between.join(expected)) == expected


def test_a_line_that_goes_on_in_small_letters_is_no_end():
    assert parts("размера общей\nплощади жилого\r\nпомещения\n\nДалее") == [
        "размера общей\nплощади жилого\r\nпомещения",
        "Далее",
    ]


@given(st.text(alphabet="aB.! \n。1(«"))
def test_starts_ascend_within_the_text(text):
    starts = sentence_starts(text)
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] < max(1, len(text))
