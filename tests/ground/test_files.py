"""Atomic writes: whole or not at all."""

import json
import os

import pytest

from engram.ground.files import atomic_path, file_hash, link_file, write_json, write_text


def test_a_failed_write_leaves_what_was_there(tmp_path):
    """An error half-way changes nothing and leaves no temporary file."""
    path = tmp_path / "table.csv"
    write_text(path, "old")

    def fill_the_disk():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        fill_the_disk()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_folder_is_made(tmp_path):
    """A writer need not care whether its folder exists."""
    write_json(tmp_path / "a" / "b.json", {"b": 1, "a": [1.5]})
    assert json.loads((tmp_path / "a" / "b.json").read_text()) == {"a": [1.5], "b": 1}


def test_the_temporary_name_keeps_the_ending(tmp_path):
    """Writers that choose their format by the ending are not misled."""
    with atomic_path(tmp_path / "face.png") as temporary:
        assert temporary.suffix == ".png"
        temporary.write_bytes(b"x")


def test_a_second_name_outlives_the_first(tmp_path):
    """A linked file stays when the first name goes, and replaces what stood at the second."""
    first, second = tmp_path / "first", tmp_path / "folder" / "second"
    write_text(first, "a model")
    write_text(second, "an older one")
    link_file(first, second)
    link_file(first, second)
    first.unlink()
    assert second.read_text() == "a model"
    assert list(second.parent.iterdir()) == [second]


def test_where_no_link_is_possible_a_file_is_copied(tmp_path, monkeypatch):
    """Another file system costs a copy, not an error."""

    def refuse(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    write_text(tmp_path / "first", "a model")
    link_file(tmp_path / "first", tmp_path / "second")
    assert (tmp_path / "second").read_text() == "a model"


def test_hash_is_sha256(tmp_path):
    """A known answer."""
    write_text(tmp_path / "abc", "abc")
    assert file_hash(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_nothing_that_is_not_a_number_enters_a_record(tmp_path):
    """JSON has no NaN: it is refused where it is written, not where it is read."""
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"accuracy": float("nan")})
    assert not (tmp_path / "x.json").exists()
