"""Atomic writes: whole or not at all."""

import errno
import json
import subprocess
import sys

import pytest

from engram.ground.files import atomic_path, file_hash, write_json, write_text


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


def test_hash_is_sha256(tmp_path):
    """A known answer."""
    write_text(tmp_path / "abc", "abc")
    assert file_hash(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_nothing_that_is_not_a_number_enters_a_record(tmp_path):
    """JSON has no NaN: it is refused where it is written, not where it is read."""
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"accuracy": float("nan")})
    assert not (tmp_path / "x.json").exists()


WRITER = """
import sys
from engram.ground.files import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_text("new")
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path):
    """Another process that is half-way through `table.csv`; it goes on when its input is closed."""
    words = [sys.executable, "-c", WRITER, str(tmp_path / "table.csv")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def test_what_a_killed_writer_left_goes_with_the_next_write(writer, tmp_path):
    """SIGKILL leaves a temporary file, and a database's its journal; whoever writes next removes them."""
    writer.kill()
    writer.wait()
    (left,) = tmp_path.iterdir()
    left.with_name(f"{left.name}-journal").write_text("half a transaction")
    other = tmp_path / ".table-of-others.csv"
    other.write_text("another's")
    write_text(tmp_path / "table.csv", "whole")
    assert sorted(tmp_path.iterdir()) == [other, tmp_path / "table.csv"]


def test_what_another_process_is_writing_stays(writer, tmp_path):
    """Two writers of one file at once: both succeed, and the later one stands."""
    write_text(tmp_path / "table.csv", "first")
    assert len(list(tmp_path.iterdir())) == 2
    writer.stdin.close()
    assert writer.wait() == 0
    assert (tmp_path / "table.csv").read_text() == "new"
    assert list(tmp_path.iterdir()) == [tmp_path / "table.csv"]


def test_a_file_system_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    """Some file systems of clusters know no locks: nothing is removed then, and nothing fails."""

    def refuse(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    left = tmp_path / ".table-0123abcd.partial.csv"
    left.write_text("perhaps another's")
    write_text(tmp_path / "table.csv", "whole")
    assert sorted(tmp_path.iterdir()) == [left, tmp_path / "table.csv"]
