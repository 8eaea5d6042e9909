"""Numbers, doses and values of tests, as texts write them."""

from __future__ import annotations

from collections.abc import Callable

from engram.data.synthetic.text.names import Word, words
from engram.data.synthetic.text.stream import Stream

__all__ = ["NUMBERS", "draw_number"]

_FEW = ("two", "three", "four", "five", "six", "seven", "eight", "nine")


def draw_number(kind: str, stream: Stream) -> tuple[Word, ...]:
    """Return a number of one of the kinds of ``NUMBERS``, with its unit if it has one."""
    return words(NUMBERS[kind](stream), "CD")


def _tenths(low: int, high: int) -> Callable[[Stream], str]:
    return lambda stream: "{}.{}".format(*divmod(stream.between(low, high), 10))


def _one_of(*texts: str) -> Callable[[Stream], str]:
    return lambda stream: stream.pick(texts)


def _range(low: int, high: int, step: int = 1) -> Callable[[Stream], str]:
    return lambda stream: str(low + step * stream.below((high - low) // step + 1))


NUMBERS: dict[str, Callable[[Stream], str]] = {
    "n": _range(18, 240),
    "k": _range(2, 14),
    "few": _one_of(*_FEW),
    "age": _range(19, 88),
    "young": _range(3, 49),
    "dozen": _range(10, 24),
    "year": _range(1991, 2019),
    "span": lambda stream: f"{stream.between(1988, 2002)} and_CC {stream.between(2003, 2019)}",
    "hours": _one_of("2", "6", "12", "24", "48", "72"),
    "weeks": _range(2, 16),
    "thousands": lambda stream: f"{stream.between(2, 48)},{stream.between(1, 9)}00",
    "percent": lambda stream: (
        f"{_tenths(32, 941)(stream) if stream.chance(400) else stream.between(4, 96)} %_NN"
    ),
    "fold": lambda stream: f"{_tenths(13, 89)(stream)}-fold_RB",
    "foldj": lambda stream: f"{_tenths(13, 89)(stream)}-fold_JJ",
    "p": lambda stream: f"(_( P_NN <_SYM {stream.pick(('0.05', '0.01', '0.001', '0.02'))} )_)",
    "conc": lambda stream: (
        f"{stream.pick(('0.1', '0.5', '1', '5', '10', '20', '50', '100'))} {stream.pick('µnm')}M_NN"
    ),
    "kgdose": lambda stream: f"{stream.pick(('1', '2.5', '5', '10', '20', '50'))} mg/kg_NN",
    "dose": lambda stream: (
        f"{stream.pick(('2.5', '5', '10', '20', '25', '40', '50', '100', '250', '500'))} mg_NN"
    ),
    "temperature": _tenths(364, 398),
    "pressure": lambda stream: f"{stream.between(98, 176)}/{stream.between(54, 102)}",
    "rate": _range(54, 128),
    "cells": _tenths(31, 189),
    "haemoglobin": _tenths(72, 164),
    "creatinine": _tenths(6, 34),
    "score": lambda stream: f"{stream.between(0, 4)}-{stream.between(0, 3)}",
    "odds": _tenths(12, 58),
    "interval": lambda stream: (
        f"95_CD %_NN CI_NN {_tenths(10, 19)(stream)}_CD to_TO {_tenths(24, 98)(stream)}_CD"
    ),
    "kd": _tenths(112, 940),
    "exon": _range(2, 17),
    "degrees": _range(4, 37),
    "litres": _range(3, 60),
    "millions": lambda stream: f"{_tenths(11, 980)(stream)} million_CD",
}
