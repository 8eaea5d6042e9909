"""Printed figures are read whole or refused."""

from __future__ import annotations

import pytest

from engram.core.errors import ConfigurationError
from engram.reporting.published import read_published

COLUMNS = ("method", "on", "accuracy")
WHOLE = "# printed in Table 1\nmethod,on,accuracy\nnew,a,68.35\nnew,b,50\nold,a,60\n"

FAULTS = {
    "columns": WHOLE.replace("on,", "where,", 1),
    "missing": WHOLE.replace("68.35", ""),
    "negative": WHOLE.replace("68.35", "-68.35"),
    "twice": WHOLE + "new,b,51\n",
    "exceeds": WHOLE.replace("68.35", "683.5"),
}


def test_a_whole_copy_is_read(tmp_path):
    """Comments are left out."""
    path = tmp_path / "printed.csv"
    path.write_text(WHOLE, encoding="utf-8")
    assert read_published(path, COLUMNS, 2)["accuracy"].tolist() == [68.35, 50, 60]


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_copies_are_refused(fault, tmp_path):
    """A copy with a wrong column, a gap, a doubled row or a figure out of range is refused by name."""
    path = tmp_path / "printed.csv"
    path.write_text(FAULTS[fault], encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"printed\.csv.*{fault}"):
        read_published(path, COLUMNS, 2)
