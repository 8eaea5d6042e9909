"""Files of splits: what is written is read back, and damaged ones are refused."""

import pandas as pd
import pytest

from engram.config import SplitSettings
from engram.core.errors import SplitError
from engram.data.split import Split
from engram.data.splitting import make_split, read_split, write_split
from tests.data.small_sets import PUBLISHED, jaffe


def test_written_splits_are_read_back(tmp_path):
    """The file has one line a row; the hash is the content's, whatever the order of lines."""
    table = make_split(jaffe(), SplitSettings(), "expression", "J")
    write_split(tmp_path / "split.csv", table.sample(frac=1, random_state=1))
    split = read_split(tmp_path / "split.csv")
    pd.testing.assert_frame_equal(split.table, table)
    assert split.hash == Split.from_table(table).hash
    other = make_split(jaffe(), SplitSettings(seed=2), "expression", "J")
    assert Split.from_table(other).hash != split.hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [*lines, lines[1]], r"split\.csv: row 0 stands there twice"),
        (
            lambda lines: [line.replace("validation", "dev") for line in lines],
            r"split\.csv: unknown subset 'dev'",
        ),
        (
            lambda lines: [*lines, "213,P0,test,-1,subject,0", "214,P0,train,-1,subject,0"],
            r"split\.csv: the ranks",
        ),
        (
            lambda lines: [*lines, "213,P9,test,-1,subject,0", "214,P9,validation,-1,subject,0"],
            r"split\.csv: subject 'P9' stands in",
        ),
        (
            lambda lines: [line.rsplit(",", 3)[0] for line in lines],
            r"split\.csv: there is no column 'rank'",
        ),
        (lambda lines: [*lines, "a,P0,test,-1,subject,0"], r"split\.csv: this file is damaged"),
        (lambda lines: [*lines, "213,P9,test,-1,mine,0"], r"split\.csv: 'scheme' must be one of"),
        (lambda lines: [], r"split\.csv: this file is damaged"),
    ],
)
def test_damaged_splits_are_refused(tmp_path, change, message):
    """A row twice, an unknown subset or a person in two subsets is named with the file."""
    path = tmp_path / "split.csv"
    write_split(path, make_split(jaffe(), SplitSettings(), "expression", "J"))
    path.write_text("\n".join(change(path.read_text().splitlines())))
    with pytest.raises(SplitError, match=message):
        read_split(path)


def test_printed_sizes_let_training_and_validation_share_subjects(tmp_path):
    """Under `published` they may, and the file says so; under any other scheme it would be refused."""
    table = make_split(jaffe(), PUBLISHED, "expression", "J")
    write_split(tmp_path / "split.csv", table)
    assert len(read_split(tmp_path / "split.csv").rows("test")) == 67
    before = (tmp_path / "split.csv").read_bytes()
    for other in (table.assign(scheme="subject"), table.drop(columns="scheme")):
        with pytest.raises(SplitError, match="stands in"):
            write_split(tmp_path / "split.csv", other)
    assert (tmp_path / "split.csv").read_bytes() == before
