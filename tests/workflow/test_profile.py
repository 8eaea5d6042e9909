"""The cluster's profile: every rule of every configuration gets what it needs, and no entry is idle."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from engram.runtime.code_hash import reached_files
from tests.conftest import CONFIGURATIONS, ROOT
from tests.workflow.conftest import copy_checkout, snakemake

PROFILE = yaml.safe_load((ROOT / "profiles/slurm/profile.yaml").read_text(encoding="utf-8"))
#: The default one has an imported encoder besides, and another one shards of faces, so that every rule of the
#: workflow is planned.
PLANNED = [
    "imported",
    *(pytest.param(name, marks=pytest.mark.long) for name in (*CONFIGURATIONS, "jpeg") if name != "default"),
]
RULES = [*(ROOT / "workflow/rules").glob("*.smk"), ROOT / "Snakefile"]
#: Exported models are compared, and an imported encoder is tried, on a processor.
_WITHOUT_GPU = ("export_student", "export_tagger", "check_encoder")
#: Rules that are no part of a whole run.
_ASKED_FOR = {"reevaluate", "bundle", "write_estimate", "export_tagger", "tagger_cards"}


def local_rules() -> set[str]:
    """Return the rules that run where snakemake does."""
    blocks = [
        block
        for path in RULES
        for block in re.findall(
            r"^localrules:\n((?:    \w+,\n)+)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    ]
    return {name for block in blocks for name in re.findall(r"\w+", block)}


LOCAL = local_rules()


@dataclass(frozen=True)
class Planned:
    """What a dry run says of a job."""

    rule: str
    text: str

    def resource(self, name: str) -> str:
        """Return a resource; nothing for one that it does not ask for."""
        found = re.search(rf"^    resources: (?:.*, )?{name}=([^,\n]+)", self.text, re.MULTILINE)
        return found[1] if found else ""

    def number(self, name: str) -> int:
        """Return a resource that is a number, 0 for none."""
        return int(self.resource(name) or 0)

    def reaches(self, module: str) -> bool:
        """Return whether its script can import a module: a rule names the list of these as an input."""
        found = re.search(r"\.snakemake/code/(\w+)\.json", self.text)
        return found is not None and module in reached(found[1])

    @property
    def threads(self) -> int:
        """Its threads."""
        found = re.search(r"^    threads: (\d+)$", self.text, re.MULTILINE)
        return int(found[1]) if found else 1


@cache
def reached(script):
    """Return the modules that a script can import, as ``training/loop``."""
    package = ROOT / "workflow/engram"
    files = map(Path, reached_files(ROOT / "workflow/scripts" / f"{script}.py"))
    return {file.relative_to(package).with_suffix("").as_posix() for file in files}


def plan(folder, *arguments):
    """Return the jobs of a dry run with the cluster's profile, those of the submitting machine left out."""
    # A dry run takes this machine's cores for the limit of a job's threads, where a real one has none.
    said = snakemake(
        folder,
        *("-n", "--quiet", "host", "--cores", "64", "--workflow-profile", "profiles/slurm"),
        *arguments,
    ).stdout
    return [
        Planned(found[1], block)
        for block in said.split("\n[")
        if (found := re.search(r"^rule (\S+):$", block, re.MULTILINE))
    ]


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Return a function that gives the jobs of a configuration in a mode, each planned once."""
    folder, known = copy_checkout(tmp_path_factory.mktemp("plans") / "engram"), {}
    (folder / "faces.onnx").write_bytes(b"a file")
    imported = {"format": "onnx", "file": "faces.onnx", "sha256": "0" * 64}
    (folder / "words.txt").write_text("word 0.1\n", encoding="utf-8")
    encoder = {"embedding": 8, "crop": {}, "imported": imported}
    config = {
        "general": {"encoders": {"faces": encoder}},
        "entities": {"networks": {"bilstm": {"vectors": str(folder / "words.txt")}}},
    }
    (folder / "config/imported.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    shards = {"general": config["general"] | {"faces": {"store": {"format": "jpeg"}}}}
    (folder / "config/jpeg.yaml").write_text(yaml.safe_dump(shards), encoding="utf-8")

    def jobs(name, mode):
        if (name, mode) not in known:
            arguments = ("--configfile", f"config/{name}.yaml", "--config", f"compute={{job: {mode}}}")
            known[name, mode] = plan(folder, *arguments)
        return known[name, mode]

    return jobs


@pytest.mark.workflow
@pytest.mark.parametrize("mode", ["stage", "family"])
@pytest.mark.parametrize("name", PLANNED)
def test_every_job_asks_for_what_it_needs(planned, name, mode):
    """Memory, time and a partition for all; a GPU where a network computes, a signal where one trains."""
    jobs = [job for job in planned(name, mode) if job.rule not in LOCAL]
    assert {"read_dataset", "prepare_faces", "evaluate_models"} <= {job.rule for job in jobs}
    for job in jobs:
        assert job.number("mem_mb") >= 500, job.rule
        assert job.number("runtime") >= 10, job.rule
        computes = job.reaches("training/device") and job.rule not in _WITHOUT_GPU
        assert job.number("gpu") == computes, job.rule
        assert job.resource("slurm_partition") == ("gpu" if computes else "cpu"), job.rule
        assert job.threads in ((1, 4) if computes else (1,)), job.rule
        if job.reaches("training/loop") and job.rule not in _WITHOUT_GPU:
            assert job.resource("slurm_extra") == "--signal=TERM@120", job.rule


@pytest.mark.workflow
@pytest.mark.parametrize("mode", ["stage", "family"])
def test_light_jobs_are_not_submitted(planned, mode):
    """Rules of seconds are local ones, and none of these computes with a network.

    The report runs Snakemake again, and the check of targets reads label sets beside the training code.
    """
    jobs = [job for job in planned("imported", mode) if job.rule in LOCAL]
    light = {
        "split_subjects",
        "contact_sheet",
        "find_duplicates",
        "memory_tables",
        "memory_claims",
        "memory_figure",
        "model_cards",
    }
    light |= {"general_tables", "general_claims", "general_figure", "track", "write_report"}
    light |= {"results_page", "result_numbers"}
    assert light <= {job.rule for job in jobs}
    light_all_the_same = {"write_report", "check_targets"}
    heavy = {job.rule for job in jobs if job.reaches("training/device")}
    assert heavy <= light_all_the_same


@pytest.mark.workflow
def test_no_entry_names_a_rule_that_is_not_there(planned):
    """Each name of the profile is that of a rule that a configuration has."""
    plans = [("imported", "stage"), ("imported", "family"), ("jpeg", "stage")]
    rules = {job.rule for name, mode in plans for job in planned(name, mode)}
    assert {*PROFILE["set-resources"], *PROFILE["set-threads"]} <= rules | _ASKED_FOR | {"train_stage"}


@pytest.mark.workflow
def test_a_lab_can_name_one_rule_of_a_loop(checkout):
    """A lab can name one of the rules that a loop makes, and the others stay as they are."""
    profile = PROFILE | {"set-resources": {**PROFILE["set-resources"], "solve_source": {"mem_mb": 77000}}}
    (checkout / "profiles/slurm/profile.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    jobs = plan(checkout, "--configfile", "config/smoke.yaml")
    memory = {job.rule: job.number("mem_mb") for job in jobs}
    assert memory["solve_source"] == 77000
    assert memory["solve_target"] == 16000


def test_memory_and_time_grow_with_each_attempt():
    """Whatever a rule asks for first, it asks for more the second and the third time."""
    entries = {"default": PROFILE["default-resources"], **PROFILE["set-resources"]}
    for rule, resources in entries.items():
        for name in {"mem_mb", "runtime"} & resources.keys():
            asked = [eval(resources[name], {"attempt": attempt}) for attempt in (1, 2, 3)]
            assert asked[0] < asked[1] < asked[2], (rule, name)
    assert PROFILE["retries"] >= 2


def test_retries_are_not_repeated_inside_a_job():
    """No rule has retries of its own: a cluster's job would run them inside each of the profile's."""
    assert not any("retries:" in path.read_text(encoding="utf-8") for path in RULES)


def test_rules_use_nothing_private_of_snakemake():
    """Of its workflow object only what says where this file lies; of its modules only errors and utils."""
    private = re.compile(
        r"(?<![/\w])workflow\.(?!current_basedir\b|basedir\b)\w+|\b_cores\b|\bsnakemake\.(?!exceptions|utils)\w+"
    )
    code = [re.sub(r"#.*|\"\"\".*?\"\"\"", "", path.read_text(encoding="utf-8")) for path in RULES]
    found = {path.name: private.findall(text) for path, text in zip(RULES, code, strict=True)}
    assert {name: uses for name, uses in found.items() if uses} == {}
