"""Full and read-only disks under a real run: one clear error, and what was there stays as it was."""

import os
import resource
import shutil
import subprocess

import pytest

from tests.conftest import ROOT
from tests.workflow.conftest import command, copy_checkout, snakemake

pytestmark = pytest.mark.workflow

CONFIGURATION = ("--configfile", "config/faults.yaml")
RESULTS = "results/faults"
#: What was made before, and what is asked for then: its images alone take 2 MB.
BEFORE, ASKED = (f"{RESULTS}/data/{name}/manifest.parquet" for name in ("city", "wild"))


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Return a checkout in which the first jobs of a run have ended."""
    folder = copy_checkout(tmp_path_factory.mktemp("disks") / "engram")
    shutil.copy(ROOT / "tests/workflow/faults.yaml", folder / "config/faults.yaml")
    snakemake(folder, BEFORE, "--quiet", "rules", *CONFIGURATION)
    return folder


@pytest.fixture
def run(begun, tmp_path):
    """Return a copy of the run that was begun."""
    return shutil.copytree(begun, tmp_path / "engram", copy_function=shutil.copy2)


def contents(folder):
    """Return the bytes of all results, logs and timings aside."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder): path.read_bytes()
        for path in files
        if "logs" not in path.relative_to(folder).parts
    }


def failed(done):
    """Return what a run said that ended with an error of ours."""
    said = done.stdout + done.stderr
    assert done.returncode
    assert "Traceback" not in said, said
    return said


def where(folder, mounts):
    """Run snakemake where ``mounts``, a shell command, holds for it alone; keep the results in ``after``.

    Skips where that is not allowed.
    """
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("to mount a disk for a test needs root and unshare")
    start = command(folder, ASKED, *CONFIGURATION)
    script = f'{mounts} || exit 77; "$@"; code=$?; cp -a {RESULTS} after; exit $code'
    start["args"] = [unshare, "-m", "sh", "-c", script, "sh", *start["args"]]
    done = subprocess.run(**start, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip(f"this system does not mount a disk for a test: {done.stderr}")
    return done


def test_a_disk_that_fills_up_during_a_run(run):
    """The job that finds it full names its file and the way out; it leaves nothing, all else is as it was."""
    before = contents(run / RESULTS)
    size = sum(map(len, before.values())) // 1024 + 1400
    said = failed(
        where(
            run,
            f"cp -a {RESULTS} kept && mount -t tmpfs -o size={size}k tmpfs {RESULTS}"
            f" && cp -a kept/. {RESULTS}",
        )
    )
    assert f"DiskError: {RESULTS}/drawn/wild/images.npy: cannot be written (No space left on device)" in said
    assert f"Make room on the disk of {RESULTS}/drawn/wild" in said
    assert contents(run / "after") == before


def test_a_file_that_the_disk_does_not_take(run):
    """A quota, or a limit of a file's size, which binds root too: the same error, nothing half-written.

    With room again the same command makes what was missing.
    """
    before = contents(run / RESULTS)
    limit = 3 * 2**19
    done = subprocess.run(
        **command(run, ASKED, *CONFIGURATION),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert "images.npy: cannot be written (File too large). Make room" in failed(done)
    assert contents(run / RESULTS) == before
    assert not (run / ASKED).exists()
    snakemake(run, ASKED, "--quiet", "rules", *CONFIGURATION)
    assert (run / ASKED).exists()


def test_results_that_may_not_be_written(run):
    """Before any job begins the folder is named, and how to go on."""
    before = contents(run / RESULTS)
    mounts = f"mount --bind {RESULTS} {RESULTS} && mount -o remount,bind,ro {RESULTS}"
    said = failed(where(run, mounts))
    assert f"{RESULTS}: cannot be written (Read-only file system)" in said
    assert "set 'results' to a folder that may be written" in said
    assert "Finished job" not in said
    assert contents(run / RESULTS) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_results_without_access(run):
    """The same for permissions."""
    (run / RESULTS).chmod(0o500)
    said = failed(snakemake(run, ASKED, *CONFIGURATION, check=False))
    assert f"{RESULTS}: cannot be written (Permission denied). Grant access" in said
