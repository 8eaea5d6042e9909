"""Results are copied, given to DVC and pushed: those that may be shared, and nothing of others is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest

from engram.config import EstimateSettings, PublishingSettings, Settings
from engram.core.errors import PublishingError
from engram.core.files import file_hash
from engram.publishing.places import CONTENTS
from engram.publishing.rebuild import read_published_settings
from tests.publishing.repositories import RESULTS, clone_of, dvc, in_folder
from tests.publishing.steps import copy_results, publish_run

PUBLISH = """
import json, sys
from engram.config import load_settings
from engram.publishing.inputs import publish_inputs
from engram.publishing.jobs import PublishParams
from engram.publishing.publish import publish
from engram.runtime.job_spec import JobFiles
settings = load_settings(json.loads(sys.argv[1]))
publish(JobFiles(**publish_inputs(settings)), PublishParams.from_settings(settings))
"""


def test_configurations_are_published_side_by_side(both, repository):
    """The same again changes nothing; a second configuration joins a first that is no longer there."""
    publish_run(both)
    once = Path("results.dvc").read_text()
    publish_run(both)
    assert Path("results.dvc").read_text() == once
    shutil.rmtree("published")
    shutil.copytree(RESULTS, "results/second")
    publish_run(both.model_copy(update={"results": "results/second"}))
    shutil.rmtree("published")
    dvc("pull", "results.dvc")
    assert sorted(path.name for path in Path("published").iterdir()) == ["second", "small"]


def test_files_that_a_killed_dvc_emptied_are_mended(both, repository):
    """DVC writes its pointer and its list of readers in place: killed then, it leaves them empty."""
    publish_run(both)
    before = Path("results.dvc").read_text()
    Path("results.dvc").write_text("")
    Path(".dvc/tmp/rwlock").write_text("")
    publish_run(both)
    assert Path("results.dvc").read_text() == before


def test_a_remote_that_is_configured_stays(both, repository, tmp_path):
    """The repository's own default remote goes before the setting."""
    dvc("remote", "add", "--default", "ours", str(tmp_path / "ours"))
    assert publish_run(both)["remote"] == "ours"
    assert (tmp_path / "ours").is_dir()
    assert not Path(".dvcremote").exists()


def test_no_address_is_published(both, in_finished, tmp_path):
    """Passwords in addresses stay at home; what is published is read back with all that results need."""
    publishing = {"mlflow_uri": "http://me:secret@server", "dvc_remote": "ssh://me:secret@server/engram"}
    settings = Settings.model_validate(
        both.model_dump() | {"publishing": publishing, "estimate": {"gpus": 123}}
    )
    copy_results(settings, tmp_path)
    text = (tmp_path / "configuration.json").read_text()
    assert [word for word in ("secret", "server", "123") if word in text] == []
    defaults = {"publishing": PublishingSettings(), "estimate": EstimateSettings()}
    assert read_published_settings(tmp_path) == settings.model_copy(update=defaults)


