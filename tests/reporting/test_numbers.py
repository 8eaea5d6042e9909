"""Numbers as macros of LaTeX: their names, and that no two share one."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import ReportError
from engram.reporting.numbers import NumberTable, macro_name, macros


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["memory_integrity", "FC+CL", "50", "accuracy"], "engramMemoryIntegrityFCPlusCLFiftyAccuracy"),
        (["h_unique_tuned", "n"], "engramHUniqueTunedN"),
        (["wild.base/studio-50.head"], "engramWildByBaseThenStudioOfFiftyByHead"),
        (["0", "100", "1024", "21", "13"], "engramZeroOneHundredOneThousandTwentyFourTwentyOneThirteen"),
        (["2000000"], "engramTwoMillion"),
        (["all_rate0_0010", "00"], "engramAllRateZeroZeroZeroTenZeroZero"),
        (["é"], "engramUTwoHundredThirtyThree"),
    ],
)
def test_names_are_read_aloud(words, name):
    assert macro_name(*words) == name


@given(st.text())
def test_names_have_letters_only(text):
    assert re.fullmatch(r"[A-Za-z]+", macro_name(text))


@given(st.text("01259", min_size=1, max_size=7), st.text("01259", min_size=1, max_size=7))
def test_different_digits_have_different_names(one, other):
    """Zeros before a number count: 0_001 and 0_0001 are two learning rates."""
    assert (macro_name(one) == macro_name(other)) == (one == other)


def table(**columns) -> NumberTable:
    return NumberTable("sizes", pd.DataFrame(columns, dtype=str), ["name"])


def test_each_number_is_written_as_the_table_has_it():
    """And a cell that is empty has no macro."""
    text = macros([table(name=["a", "b"], value=["1.500000", ""], value_low=["-0.25", ""], n=["12", "7"])])
    assert re.findall(r"^\\newcommand\{\\(\w+)\}\{(.*)\}$", text, re.M) == [
        ("engramSizesAValue", "1.500000"),
        ("engramSizesAValueLow", "-0.25"),
        ("engramSizesAN", "12"),
        ("engramSizesBN", "7"),
    ]


def test_words_get_a_macro_where_they_are_asked_for():
    """They are escaped: a paper must not run what a table says."""
    frame = pd.DataFrame({"name": ["a"], "average": ["does \\not hold_"], "text": ["long"]}, dtype=str)
    text = macros([NumberTable("claims", frame, ["name"], ["average"])])
    assert r"\engramClaimsAAverage}{does \textbackslash{}not hold\_}" in text
    assert "long" not in text


def test_two_numbers_with_one_name_are_refused():
    with pytest.raises(
        ReportError, match=r"'sizes: a_b, n' and 'sizes: a b, n'|'sizes: a b, n' and 'sizes: a_b"
    ):
        macros([table(name=["a_b", "a b"], n=["1", "2"])])
