"""What is published can be pulled into a clone and gives every table and figure again."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import chdir
from importlib import import_module
from pathlib import Path

import pytest

from engram.core.errors import DataMissingError, PublishingError
from engram.publishing.places import CONTENTS, find_published, is_evidence, is_reevaluated
from engram.publishing.pull import pull_published
from engram.publishing.rebuild import rebuild
from engram.studies.entities.jobs.evidence import entities_figure_names
from engram.studies.entities.tables import TABLES as TEXT_TABLES
from engram.studies.general.jobs.report import general_figure_names
from engram.studies.general.tables import TABLES
from tests.publishing.repositories import PUBLISHED, REBUILD, RESULTS, clone_of, dvc, git
from tests.publishing.steps import copy_results, publish_run

FEW = ["integrity", "mistakes-wild-lab"]


def copied(settings, finished, name="small", **how):
    """Copy the published results of a finished run into the working folder, with no DVC."""
    folder = Path("published", name).resolve()
    with chdir(finished):
        copy_results(settings, folder, **how)


def bundled(settings, finished):
    """Copy what a bundle has of them."""
    copied(settings, finished, models=False)


def test_the_way_out_and_back(both, repository, tmp_path, monkeypatch):
    """Published, cloned and pulled results of all studies give every table and figure, without torch."""
    summary = publish_run(both)
    assert summary["pointer"] == "results.dvc"
    git("add", "--all")
    git("commit", "--quiet", "--message", "publish")
    assert not [name for name in git("ls-files").split() if name.startswith(("published/", "results/"))]

    clone = tmp_path / "clone"
    git("clone", "--quiet", str(repository), str(clone))
    monkeypatch.chdir(clone)
    dvc("remote", "modify", "--local", summary["remote"], "url", str(repository / ".dvcremote"))
    done = subprocess.run([sys.executable, "-c", REBUILD], check=True, capture_output=True, text=True)
    comparison = json.loads(done.stdout.splitlines()[-1])
    made = {path.stem for path in Path(RESULTS, "rebuilt").rglob("*.*")}
    figures = {*general_figure_names(both), *entities_figure_names(both)}
    assert {*TABLES, *TEXT_TABLES, *figures, "claims_general", "claims_entities"} <= made

    assert {"index.html", "numbers.tex"} <= {*comparison["same"]}
    assert comparison["different"] == comparison["imported"] == comparison["not_made"] == []
    for kind in ("tables", "figures"):
        made = {path.name: path.read_bytes() for path in Path(RESULTS, "rebuilt", kind).glob("*.*")}
        originals = (repository / RESULTS / kind).glob("*.*")
        assert made == {path.name: path.read_bytes() for path in originals}
    pulled = {path.relative_to("published/small").as_posix() for path in Path("published").rglob("*.*")}
    assert "data/wild/faces/shown.parquet" in pulled
    assert not [name for name in pulled if name.endswith("safetensors") or name.startswith("figures/")]
    git_status = git("status", "--porcelain")
    assert git_status == ""


def test_an_unreachable_remote_names_the_way_out(shared, monkeypatch):
    """A clone that cannot read the remote is told how to say where it lies."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "nowhere"))
    with pytest.raises(PublishingError, match=r"(?s)dvc pull.*failed.*dvc remote modify --local storage url"):
        pull_published(PUBLISHED, is_evidence)


def test_what_is_here_needs_no_remote(shared, monkeypatch):
    """Once pulled, results are rebuilt again where the remote cannot be reached."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    pull_published(PUBLISHED, is_evidence)
    (shared / "remote").rename(shared / "gone")
    pull_published(PUBLISHED, is_evidence)


@pytest.mark.long
def test_models_are_pulled_when_they_are_asked_for(shared, real_dvc, monkeypatch):
    """Re-evaluation gets the weights, and neither figures nor the export; also after other pulls."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    # The second finds all here already, which must not keep the third from fetching. What DVC remembers
    # lies on the disk: each pull is a process of its own.
    monkeypatch.setattr("engram.publishing.dvc._run", real_dvc)
    for _ in range(2):
        pull_published(PUBLISHED, is_evidence)
    contents = pull_published(PUBLISHED, is_reevaluated)
    pulled = {path.relative_to("published/small").as_posix() for path in Path("published").rglob("*.*")}
    assert "models/seed1/wild.base/model.safetensors" in pulled
    assert not [name for name in pulled if name.startswith(("figures/", "tables/", "cards/", "export/"))]
    assert {*contents} <= pulled


