"""What is published can be pulled into a clone and gives every table and figure again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from engram.evidence.claims_report import write_memory_claims
from engram.evidence.collect import collect
from engram.evidence.contents import figure_names
from engram.evidence.figures import write_figure
from engram.evidence.tables_memory import TABLES, write_memory_table
from engram.ground.errors import DataMissingError, SharingError
from engram.ground.files import file_hash, write_text
from engram.ground.layout import Layout
from engram.ground.settings import PlanSettings, Settings, ShareSettings
from engram.sharing.cards import write_cards
from engram.sharing.places import (
    CONFIGURATION,
    CONTENTS,
    find_published,
    is_evidence,
    is_model,
    published_contents,
)
from engram.sharing.publishing import copy_results, publish
from engram.sharing.pulling import pull_models, pull_published
from engram.sharing.rebuilding import read_published_settings, rebuild
from engram.sharing.versioning import store

from ..conftest import ROOT
from .conftest import complete_run, small_settings

LAYOUT = Layout(Path("results/small"))
REBUILD = """
import json, sys
from pathlib import Path
from engram.ground.layout import Layout
from engram.sharing.places import is_evidence
from engram.sharing.pulling import pull_published
from engram.sharing.rebuilding import rebuild
pull_published(Layout(Path("results/small")), is_evidence)
comparison = rebuild(Layout(Path("results/small")), Path("results/small/rebuilt"))
comparison["imported"] = [name for name in ("torch", "mlflow", "dvc", "cv2") if name in sys.modules]
print(json.dumps(comparison))
"""


PUBLISH = """
import json, sys
from pathlib import Path
from engram.ground.layout import Layout
from engram.ground.settings import load_settings
from engram.sharing.publishing import publish
settings = load_settings(json.loads(sys.argv[1]))
publish(settings, Layout.of(settings))
"""


def finish(settings, root: Path) -> None:
    """Write a simulated run with its tables, claims, figures and cards below ``root``."""
    layout = complete_run(settings, root)
    evidence = collect(settings, root)
    for name in TABLES:
        write_memory_table(name, evidence, layout.tables / name)
    write_memory_claims(evidence, layout.tables)
    for name in figure_names(settings):
        write_figure(name, evidence, layout.figures / name)
    for name in settings.datasets:
        write_text(layout.figures / "sheets" / f"{name}.png", f"faces of {name}")
    write_cards(settings, layout)


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def dvc(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "-q", *arguments], check=True)


@pytest.fixture(scope="module")
def small():
    return small_settings(results=str(LAYOUT.root))


@pytest.fixture(scope="module")
def finished(small, tmp_path_factory):
    """A finished run, made once; copy it before changing it."""
    root = tmp_path_factory.mktemp("finished") / "small"
    finish(small, root)
    return root


@pytest.fixture
def repository(finished, tmp_path, monkeypatch):
    """A Git repository with the project's own DVC files, and a finished run in it."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "true")
    place = tmp_path / "repository"
    (place / ".dvc").mkdir(parents=True)
    for name in (".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore"):
        shutil.copy(ROOT / name, place / name)
    shutil.copytree(finished, place / LAYOUT.root)
    monkeypatch.chdir(place)
    git("init", "--quiet")
    return place


def test_the_way_out_and_back(small, repository, tmp_path, monkeypatch):
    """Published, cloned and pulled results give every table and figure byte for byte, without torch."""
    summary = publish(small, LAYOUT)
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

    assert comparison["different"] == comparison["imported"] == comparison["not_made"] == []
    for kind in ("tables", "figures"):
        made = {path.name: path.read_bytes() for path in (LAYOUT.root / "rebuilt" / kind).glob("*.*")}
        originals = (repository / LAYOUT.root / kind).glob("*.*")
        assert made == {path.name: path.read_bytes() for path in originals}
    pulled = {path.relative_to("published/small").as_posix() for path in Path("published").rglob("*.*")}
    assert "data/wild/faces/shown.parquet" in pulled
    assert not [name for name in pulled if name.endswith("safetensors") or name.startswith("figures/")]
    git_status = git("status", "--porcelain")
    assert git_status == ""


