"""Listing of folders: every image once, sorted, and no link followed out of the data set."""

import os

import pytest

from engram.core.errors import ManifestError
from engram.data.images.decode import ImageSource
from engram.data.images.readers._walk import DataFolder, image_files
from tests.data.images.miniatures import put


def test_folder_by_folder_sorted(tmp_path):
    """Hidden files and folders, and other files, are no images; endings count in any case."""
    for name in ("b.JPG", "a/2.png", "a/10.png", ".x/1.png", "a/.1.png", "c/d/1.Tiff", "notes.txt"):
        put(tmp_path, name) if not name.endswith(("txt", "Tiff")) else (tmp_path / name).parent.mkdir(
            parents=True, exist_ok=True
        )
    (tmp_path / "c/d/1.Tiff").touch()
    assert list(image_files(tmp_path)) == ["b.JPG", "a/10.png", "a/2.png", "c/d/1.Tiff"]
    assert list(image_files(tmp_path, "a")) == ["a/10.png", "a/2.png"]
    assert list(image_files(tmp_path, "none")) == []


def test_links_to_folders_need_permission(tmp_path):
    """A link out of the data set is followed, and its images read, only where its goal is allowed."""
    put(tmp_path, "disk/set/x.png", 3)
    put(tmp_path, "data/own.png", 1)
    (tmp_path / "data/far").symlink_to(tmp_path / "disk/set")
    assert list(image_files(tmp_path / "data")) == ["own.png"]
    with pytest.raises(ManifestError, match=r"leads out of the data set.*setting 'links'"):
        ImageSource(tmp_path / "data").read("far/x.png")
    allowed = DataFolder(tmp_path / "data", (tmp_path / "disk",))
    assert list(image_files(allowed)) == ["own.png", "far/x.png"]
    assert ImageSource(tmp_path / "data", [str(tmp_path / "disk")]).read("far/x.png").shape == (48, 48, 3)


def test_links_in_a_circle_are_refused(tmp_path):
    """Allowed links that lead back would be followed for ever."""
    put(tmp_path, "data/a/x.png")
    (tmp_path / "data/a/again").symlink_to(tmp_path / "data")
    with pytest.raises(ManifestError, match="again: this link leads in a circle"):
        list(image_files(DataFolder(tmp_path / "data", (tmp_path,))))


def test_names_that_are_no_text_are_refused(tmp_path):
    """A manifest cannot hold them."""
    try:
        (tmp_path / os.fsdecode(b"\xff.png")).touch()
    except OSError:
        pytest.skip("this file system has no such names")
    with pytest.raises(ManifestError, match="is no text in UTF-8"):
        list(image_files(tmp_path))
