"""The frame of a script: log, checked inputs, checksums, readable errors."""

import errno
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from engram.config.base import JobParams
from engram.core.errors import ManifestError
from engram.core.files import write_text
from engram.runtime.checksums import find_damage
from engram.runtime.job import job

PARAMS = SimpleNamespace(job={"results": "results"})
CLAIMS, SPLIT, LOG = (
    Path("results") / name for name in ("tables/claims.md", "data/wild/split.csv", "logs/memory_claims.log")
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a job which reads a split and writes claims, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def start(text="claims", error=None):
        script = SimpleNamespace(
            params=PARAMS,
            rule="memory_claims",
            input=[str(SPLIT), "workflow/engram/embed.py"],
            output=[str(CLAIMS)],
            log=[str(LOG)],
        )
        with job(script, JobParams) as params:
            print("at work")  # noqa: T201 - into the log
            assert params.results == "results"
            if error:
                raise error
            write_text(CLAIMS, text)

    split = SimpleNamespace(params=PARAMS, rule="split", input=[], output=[str(SPLIT)], log=[LOG])
    with job(split, JobParams):
        write_text(SPLIT, "row,subject\n")
    return start


def test_a_job_leaves_output_checksum_and_log(run, capsys):
    """What it prints goes to the log alone; its output has a checksum."""
    run()
    assert LOG.read_text() == "at work\n"
    assert capsys.readouterr() == ("", "")
    assert find_damage(Path("results")) == (2, [])


def test_garbage_is_collected_in_a_job_and_not_while_its_script_imports(tmp_path):
    """Only a rule's script is spared the search; any other program that imports the package is left alone."""
    body = (
        "import gc\n"
        "from engram.config.base import JobParams\n"
        "from engram.runtime.job import job\n"
        "print(gc.isenabled())\n"
        "params = SimpleNamespace(job={'results': 'results'})\n"
        "with job(SimpleNamespace(params=params, rule='r', input=[], output=[], log=['log']), JobParams):\n"
        "    assert gc.isenabled() and gc.get_freeze_count()\n"
    )
    for told, before in (("False\n", "snakemake = None\n"), ("True\n", "")):
        script = tmp_path / "script.py"
        script.write_text(f"from types import SimpleNamespace\n{before}{body}")
        done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (told, "")


def test_a_damaged_input_stops_the_job_before_it_begins(run, capsys):
    """The message names the file, the rule that wrote it and the way out, in log and terminal."""
    run("before")
    SPLIT.write_text("row,subj\0ct\n")
    with pytest.raises(SystemExit):
        run("after")
    said = capsys.readouterr().err
    assert f"DamageError: {SPLIT}: its bytes are not those that were written (written by rule split)" in said
    assert "Delete the damaged files and run snakemake again" in said
    assert said.strip() == LOG.read_text().strip()
    assert CLAIMS.read_text() == "before"


def test_a_failing_job_leaves_no_sum(run):
    """A checksum of an earlier run would call the next run's file damaged."""
    run()
    with pytest.raises(ValueError, match="a bug"):
        run(error=ValueError("a bug"))
    assert find_damage(Path("results")) == (1, [])
    assert "Traceback" in LOG.read_text()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ManifestError("manifest.csv, row 3: no such class"), "ManifestError: manifest.csv, row 3"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "DiskError: results/logs/memory_claims.log: cannot",
        ),
        (RuntimeError("[enforce fail] No space left on device"), "Make room on the disk of results/logs"),
        (OSError(errno.EROFS, "Read-only file system"), "set 'results' to a folder that may be written"),
        # Something else than the log was written: what the error names, or perhaps a temporary file.
        (OSError(errno.ENOSPC, "full", "/scratch/dvc/a"), "DiskError: /scratch/dvc/a: cannot"),
        (OSError(errno.ENOSPC, "full"), f"if it has room, on that of {tempfile.gettempdir()}"),
    ],
)
def test_errors_on_purpose_have_no_traceback(run, capsys, error, words):
    """A person reads what is wrong and what to do."""
    with pytest.raises(SystemExit):
        run(error=error)
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_an_input_that_may_not_be_read_is_no_full_disk(run):
    """Access to a file elsewhere is not the results' fault: the error comes through as it is."""
    with pytest.raises(PermissionError):
        run(error=PermissionError(errno.EACCES, "Permission denied", "/data/photograph.png"))


def test_what_was_forbidden_without_a_name_is_no_full_disk(run):
    """A system call that names no file says nothing of the results: the error comes through as it is."""
    with pytest.raises(PermissionError):
        run(error=PermissionError(errno.EPERM, "Operation not permitted"))


def test_a_log_that_cannot_be_written_hides_nothing(run, capsys, tmp_path):
    """On a full disk the error itself still reaches the terminal."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    LOG.unlink()
    LOG.symlink_to("/dev/full")
    with pytest.raises(SystemExit):
        run()
    said = capsys.readouterr().err
    assert f"DiskError: {LOG}: cannot be written (No space left on device)" in said
    assert "Traceback" not in said
