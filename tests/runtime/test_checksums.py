"""Checksums: any damage to a file that a job wrote is noticed, and nothing else is."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from engram.core.errors import DamageError
from engram.runtime import checksums
from engram.runtime.checksums import (
    check_files,
    find_damage,
    known_hash,
    remove_checksums,
    write_checksums,
)
from tests.damage import DAMAGE, examples

DATA = np.random.default_rng(0).bytes(5000)


@pytest.fixture
def written(tmp_path):
    """Return the results folder of a job that wrote two files, and the files."""
    files = [
        tmp_path / "results/models/seed1/wild.base" / name for name in ("model.safetensors", "record.json")
    ]
    files[0].parent.mkdir(parents=True)
    for number, file in enumerate(files):
        file.write_bytes(DATA[number:])
    write_checksums(tmp_path / "results", "train_stage_seeds_1", files)
    return tmp_path / "results", files


def test_what_is_as_it_was_written_passes(written):
    """No false alarm; a file without a checksum, a folder and one outside the results are passed over."""
    results, files = written
    (results / "photograph.png").write_bytes(b"x")
    check_files(results, [*files, results / "photograph.png", results, "/elsewhere/encoder.onnx"])
    assert find_damage(results) == (2, [])


def test_the_sum_is_what_it_says(written):
    """Bytes, SHA-256 and rule, in a file of its own under the file's own path."""
    results, _ = written
    known = json.loads((results / "checksums/models/seed1/wild.base/model.safetensors.json").read_text())
    assert known["bytes"] == 5000
    assert known["rule"] == "train_stage_seeds_1"
    assert len(known["sha256"]) == 64


@examples(200)
@given(DAMAGE)
def test_any_damage_is_noticed(tmp_path_factory, damage):
    """Whatever happens to a file's bytes, check and search name it, and no other."""
    results = tmp_path_factory.mktemp("results")
    file, other = results / "faces.npy", results / "index.parquet"
    for path in (file, other):
        path.write_bytes(DATA)
    write_checksums(results, "prepare_faces", [file, other])
    file.write_bytes(damage.of(DATA))
    damaged = [file] if file.read_bytes() != DATA else []
    assert [found.path for found in find_damage(results)[1]] == damaged
    if damaged:
        with pytest.raises(DamageError, match=r"faces\.npy: .*prepare_faces") as error:
            check_files(results, [other, file])
        assert "index.parquet" not in str(error.value)


def test_a_deleted_folder_is_noticed(written):
    """The sums lie apart, so a loss is seen even where nothing is left."""
    results, files = written
    shutil.rmtree(results / "models")
    count, damaged = find_damage(results, threads=2)
    assert count == 2
    assert [str(found) for found in damaged] == [
        f"{file}: is missing (written by rule train_stage_seeds_1)" for file in files
    ]


def test_of_a_large_file_the_size_is_compared(written, monkeypatch):
    """A job does not read gigabytes twice: it sees that some are missing; the search reads all."""
    results, files = written
    monkeypatch.setattr(checksums, "HASHED", 100)
    files[0].write_bytes(DATA[:-1] + b"!")
    check_files(results, files)
    assert [found.path for found in find_damage(results)[1]] == [files[0]]
    files[0].write_bytes(DATA[:-1])
    with pytest.raises(DamageError, match="4999 bytes are there where 5000 were written"):
        check_files(results, files)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"bytes": "many"}', b"\xff\xfe"])
def test_a_damaged_sum_is_named(written, content):
    """Sums lie on the same disk: one that cannot be read is an alarm, not a pass."""
    results, files = written
    (results / "checksums/models/seed1/wild.base/record.json.json").write_bytes(content)
    assert "its checksum" in str(find_damage(results)[1][0])
    with pytest.raises(DamageError, match=r"record\.json: its checksum, .*cannot be read"):
        check_files(results, files)


def test_a_job_that_begins_anew_forgets_its_sums(written):
    """What is about to be written again is neither checked nor missed."""
    results, files = written
    remove_checksums(results, [*files, results / "never_written.csv"])
    files[0].write_bytes(b"half")
    check_files(results, files)
    assert find_damage(results) == (0, [])


def test_a_results_folder_may_be_written_in_any_way(tmp_path, monkeypatch):
    """`results/`, `./results` and `results` are one folder."""
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    Path("results/a.csv").write_text("a")
    write_checksums(Path("results/"), "r", ["./results/a.csv"])
    Path("results/a.csv").write_text("b")
    with pytest.raises(DamageError):
        check_files(Path("./results"), ["results/a.csv"])


def test_a_file_is_hashed_once(tmp_path, monkeypatch):
    """Its checksum says the hash; a file without one, or of another size, is read."""
    path = tmp_path / "a.npy"
    path.write_bytes(b"embeddings")
    digest = checksums.file_hash(path)
    write_checksums(tmp_path, "extract", [path])
    monkeypatch.setattr(checksums, "file_hash", lambda path: "read")
    assert known_hash(tmp_path, path) == digest
    path.write_bytes(b"others, longer")
    assert known_hash(tmp_path, path) == "read"
    remove_checksums(tmp_path, [path])
    assert known_hash(tmp_path, path) == "read"
