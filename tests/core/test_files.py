"""Atomic writes: whole or not at all."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engram.core.errors import DiskError, ImageError
from engram.core.files import (
    atomic_path,
    file_hash,
    link_file,
    require_writable,
    write_json,
    write_text,
)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    """An error half-way changes nothing and leaves no temporary file."""
    path = tmp_path / "table.csv"
    write_text(path, "old")

    def fail(error):
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise error

    for error, expected in _FAILURES:
        with pytest.raises(type(expected), match=str(expected)):
            fail(error)
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]


#: What happens while a file is written, and what is said of it.
_FAILURES = [
    (
        OSError(errno.ENOSPC, "full"),
        DiskError(r"table\.csv: cannot be written \(No space left.*Make room on"),
    ),
    (
        OSError(errno.EROFS, "closed"),
        DiskError(r"\(Read-only file system\)\. Grant access to .*set 'results'"),
    ),
    (RuntimeError("I/O error: No space left on device (os error 28)"), DiskError("Make room")),
    # Not the disk's doing: an input that may not be read, one of our errors, a bug.
    (PermissionError(errno.EACCES, "no", "/elsewhere/photograph.png"), PermissionError("photograph")),
    (ImageError("a.png: Read-only file system"), ImageError("a.png")),
    (ValueError("a bug"), ValueError("a bug")),
]


def test_a_folder_is_tried_before_long_work(tmp_path):
    """The folder is made if it is not there, and the probe leaves nothing behind."""
    require_writable(tmp_path / "results")
    assert list((tmp_path / "results").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_access_is_named(tmp_path):
    """Permissions taken away give the folder and the way out."""
    tmp_path.chmod(0o500)
    with pytest.raises(DiskError, match=r"Permission denied.*Grant access"):
        require_writable(tmp_path / "results")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_without_room_is_named(tmp_path):
    """What the system itself says of a full disk becomes the same error."""

    def write():
        with atomic_path(tmp_path / "faces.npy"), open("/dev/full", "wb") as stream:
            stream.write(bytes(10))

    with pytest.raises(DiskError, match=r"faces\.npy: cannot be written \(No space left"):
        write()


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


WRITER = """
import sys
from engram.core.files import atomic_path
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