def test_only_what_may_be_shared_is_copied(both, in_finished, tmp_path):
    """No pixels of faces and no sheet of a data set whose faces may not be shown; nothing left over."""
    (tmp_path / "old.csv").write_text("from an earlier publication")
    copy_results(both, tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert "data/wild/faces/index.parquet" in names
    assert "figures/sheets/wild.png" in names
    assert "figures/sheets/lab.png" not in names
    assert not [name for name in names if name.endswith("faces.npy")]
    assert [name for name in names if name.endswith("/faces/shown.parquet")] == [
        "data/wild/faces/shown.parquet"
    ]
    assert "old.csv" not in names
    contents = json.loads((tmp_path / CONTENTS).read_text())
    assert {*contents} == names - {CONTENTS}


def test_a_copy_is_a_file_of_its_own(both, in_finished, tmp_path):
    """Published files are no links to the results, and what is whole is not copied again."""
    copy_results(both, tmp_path)
    table = tmp_path / "tables" / "datasets.csv"
    before = table.stat()
    assert before.st_nlink == 1
    copy_results(both, tmp_path)
    assert table.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("damage", [lambda data: data[::-1], lambda data: data[: len(data) // 2]])
def test_a_copy_of_other_bytes_is_copied_again(both, in_finished, tmp_path, damage):
    """What lies there counts, not what the earlier list says of it: changed bytes are not published."""
    copy_results(both, tmp_path)
    table = tmp_path / "tables" / "datasets.csv"
    table.write_bytes(damage(table.read_bytes()))
    contents = copy_results(both, tmp_path)
    assert table.read_bytes() == (in_finished / RESULTS / "tables" / "datasets.csv").read_bytes()
    assert {name: file_hash(tmp_path / name) for name in contents} == contents


def test_an_unfinished_run_is_not_published(both, repository):
    """The error names a file that is missing and says to run snakemake."""
    Path(RESULTS, "tables/claims.md").unlink()
    with pytest.raises(PublishingError, match=r"claims\.md is not there .*run snakemake"):
        publish_run(both)
    assert not Path("results.dvc").exists()


def test_a_failing_remote_is_told_in_dvcs_words(both, real_dvc, repository, monkeypatch):
    """The error names the command, DVC's reason and the setting; the remote is not kept."""
    monkeypatch.setattr("engram.publishing.dvc._run", real_dvc)
    before = Path(".dvc/config").read_text()
    publishing = both.publishing.model_copy(update={"dvc_remote": "unknown://nowhere"})
    with pytest.raises(PublishingError, match=r"(?s)dvc .*failed.*publishing\.dvc_remote"):
        publish_run(both.model_copy(update={"publishing": publishing}))
    assert Path(".dvc/config").read_text() == before


def publish_at_once(settings: list, places: list[Path], finished: Path) -> None:
    """Publish a configuration in each clone, all processes at the same time."""
    processes = []
    for chosen, place in zip(settings, places, strict=True):
        if not (place / chosen.results).exists():
            shutil.copytree(finished / RESULTS, place / chosen.results)
        text = json.dumps(chosen.model_dump(mode="json"))
        processes.append(subprocess.Popen([sys.executable, "-c", PUBLISH, text], cwd=place))
    assert [process.wait() for process in processes] == [0] * len(processes)


def publish_in_turn(settings: list, places: list[Path], finished: Path) -> None:
    """Publish a configuration in each clone, one after another in this process."""
    for chosen, place in zip(settings, places, strict=True):
        if not (place / chosen.results).exists():
            shutil.copytree(finished / RESULTS, place / chosen.results)
        with chdir(place):
            publish_run(chosen)


@pytest.mark.parametrize(
    "publish_all", [publish_in_turn, pytest.param(publish_at_once, marks=pytest.mark.long)]
)
def test_two_clones_publish_to_one_remote(both, shared, finished, monkeypatch, publish_all):
    """In turn or at once, then the second joins the first's pointer: nothing is lost."""
    remote = shared / "remote"
    places = [clone_of(shared / "origin.git", shared / name, remote) for name in ("one", "two")]
    settings = [both.model_copy(update={"results": f"results/{name}"}) for name in ("one", "two")]
    publish_all(settings, places, finished)
    for place in places:
        in_folder(place, "commit", "--quiet", "--all", "--message", f"publish {place.name}")
    in_folder(places[0], "push", "--quiet")
    assert in_folder(places[1], "pull", "--no-rebase", check=False).returncode
    # As docs/publishing.md says: their pointer, and ours published once more into it.
    in_folder(places[1], "checkout", "--theirs", "results.dvc")
    publish_all(settings[1:], places[1:], finished)
    in_folder(places[1], "commit", "--quiet", "--all", "--message", "join")
    in_folder(places[1], "push", "--quiet")
    third = clone_of(shared / "origin.git", shared / "third", remote)
    monkeypatch.chdir(third)
    dvc("pull", "results.dvc")
    for name in ("small", "one", "two"):
        folder = Path("published") / name
        contents = json.loads((folder / CONTENTS).read_text())
        assert {file: file_hash(folder / file) for file in contents} == contents


def test_a_clone_without_the_remote_does_not_drop_others(both, shared, finished, monkeypatch):
    """Where what others published cannot be read, publishing stops and the pointer stays."""
    place = clone_of(shared / "origin.git", shared / "one", shared / "nowhere")
    monkeypatch.chdir(place)
    shutil.copytree(finished / RESULTS, "results/one")
    before = Path("results.dvc").read_text()
    with pytest.raises(PublishingError, match="dvc remote modify --local"):
        publish_run(both.model_copy(update={"results": "results/one"}))
    assert Path("results.dvc").read_text() == before


def test_a_remote_is_called_by_its_name(both, repository, tmp_path):
    """The way out names the remote that failed, not the one that Engram would have made."""
    (tmp_path / "file").write_text("no folder")
    dvc("remote", "add", "--default", "ours", str(tmp_path / "file/ours"))
    with pytest.raises(PublishingError, match=r"(?s)dvc push.*failed.*dvc remote modify --local ours url"):
        publish_run(both)