def test_configurations_are_published_side_by_side(small, repository):
    """The same again changes nothing; a second configuration joins a first that is no longer there."""
    publish(small, LAYOUT)
    once = Path("results.dvc").read_text()
    publish(small, LAYOUT)
    assert Path("results.dvc").read_text() == once
    shutil.rmtree("published")
    shutil.copytree(LAYOUT.root, "results/second")
    publish(small.model_copy(update={"results": "results/second"}), Layout(Path("results/second")))
    shutil.rmtree("published")
    dvc("pull", "results.dvc")
    assert sorted(path.name for path in Path("published").iterdir()) == ["second", "small"]


def test_files_that_a_killed_dvc_emptied_are_mended(small, repository):
    """DVC writes its pointer and its list of readers in place: killed then, it leaves them empty."""
    publish(small, LAYOUT)
    before = Path("results.dvc").read_text()
    Path("results.dvc").write_text("")
    Path(".dvc/tmp/rwlock").write_text("")
    publish(small, LAYOUT)
    assert Path("results.dvc").read_text() == before


def test_a_remote_that_is_configured_stays(small, repository, tmp_path):
    """The repository's own default remote goes before the setting."""
    dvc("remote", "add", "--default", "ours", str(tmp_path / "ours"))
    assert publish(small, LAYOUT)["remote"] == "ours"
    assert (tmp_path / "ours").is_dir()
    assert not Path(".dvcremote").exists()


def test_no_address_is_published(small, finished, tmp_path, monkeypatch):
    """Passwords in addresses stay at home; what is published is read back with all that results need."""
    monkeypatch.chdir(tmp_path)
    share = {"mlflow_uri": "http://me:secret@server", "dvc_remote": "ssh://me:secret@server/engram"}
    settings = Settings.model_validate(small.model_dump() | {"share": share, "plan": {"gpus": 123}})
    copy_results(settings, Layout(finished), Path("published/small"))
    text = Path("published/small/configuration.json").read_text()
    assert [word for word in ("secret", "server", "123") if word in text] == []
    defaults = {"share": ShareSettings(), "plan": PlanSettings()}
    assert read_published_settings(LAYOUT) == settings.model_copy(update=defaults)