def test_a_configuration_that_was_never_published_is_told_so(shared, monkeypatch):
    """The pointer names others: pulling brings nothing, without an error of DVC's."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    with pytest.raises(PublishingError, match=r"never published.*snakemake publish.*commit results\.dvc"):
        pull_published(Path("published/other"), is_evidence)


def test_a_bundle_is_enough(both, finished, tmp_path, monkeypatch):
    """Its results are taken as they are where no pointer says what to pull."""
    monkeypatch.chdir(tmp_path)
    bundled(both, finished)
    assert find_published(RESULTS) == [PUBLISHED / CONTENTS]
    assert "data/wild/split.csv" in pull_published(PUBLISHED, is_evidence)
    # Two figures of all, one of them with faces.
    for module in (rebuild.__module__, "engram.studies.memory.page"):
        monkeypatch.setattr(f"{module}.figure_names", lambda settings: FEW)
    for module in (rebuild.__module__, "engram.studies.general.page"):
        monkeypatch.setattr(f"{module}.general_figure_names", lambda params: [])
    for module in (rebuild.__module__, "engram.studies.entities.page"):
        monkeypatch.setattr(f"{module}.entities_figure_names", lambda params: [])
    comparison = rebuild(PUBLISHED, Path("rebuilt"), threads=2)
    # The page of all results shows all figures.
    assert comparison["different"] == ["index.html"]
    assert "numbers.tex" in comparison["same"]
    assert {f"figures/{name}.svg" for name in FEW} <= {*comparison["same"]}


def test_a_copied_folder_that_no_pointer_names_is_enough(both, shared, finished, monkeypatch):
    """A whole published folder that came some other way is not pulled over."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    copied(both, finished, "other")
    other = Path("published/other")
    assert "models/seed1/wild.base/model.safetensors" in pull_published(other, is_reevaluated)


def test_a_pulled_file_that_was_changed_is_not_overwritten(shared, monkeypatch):
    """DVC refuses, and the way out is to delete the file."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    pull_published(PUBLISHED, is_evidence)
    Path("published/small/data/wild/split.csv").write_text("row,subject\n")
    with pytest.raises(PublishingError, match=r"(?s)split\.csv.*delete them"):
        pull_published(PUBLISHED, is_evidence)


def test_a_damaged_file_is_found(both, finished, tmp_path, monkeypatch):
    """A published file of other content is refused, and the error says how to get the right one."""
    monkeypatch.chdir(tmp_path)
    copied(both, finished)
    Path("published/small/data/wild/split.csv").write_text("row,subject\n")
    damaged = r"split\.csv is not the file that was published.*dvc pull published/small/data/wild/split\.csv"
    with pytest.raises(PublishingError, match=damaged):
        pull_published(PUBLISHED, is_evidence)


def test_code_that_shows_other_faces_is_told_so(both, finished, tmp_path, monkeypatch):
    """Figures of newer code may show faces that were not published: rebuilding stops and says what to do."""
    monkeypatch.chdir(tmp_path)
    copied(both, finished)
    monkeypatch.setattr(import_module("engram.studies.memory.figures.by_transfer.mistakes"), "_FACES", 12)
    with pytest.raises(DataMissingError, match=r"small/data/wild/faces.*not published.*check out the commit"):
        rebuild(PUBLISHED, tmp_path / "rebuilt")


def test_without_a_pointer_the_way_is_told(tmp_path, monkeypatch):
    """Where nothing was published the error says where to publish and what to commit."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PublishingError, match=r"snakemake publish.*commit results\.dvc"):
        find_published(RESULTS)


def test_rebuilding_needs_whole_published_results(both, finished, tmp_path, monkeypatch):
    """Where nothing, or not all, was pulled the error says how to pull, and what else there is."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PublishingError, match=r"dvc pull published/small.*'results' of a bundle"):
        pull_published(PUBLISHED, is_evidence)
    copied(both, finished)
    assert find_published(RESULTS) == [PUBLISHED / CONTENTS]
    Path("published/small/data/wild/split.csv").unlink()
    with pytest.raises(PublishingError, match=r"split\.csv is missing.*dvc pull"):
        pull_published(PUBLISHED, is_evidence)
