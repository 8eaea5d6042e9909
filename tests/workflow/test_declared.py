"""Every file that a job reads is an input of its rule: an audit of the smoke run."""

import json
from pathlib import Path

import pytest

from engram.core.files import PARTIAL
from tests.workflow.conftest import AUDIT

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

#: Below the results: what a job keeps for itself or for `verify`.
_OWN = {"logs", "scratch", "checksums"}


@pytest.fixture(scope="module")
def audited(smoke_run):
    """Return what each job of the run declared and opened, and the folder in which it ran."""
    jobs = [json.loads(path.read_text(encoding="utf-8")) for path in (smoke_run / AUDIT).glob("*.json")]
    assert len(jobs) > 100
    # The run was copied from here.
    return jobs, Path(
        next(path for path in jobs[0]["declared"] if "/results/" in path).partition("/results/")[0]
    )


def test_a_job_opens_no_result_that_its_rule_does_not_declare(audited):
    """Whatever a job reads below the results is an input, an output or its log."""
    jobs, folder = audited
    results = folder / "results/smoke"
    undeclared = {
        (job["rule"], path)
        for job in jobs
        for path in {*job["opened"]} - {*job["declared"]}
        if _is_result(Path(path), results) and not _is_in_a_folder(path, job["declared"])
    }
    assert sorted(undeclared) == []


def test_the_audit_sees_what_jobs_read(audited):
    """It is not empty: jobs open most of what their rules declare."""
    jobs, _ = audited
    for job in jobs:
        assert {path for path in job["declared"] if "/.snakemake/code/" not in path} & {*job["opened"]}, job[
            "rule"
        ]


def test_a_job_opens_no_data_of_the_package_that_its_list_lacks(audited):
    """Templates, styles and printed figures count for the jobs that read them."""
    jobs, folder = audited
    package = folder / "workflow/engram"
    for job in jobs:
        data = [Path(path) for path in job["opened"] if Path(path).is_relative_to(package)]
        read = {
            str(path.relative_to(folder / "workflow")) for path in data if path.suffix not in (".py", ".pyc")
        }
        lists = [path for path in job["declared"] if "/.snakemake/code/" in path]
        known = {name for path in lists for name in json.loads(Path(path).read_text(encoding="utf-8"))}
        assert read <= known, job["rule"]


def _is_result(path: Path, results: Path) -> bool:
    if not path.is_relative_to(results) or PARTIAL in path.name:
        return False
    # A study's own folder has scratch files of its own.
    return _OWN.isdisjoint(path.relative_to(results).parts[:2]) and not path.is_dir()


def _is_in_a_folder(path: str, declared: list[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in declared)