def test_only_what_may_be_shared_is_copied(small, finished, tmp_path):
    """No pixels of faces and no sheet of a data set whose faces may not be shown; nothing left over."""
    (tmp_path / "old.csv").write_text("from an earlier publication")
    copy_results(small, Layout(finished), tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert "data/wild/faces/index.parquet" in names
    assert "figures/sheets/wild.png" in names
    assert "figures/sheets/lab.png" not in names
    assert not [name for name in names if name.endswith("faces.npy")]
    assert [name for name in names if name.endswith("shown.parquet")] == ["data/wild/faces/shown.parquet"]
    assert "old.csv" not in names
    contents = json.loads((tmp_path / CONTENTS).read_text())
    assert {*contents} == names - {CONTENTS}


def test_a_copy_is_a_file_of_its_own(small, finished, tmp_path):
    """Published files are no links to the results, and what is whole is not copied again."""
    copy_results(small, Layout(finished), tmp_path)
    table = tmp_path / "tables" / "datasets.csv"
    before = table.stat()
    assert before.st_nlink == 1
    copy_results(small, Layout(finished), tmp_path)
    assert table.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("damage", [lambda data: data[::-1], lambda data: data[: len(data) // 2]])
def test_a_copy_of_other_bytes_is_copied_again(small, finished, tmp_path, damage):
    """What lies there counts, not what the earlier list says of it: changed bytes are not published."""
    copy_results(small, Layout(finished), tmp_path)
    table = tmp_path / "tables" / "datasets.csv"
    table.write_bytes(damage(table.read_bytes()))
    contents = copy_results(small, Layout(finished), tmp_path)
    assert table.read_bytes() == (finished / "tables" / "datasets.csv").read_bytes()
    assert {name: file_hash(tmp_path / name) for name in contents} == contents


def test_an_unfinished_run_is_not_published(small, repository):
    """The error names a file that is missing and says to run snakemake."""
    (LAYOUT.tables / "claims.md").unlink()
    with pytest.raises(SharingError, match=r"claims\.md is not there .*run snakemake"):
        publish(small, LAYOUT)
    assert not Path("results.dvc").exists()


def test_without_dvc_nothing_is_published(small, repository):
    """The error says how to set DVC up."""
    shutil.rmtree(".dvc")
    with pytest.raises(SharingError, match="dvc init"):
        publish(small, LAYOUT)


def test_a_failing_remote_is_told_in_dvcs_words(small, repository):
    """The error names the command, DVC's reason and the setting; the remote is not kept."""
    before = Path(".dvc/config").read_text()
    share = small.share.model_copy(update={"dvc_remote": "unknown://nowhere"})
    with pytest.raises(SharingError, match=r"(?s)dvc .*failed.*share\.dvc_remote"):
        publish(small.model_copy(update={"share": share}), LAYOUT)
    assert Path(".dvc/config").read_text() == before


def clone_of(origin: Path, place: Path, remote: Path) -> Path:
    """Clone a repository and tell DVC there where the remote is."""
    git("clone", "--quiet", str(origin), str(place))
    subprocess.run(
        [sys.executable, "-m", "dvc", "remote", "modify", "--local", "storage", "url", str(remote)],
        check=True,
        cwd=place,
    )
    return place


def in_folder(place: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    """Run git in a clone; it is allowed to fail where ``check`` is false."""
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
    return subprocess.run(command, check=check, cwd=place, capture_output=True, text=True)


@pytest.fixture
def shared(small, repository, tmp_path):
    """A Git repository that clones push to, a DVC remote, and what was published first."""
    remote = tmp_path / "remote"
    dvc("remote", "add", "--default", "storage", str(remote))
    publish(small, LAYOUT)
    git("add", "--all")
    git("commit", "--quiet", "--message", "publish")
    git("clone", "--quiet", "--bare", str(repository), str(tmp_path / "origin.git"))
    return tmp_path


def publish_at_once(settings: list, places: list[Path], finished: Path) -> None:
    """Publish a configuration in each clone, all processes at the same time."""
    processes = []
    for chosen, place in zip(settings, places, strict=True):
        if not (place / chosen.results).exists():
            shutil.copytree(finished, place / chosen.results)
        text = json.dumps(chosen.model_dump(mode="json"))
        processes.append(subprocess.Popen([sys.executable, "-c", PUBLISH, text], cwd=place))
    assert [process.wait() for process in processes] == [0] * len(processes)


def test_two_clones_publish_to_one_remote(small, shared, finished, monkeypatch):
    """Both at once, then one after the other joins the other's pointer: nothing is lost."""
    remote = shared / "remote"
    places = [clone_of(shared / "origin.git", shared / name, remote) for name in ("one", "two")]
    settings = [small.model_copy(update={"results": f"results/{name}"}) for name in ("one", "two")]
    publish_at_once(settings, places, finished)
    for place in places:
        in_folder(place, "commit", "--quiet", "--all", "--message", f"publish {place.name}")
    in_folder(places[0], "push", "--quiet")
    assert in_folder(places[1], "pull", "--no-rebase", check=False).returncode
    # As docs/sharing.md says: their pointer, and ours published once more into it.
    in_folder(places[1], "checkout", "--theirs", "results.dvc")
    publish_at_once(settings[1:], places[1:], finished)
    in_folder(places[1], "commit", "--quiet", "--all", "--message", "join")
    in_folder(places[1], "push", "--quiet")
    third = clone_of(shared / "origin.git", shared / "third", remote)
    monkeypatch.chdir(third)
    dvc("pull", "results.dvc")
    for name in ("small", "one", "two"):
        folder = Path("published") / name
        contents = json.loads((folder / CONTENTS).read_text())
        assert {file: file_hash(folder / file) for file in contents} == contents


def test_a_clone_without_the_remote_does_not_drop_others(small, shared, finished, monkeypatch):
    """Where what others published cannot be read, publishing stops and the pointer stays."""
    place = clone_of(shared / "origin.git", shared / "one", shared / "nowhere")
    monkeypatch.chdir(place)
    shutil.copytree(finished, "results/one")
    before = Path("results.dvc").read_text()
    with pytest.raises(SharingError, match="dvc remote modify --local"):
        publish(small.model_copy(update={"results": "results/one"}), Layout(Path("results/one")))
    assert Path("results.dvc").read_text() == before


def test_an_unreachable_remote_names_the_way_out(shared, monkeypatch):
    """A clone that cannot read the remote is told how to say where it lies."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "nowhere"))
    with pytest.raises(SharingError, match=r"(?s)dvc pull.*failed.*dvc remote modify --local storage url"):
        pull_published(LAYOUT, is_evidence)


def test_a_remote_is_called_by_its_name(small, repository, tmp_path):
    """The way out names the remote that failed, not the one that Engram would have made."""
    (tmp_path / "file").write_text("no folder")
    dvc("remote", "add", "--default", "ours", str(tmp_path / "file/ours"))
    with pytest.raises(SharingError, match=r"(?s)dvc push.*failed.*dvc remote modify --local ours url"):
        publish(small, LAYOUT)


def test_a_failure_that_is_not_of_the_remote_speaks_of_no_remote(repository):
    """DVC's own words are the reason, and nobody is sent to look for an address or credentials."""
    with pytest.raises(SharingError, match=r"(?s)dvc add.*failed.*run the same command") as raised:
        store(Path("published/nowhere"), ".dvcremote")
    assert not [word for word in ("remote", "redentials") if word in str(raised.value)]


@pytest.mark.parametrize(("address", "plugin"), [("s3://bucket/engram", "s3"), ("ssh://host/engram", "ssh")])
def test_a_missing_plugin_is_named(shared, monkeypatch, address, plugin):
    """DVC reads S3 and SSH by plug-ins; the error says what to install."""
    if find_spec(f"dvc_{plugin}"):
        pytest.skip(f"dvc[{plugin}] is installed")
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    dvc("remote", "modify", "--local", "storage", "url", address)
    with pytest.raises(SharingError, match=rf"pip install 'dvc\[{plugin}\]'"):
        pull_published(LAYOUT, is_evidence)


def test_what_is_here_needs_no_remote(shared, monkeypatch):
    """Once pulled, results are rebuilt again where the remote cannot be reached."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    pull_published(LAYOUT, is_evidence)
    (shared / "remote").rename(shared / "gone")
    pull_published(LAYOUT, is_evidence)


def test_models_are_pulled_when_they_are_asked_for(shared, monkeypatch):
    """Re-evaluation gets the weights, and neither figures nor the export; also after other pulls."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    # The second finds all here already, which must not keep the third from fetching.
    for _ in range(2):
        pull_published(LAYOUT, is_evidence)
    contents = pull_models(LAYOUT)
    pulled = {path.relative_to("published/small").as_posix() for path in Path("published").rglob("*.*")}
    assert "models/seed1/wild.base/model.safetensors" in pulled
    assert not [name for name in pulled if name.startswith(("figures/", "tables/", "cards/", "export/"))]
    assert {*contents} <= pulled


def test_a_configuration_that_was_never_published_is_told_so(shared, monkeypatch):
    """The pointer names others: pulling again would bring nothing, so nobody is told to."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    with pytest.raises(SharingError, match=r"never published.*names small.*snakemake publish") as raised:
        pull_published(Layout(Path("results/other")), is_evidence)
    assert "dvc pull" not in str(raised.value)


def test_a_bundle_is_enough_where_the_remote_is_not_reached(small, shared, finished, monkeypatch):
    """Its results are taken as they are, also where the pointer names these very ones."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "nowhere"))
    assert find_published(LAYOUT) == [Path("results.dvc")]
    copy_results(small, Layout(finished), Path("published/small"), wanted=lambda name: not is_model(name))
    assert find_published(LAYOUT) == published_contents(LAYOUT)
    assert CONFIGURATION in pull_published(LAYOUT, is_evidence)
    assert rebuild(LAYOUT, Path("rebuilt"))["different"] == []


def test_a_bundle_is_not_evaluated_anew(small, shared, finished, monkeypatch):
    """It has no models: the error says so, and where they come from."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    copy_results(small, Layout(finished), Path("published/small"), wanted=lambda name: not is_model(name))
    with pytest.raises(SharingError, match=r"no models.*delete this folder.*dvc pull published/small"):
        pull_models(LAYOUT)
    # As it says.
    shutil.rmtree("published/small")
    dvc("pull", "published/small")
    assert "models/seed1/wild.base/model.safetensors" in pull_models(LAYOUT)


def test_a_copied_folder_that_no_pointer_names_is_enough(small, shared, finished, monkeypatch):
    """A whole published folder that came some other way is not pulled over."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    copy_results(small, Layout(finished), Path("published/other"))
    assert "models/seed1/wild.base/model.safetensors" in pull_models(Layout(Path("results/other")))


def test_a_pulled_file_that_was_changed_is_not_overwritten(shared, monkeypatch):
    """DVC refuses, and the way out is to delete the file: the remote is not to blame."""
    monkeypatch.chdir(clone_of(shared / "origin.git", shared / "one", shared / "remote"))
    pull_published(LAYOUT, is_evidence)
    Path("published/small/data/wild/split.csv").write_text("row,subject\n")
    with pytest.raises(SharingError, match=r"(?s)split\.csv.*Delete them") as raised:
        pull_published(LAYOUT, is_evidence)
    assert "dvc remote" not in str(raised.value)


def test_a_damaged_file_is_found(small, finished, tmp_path, monkeypatch):
    """A published file of other content is refused, and the error says how to get the right one."""
    monkeypatch.chdir(tmp_path)
    copy_results(small, Layout(finished), Path("published/small"))
    Path("published/small/data/wild/split.csv").write_text("row,subject\n")
    damaged = r"split\.csv is not the file that was published.*dvc pull published/small/data/wild/split\.csv"
    with pytest.raises(SharingError, match=damaged):
        rebuild(LAYOUT, tmp_path / "rebuilt")


def test_code_that_shows_other_faces_is_told_so(small, finished, tmp_path, monkeypatch):
    """Figures of newer code may show faces that were not published: rebuilding stops and says what to do."""
    monkeypatch.chdir(tmp_path)
    copy_results(small, Layout(finished), Path("published/small"))
    monkeypatch.setattr(import_module("engram.evidence.figures.mistakes"), "_FACES", 12)
    with pytest.raises(DataMissingError, match=r"small/data/wild/faces.*not published.*check out the commit"):
        rebuild(LAYOUT, tmp_path / "rebuilt")


def test_without_a_pointer_the_way_is_told(tmp_path, monkeypatch):
    """Where nothing was published the error says where to publish and what to commit."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SharingError, match=r"snakemake publish.*commit results\.dvc"):
        find_published(LAYOUT)


def test_rebuilding_needs_whole_published_results(small, finished, tmp_path, monkeypatch):
    """Where nothing, or not all, was pulled the error says how to pull, and what else there is."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SharingError, match=r"dvc pull published/small.*'results' of a bundle"):
        published_contents(LAYOUT)
    copy_results(small, Layout(finished), Path("published/small"))
    Path("published/small/data/wild/split.csv").unlink()
    with pytest.raises(SharingError, match=r"split\.csv is missing.*dvc pull"):
        rebuild(LAYOUT, tmp_path / "rebuilt")
