"""A run packed as an RO-Crate says what is in it, completely, and is the same each time."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from contextlib import chdir
from pathlib import Path
from urllib.parse import unquote

import pytest
from rocrate.rocrate import ROCrate

from engram.core.errors import PublishingError
from engram.core.files import file_hash
from engram.core.paths import Layout
from engram.publishing.code_version import code_version
from engram.publishing.ro_crate import METADATA
from tests.conftest import ROOT
from tests.publishing.steps import bundle

ALONG = ("LICENSE", "CITATION.cff", "envs/requirements.txt", "envs/engram.yaml", "Snakefile")


@pytest.fixture(autouse=True)
def _in_run(finished, monkeypatch):
    monkeypatch.chdir(finished)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """What of the repository goes along, in a Git repository of its own."""
    place = tmp_path_factory.mktemp("repository")
    for name in ALONG:
        (place / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, place / name)
    (place / "workflow").mkdir()
    (place / "workflow/code.py").write_text("x = 1\n")
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "code"]):
        names = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run(["git", *names, *command], check=True, cwd=place)
    return place


@pytest.fixture(scope="module")
def made(both, finished, repository, tmp_path_factory):
    """The folder and the archive of a bundle."""
    with chdir(finished):
        return bundle(both, tmp_path_factory.mktemp("made"), repository)


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("form", [0, 1], ids=["folder", "archive"])
def test_the_reader_finds_every_file_described(made, form):
    """RO-Crate's own reader knows each file with its hash, size and format; nothing else is there."""
    crate = ROCrate(made[form])
    described = {unquote(entity.id): entity for entity in crate.data_entities}
    assert {*described} == files_of(made[0]) - {METADATA}
    for name, entity in described.items():
        path = made[0] / name
        assert entity["sha256"] == file_hash(path)
        assert int(entity["contentSize"]) == path.stat().st_size
        assert "/" in entity["encodingFormat"]


def test_the_crate_says_where_it_comes_from(made, repository):
    """The commit, the configuration, the environment, the papers, the licence."""
    crate = ROCrate(made[0])
    software, run = crate.get("#engram"), crate.get("#run")
    version = code_version(repository)
    assert version.commit
    assert software["softwareVersion"] == version.commit
    assert software["softwareRequirements"].id == "environment/requirements.txt"
    assert run["instrument"].id == "#engram"
    assert "results/configuration.json" in {one.id for one in run["object"]}
    assert "results/tables/claims.md" in {one.id for one in run["result"]}
    assert crate.root_dataset["license"].id == "https://spdx.org/licenses/MIT"
    papers = [paper.id.rpartition("/")[2] for paper in crate.root_dataset["citation"]]
    assert papers == ["1905.12082", "1911.03222", "#crichton-2017", "#hung-2021"]


def test_every_data_set_has_its_terms(both, repository, tmp_path):
    """Drawn faces say that they are drawn, photographs whose they are, and none is silent."""
    config = both.model_dump(mode="json")
    config["datasets"]["lab"] |= {
        "reader": "manifest",
        "drawn": None,
        "root": "lab",
        "source": "A. Owner, CC",
    }
    settings = type(both).model_validate(config)
    bundle(settings, tmp_path, repository)
    crate = ROCrate(tmp_path / "bundle")
    terms = {
        entity["identifier"]: entity["license"]["description"]
        for entity in crate.root_dataset["mentions"]
        if entity.id.startswith("#dataset-")
    }
    assert terms["lab"] == "A. Owner, CC"
    assert terms["wild"].startswith("Drawn by Engram")
    assert set(terms) >= {"lab", "wild", "crowd", "city", "press"}


def test_no_model_and_no_forbidden_face_is_in_it(made):
    """Weights stay out; so do sheets of data sets whose faces may not be shown, and all stored faces."""
    names = files_of(made[0])
    assert not [name for name in names if name.endswith((".safetensors", ".pt", ".onnx", ".npy"))]
    assert "results/figures/sheets/city.png" in names
    assert "results/figures/sheets/gallery.png" not in names
    shown = {name.split("/")[2] for name in names if "/faces" in name and name.endswith("shown.parquet")}
    assert shown == {"city", "press", "wild"}


def test_the_same_run_gives_the_same_bytes(both, repository, made, tmp_path):
    """Folder and archive, made again and over an old one."""
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle/old.txt").write_text("of an earlier bundle")
    bundle(both, tmp_path, repository)
    assert files_of(tmp_path / "bundle") == files_of(made[0])
    for name in files_of(made[0]):
        assert (tmp_path / "bundle" / name).read_bytes() == (made[0] / name).read_bytes(), name
    assert (tmp_path / "bundle.zip").read_bytes() == made[1].read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_a_killed_bundle_left_is_no_obstacle(both, repository, made, tmp_path):
    """Killed while it copied or while it packed: the next one removes what is left, and is the same."""
    (tmp_path / "bundle/results").mkdir(parents=True)
    (tmp_path / "bundle/results/half.csv").write_text("half a file")
    (tmp_path / ".bundle-0123abcd.partial.zip").write_text("half an archive")
    bundle(both, tmp_path, repository)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "bundle.zip"]
    assert (tmp_path / "bundle.zip").read_bytes() == made[1].read_bytes()


def test_the_archive_holds_the_folder(made):
    """Same names, same bytes, in sorted order, with one time for all."""
    with zipfile.ZipFile(made[1]) as archive:
        assert archive.namelist() == sorted(files_of(made[0]))
        assert len({entry.date_time for entry in archive.infolist()}) == 1
        assert archive.read(METADATA) == (made[0] / METADATA).read_bytes()
        assert archive.testzip() is None


def test_an_edit_is_told(repository, tmp_path):
    """Code that differs from its commit says so."""
    place = shutil.copytree(repository, tmp_path / "repository")
    before = code_version(place)
    (place / "workflow/code.py").write_text("x = 2\n")
    after = code_version(place)
    assert after.commit == f"{before.commit}-dirty"


def test_without_git_there_is_no_commit(repository, tmp_path):
    """An unpacked archive of the code has no commit, and a bundle of it the oldest date of archives."""
    place = shutil.copytree(repository, tmp_path / "code", ignore=shutil.ignore_patterns(".git"))
    version = code_version(place)
    assert version.commit == ""
    assert version.date.year == 1980
    with zipfile.ZipFile(tmp_path / "any.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("name", version.date.timetuple()[:6]), "")


def test_an_unfinished_run_is_not_packed(both, finished, repository, tmp_path, monkeypatch):
    """The error names what is missing, and there is no archive."""
    shutil.copytree(finished, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "run")
    (Layout.from_settings(both).tables / "claims.md").unlink()
    with pytest.raises(PublishingError, match=r"claims\.md"):
        bundle(both, tmp_path, repository)
    assert not (tmp_path / "bundle.zip").exists()
