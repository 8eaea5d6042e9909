"""The way out and back: publish a run, clone the repository, rebuild and evaluate it anew, pack it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from rocrate.rocrate import ROCrate

from engram.config import load_settings
from engram.core.paths import Layout
from engram.studies.entities.jobs.evidence import entities_figure_names
from engram.studies.entities.jobs.stages import evaluated_texts
from engram.studies.general.jobs.report import general_figure_names
from engram.studies.general.task_plan import general_tasks
from engram.studies.lineage.trials import datasets_in_use
from tests.conftest import ROOT, read_config
from tests.publishing.repositories import in_folder
from tests.workflow.conftest import command

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

SMOKE = ("--configfile", "config/smoke.yaml")
RESULTS = Path("results/smoke")
#: What a repository holds besides what `copy_checkout` copies.
_ALONG = (".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore", "LICENSE", "CITATION.cff")
_QUIET = ("--quiet", "rules")


def snakemake(folder: Path, *arguments: str, modules: Path | None = None) -> subprocess.CompletedProcess:
    """Run snakemake to its end; ``modules`` goes before all other places of Python's modules."""
    started = command(folder, *arguments)
    started["env"] |= {"GIT_CONFIG_GLOBAL": os.devnull, "DVC_NO_ANALYTICS": "true"}
    if modules:
        started["env"]["PYTHONPATH"] = f"{modules}{os.pathsep}{started['env']['PYTHONPATH']}"
    done = subprocess.run(**started, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def git(folder: Path, *arguments: str) -> str:
    return in_folder(folder, *arguments).stdout


def dvc(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "-q", *arguments], check=True, cwd=folder)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("share")


@pytest.fixture(scope="module")
def publisher(smoke_run, place):
    """The finished run in a Git repository, published to a remote that DVC's configuration names."""
    folder = shutil.copytree(smoke_run, place / "publisher", copy_function=shutil.copy2)
    for name in _ALONG:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    dvc(folder, "remote", "add", "--default", "ours", str(place / "remote"))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "code")
    snakemake(folder, "publish", *_QUIET, *SMOKE)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "publish")
    return folder


@pytest.fixture(scope="module")
def clone(publisher, place):
    """A fresh clone, in which everything was rebuilt where importing torch is an error."""
    folder, blocked = place / "clone", place / "blocked"
    git(place, "clone", "--quiet", str(publisher), str(folder))
    for name in ("torch", "torchvision"):
        (blocked / name).mkdir(parents=True)
        (blocked / name / "__init__.py").write_text("raise ImportError('no torch here')\n")
    started = time.perf_counter()
    done = snakemake(folder, "rebuild", *_QUIET, *SMOKE, modules=blocked)
    print(f"rebuilt in {time.perf_counter() - started:.1f} s")  # noqa: T201 - shown by pytest -s
    print(done.stdout)  # noqa: T201
    return folder


def nothing_to_do(folder: Path, target: str) -> bool:
    done = snakemake(folder, target, "-n", *SMOKE)
    return "Nothing to be done" in done.stdout + done.stderr


def test_publishing_names_the_remote_and_leaves_the_rest_alone(publisher, place):
    """The remote that was configured is used, and results.dvc is all that Git gets to know."""
    assert list((place / "remote").rglob("*"))
    assert not (publisher / ".dvcremote").exists()
    assert git(publisher, "show", "--name-only", "--format=", "HEAD").split() == ["results.dvc"]


def test_publishing_again_does_nothing_new(publisher, place):
    """No job is planned; forced, the pointer and the remote stay as they are."""
    assert nothing_to_do(publisher, "publish")
    stored = {path: path.stat().st_mtime_ns for path in (place / "remote").rglob("*") if path.is_file()}
    pointer = (publisher / "results.dvc").read_bytes()
    snakemake(publisher, "publish", "--forcerun", "publish", *_QUIET, *SMOKE)
    assert (publisher / "results.dvc").read_bytes() == pointer
    again = {path: path.stat().st_mtime_ns for path in (place / "remote").rglob("*") if path.is_file()}
    assert again == stored
    assert git(publisher, "status", "--porcelain") == ""


