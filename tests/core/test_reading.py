"""Readers of files: damaged bytes end in one error of the project, whatever a library makes of them."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from engram.core.errors import DataMissingError, PredictionsError, StoreError
from engram.core.reading import first_line, open_array, read_csv, read_json, read_table
from tests.damage import DAMAGE, complaint, examples

FRAME = pd.DataFrame(
    {"row": np.arange(300), "subject": ["ada", "bo", None] * 100, "score": np.linspace(0, 1, 300)}
)
READERS = {
    "table.parquet": (lambda path: FRAME.to_parquet(path), read_table),
    "table.csv": (lambda path: FRAME.to_csv(path, index=False), read_csv),
    "choice.json": (lambda path: path.write_text(json.dumps({"a": [1, {"b": "c"}]})), read_json),
    "array.npy": (lambda path: np.save(path, np.zeros((20, 5), np.float32)), open_array),
}


@pytest.fixture(scope="module", params=READERS)
def kept(request, tmp_path_factory):
    """Return a file of each format, its bytes and its reader."""
    path = tmp_path_factory.mktemp("kept") / request.param
    write, reader = READERS[request.param]
    write(path)
    return path, path.read_bytes(), reader


@examples(400)
@given(damage=DAMAGE)
def test_damaged_bytes_end_in_one_error(kept, damage):
    """What still can be read is read; all else is the error asked for, with file and way out."""
    path, data, reader = kept
    path.write_bytes(damage.of(data))
    said = complaint(lambda: reader(path, StoreError), StoreError)
    if said is not None:
        assert said.startswith(f"{path}: ")
        assert "run snakemake again" in said
        assert "\n" not in said


def test_missing_files_are_named(kept):
    """There is nothing to delete: running again makes it."""
    path, _, reader = kept
    with pytest.raises(DataMissingError, match=r"gone: this file is missing\. Run snakemake again"):
        reader(path.with_name("gone"), DataMissingError)


@pytest.mark.parametrize("name", ["table.parquet", "table.csv"])
def test_another_table_is_refused(tmp_path, name):
    """A table without a column that was asked for is not the one that was written."""
    write, reader = READERS[name]
    write(tmp_path / name)
    assert len(reader(tmp_path / name, PredictionsError, ["row", "score"])) == 300
    with pytest.raises(PredictionsError, match=rf"{name}: there is no column 'lineage'.*Pull it"):
        reader(tmp_path / name, PredictionsError, ["row", "lineage"], "Pull it.")


def test_an_archive_is_no_array(tmp_path):
    """Several arrays in the place of one, and an array of objects, are refused; nothing is unpickled."""
    with open(tmp_path / "a.npy", "wb") as stream:
        np.savez(stream, a=np.zeros(3))
    np.save(tmp_path / "b.npy", np.array([{}]), allow_pickle=True)
    for name in ("a.npy", "b.npy"):
        with pytest.raises(StoreError, match=f"{name}: this file is damaged"):
            open_array(tmp_path / name, StoreError)


def test_a_message_is_short():
    """Libraries repeat whole files: ours keeps the beginning of the first line."""
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(ValueError("x" * 999)) == "x" * 200
    assert first_line(MemoryError()) == "MemoryError"
