"""Damage to a file's bytes, as disks, copies and people do it; drawn by hypothesis."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st

__all__ = ["DAMAGE", "Damage", "complaint", "examples"]

T = TypeVar("T", bound=Callable)
#: `make test` takes this share of the examples, the same ones each time; `make test-long` takes them all.
_SHARE = 1.0 if os.environ.get("ENGRAM_ALL_EXAMPLES") else 0.25


def examples(count: int) -> Callable[[T], T]:
    """Mark a test of damage: how many examples of it hypothesis draws in `make test-long`."""
    drawn = settings(max_examples=round(count * _SHARE))
    return lambda test: pytest.mark.damage(drawn(test))


@dataclass(frozen=True)
class Damage:
    """What happens to a file; its size decides where."""

    kind: str
    place: float
    """Where, as a share of the file."""
    content: bytes
    bit: int

    def of(self, data: bytes) -> bytes:
        """Return the bytes of a file that held ``data``."""
        at = min(int(self.place * len(data)), max(len(data) - 1, 0))
        if self.kind == "cut short":
            return data[:at]
        if self.kind == "a bit" and data:
            return data[:at] + bytes([data[at] ^ 1 << self.bit]) + data[at + 1 :]
        if self.kind == "overwritten":
            return data[:at] + self.content + data[at + len(self.content) :]
        if self.kind == "inserted":
            return data[:at] + self.content + data[at:]
        if self.kind == "lost":
            return data[:at] + data[at + 1 + self.bit :]
        return self.content


# Headers stand at the beginning, footers at the end: half of the damage is done there.
_PLACES = st.one_of(
    st.floats(0, 1), st.floats(0, 0.02), st.floats(0.9, 1), st.integers(0, 4000).map(lambda n: n / 4000)
)
DAMAGE = st.builds(
    Damage,
    st.sampled_from(["cut short", "a bit", "a bit", "overwritten", "inserted", "lost", "replaced"]),
    _PLACES,
    st.one_of(st.binary(max_size=12), st.sampled_from([b"\0" * 512, b"\xff" * 64, b"[]", b"{}", b"1e999"])),
    st.integers(0, 7),
)


def complaint(call: Callable[[], object], *errors: type[Exception]) -> str | None:
    """Return what one of the expected errors says that ``call`` ends with; None if it passes.

    Any other exception comes through: a test fails by it.
    """
    try:
        call()
    except errors as error:
        return str(error)
    return None