def test_a_clone_rebuilds_every_table_and_figure(publisher, clone):
    """Byte for byte, those of recorded times among them, from what was pulled and without torch."""
    for kind in ("tables", "figures"):
        original = {path.name: path.read_bytes() for path in (publisher / RESULTS / kind).glob("*.*")}
        rebuilt = {path.name: path.read_bytes() for path in (clone / RESULTS / "rebuilt" / kind).glob("*.*")}
        assert original.keys() == rebuilt.keys()
        assert [name for name in original if original[name] != rebuilt[name]] == []
    figures = {path.stem for path in (clone / RESULTS / "rebuilt/figures").iterdir()}
    settings = load_settings(read_config("smoke"))
    known = {*general_figure_names(settings), *entities_figure_names(settings), "mistakes-wild-studio"}
    assert known <= figures


def test_only_what_rebuilding_needs_is_pulled(clone):
    """No weights, no figures, no pixels but those that figures show; nothing over results/."""
    pulled = [path for path in (clone / "published").rglob("*") if path.is_file()]
    assert not [path for path in pulled if path.suffix in (".safetensors", ".pt", ".onnx", ".npy", ".svg")]
    assert {path.name for path in (clone / RESULTS).iterdir()} <= {"rebuilt", "logs", "reevaluated"} | {
        *("data", "drawn", "pulled.json")
    }
    assert git(clone, "status", "--porcelain") == ""


def test_rebuilding_again_does_nothing(clone):
    """What is rebuilt is rebuilt."""
    assert nothing_to_do(clone, "rebuild")


@pytest.mark.long
def test_models_are_evaluated_anew(clone):
    """Models and faces give the published predictions: on the machine that trained them, the bytes."""
    snakemake(clone, "reevaluate", *_QUIET, *SMOKE)
    settings = load_settings(read_config("smoke"))
    table = pd.read_csv(clone / RESULTS / "reevaluated/comparison.csv")
    expected = {f"evaluations/{name}/predictions.parquet" for name in datasets_in_use(settings)}
    expected |= {
        f"entities/evaluations/{name}/predictions.parquet"
        for name in evaluated_texts(settings, Layout.from_settings(settings))
    }
    expected |= {
        f"general/transfer/{item.name}/frozen/predictions.parquet" for item in general_tasks(settings.general)
    }
    assert {*table["file"]} == expected
    assert table[table["verdict"] != "same bytes"].to_dict("records") == []
    left = [path for path in (clone / RESULTS / "reevaluated").rglob("*") if path.is_file()]
    assert {path.suffix for path in left} <= {".parquet", ".json", ".csv", ""}
    assert not any(path.is_symlink() for path in (clone / RESULTS / "reevaluated").rglob("*"))
    assert nothing_to_do(clone, "reevaluate")
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.long
def test_the_run_is_packed(publisher):
    """The reader of RO-Crates finds tables, figures, claims and the commit of the code."""
    snakemake(publisher, "bundle", *_QUIET, *SMOKE)
    crate = ROCrate(publisher / RESULTS / "bundle.zip")
    names = {entity.id for entity in crate.data_entities}
    assert {f"results/tables/{name}" for name in ("claims.md", "claims_general.csv")} <= names
    assert {"results/figures/general_transfer.svg", "results/tables/entities_transfer.csv"} <= names
    assert crate.get("#engram")["softwareVersion"] == git(publisher, "rev-parse", "HEAD").strip()
    assert nothing_to_do(publisher, "bundle")
    (publisher / RESULTS / "bundle.zip").unlink()
    with pytest.raises(AssertionError, match=r"bundle\.zip: is missing \(written by rule bundle\)"):
        snakemake(publisher, "verify", *SMOKE)
