"""Damage to a finished run: named in one error, mended by one command that reruns what it concerns."""

import re
import shlex
import shutil
import subprocess

import pytest

from tests.conftest import ROOT
from tests.workflow.conftest import copy_checkout, snakemake
from tests.workflow.contents import contents
from tests.workflow.test_dag import planned

pytestmark = [pytest.mark.chaos, pytest.mark.workflow, pytest.mark.slow]

CONFIGURATION = ("--configfile", "config/faults.yaml")
RESULTS = "results/faults"
#: What follows from any model or prediction of each study.
PAGES = {"results_page", "result_numbers"}
ENDS = {"track", *PAGES, "write_report", "all"}
MEMORY = {"memory_tables", "memory_claims", "memory_figure", "model_cards", *ENDS}
GENERAL = {"general_tables", "general_claims", "general_figure", "export_student", *ENDS}
AFTER_MATRIX = {"memory_tables", "model_cards", *PAGES, "write_report", "all"}
AFTER_MODELS = {"evaluate_models", *MEMORY}
AFTER_FACES = {"prepare_faces", "contact_sheet", "train_stage"}
AFTER_SELECTION = {"search_subsets", "finetune", *GENERAL}
AFTER_REPRESENTATIONS = {"represent_faces", "general_views", "probe", *GENERAL}
AFTER_EMBEDDINGS = {
    *("extract_embeddings", "fit_operators", "train_student", "represent_faces", "general_views"),
    *("probe", "finetune"),
    *GENERAL,
}
_MODEL = "models/seed1/wild.base"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a checkout with a finished run of both studies."""
    folder = copy_checkout(tmp_path_factory.mktemp("faults") / "engram")
    shutil.copy(ROOT / "tests/workflow/faults.yaml", folder / "config/faults.yaml")
    snakemake(folder, "--quiet", "rules", *CONFIGURATION)
    return folder


@pytest.fixture
def run(finished, tmp_path):
    """Return a copy of the finished run, with its state and times, to damage."""
    return shutil.copytree(finished, tmp_path / "engram", copy_function=shutil.copy2)


def keeping_its_time(change):
    """Return damage that leaves the time as it was, as a failing disk does."""

    def damage(path):
        before = path.stat()
        path.write_bytes(change(path.read_bytes()))
        subprocess.run(["touch", "-d", f"@{before.st_mtime_ns / 1e9:.9f}", str(path)], check=True)

    return damage


flip = keeping_its_time(lambda data: data[:-9] + bytes([data[-9] ^ 16]) + data[-8:])
cut = keeping_its_time(lambda data: data[: len(data) // 2])
swap = keeping_its_time(lambda data: b"PAR1" + data[4:8] * (len(data) // 4 - 2) + b"PAR1")
empty = keeping_its_time(lambda data: b"")


def delete(path):
    path.unlink()


#: A file, what happens to it, what is said of it, and the rules of the jobs that mend it.
FAULTS = [
    (f"{_MODEL}/model.safetensors", flip, "not those that", {"train_stage", *AFTER_MODELS}),
    (f"{_MODEL}/record.json", empty, "0 bytes are there", {"train_stage", *AFTER_MODELS}),
    (f"{_MODEL}/studio.head/model.safetensors", delete, "is missing", {"train_stage", *AFTER_MODELS}),
    ("data/wild/faces/faces.npy", cut, "bytes are there", {*AFTER_FACES, *AFTER_MODELS}),
    ("evaluations/studio/predictions.parquet", swap, "(written by", AFTER_MODELS),
    ("general/embeddings/crowd/age/shard-1.npy", cut, "bytes are there", AFTER_EMBEDDINGS),
    ("general/representations/city/h_g.npy", flip, "not those that", AFTER_REPRESENTATIONS),
    ("general/selection/gender/choice.json", flip, "not those that", AFTER_SELECTION),
    ("general/views/map.parquet", delete, "is missing", {"general_views", *GENERAL}),
    (
        "tables/memory_matrix.csv",
        cut,
        "bytes are there",
        AFTER_MATRIX,
    ),
    ("export/student.onnx", delete, "is missing", {"export_student", *ENDS}),
]


def verify(folder):
    """Return how `snakemake verify` ended and what it said."""
    done = snakemake(folder, "verify", *CONFIGURATION, check=False)
    return done.returncode, done.stdout + done.stderr


def mending(said):
    """Return the command that mends, as a list of arguments for snakemake."""
    (line,) = re.findall(r"^  (snakemake --forcerun .*)$", said, re.MULTILINE)
    return shlex.split(line)[1:]


def rules(jobs):
    """Return the rules of planned jobs, by the names that they have without seeds, groups and roles."""
    known = ("train_stage", "extract_embeddings", "fit_operators", "finetune")
    return {next(filter(name.startswith, known), name) for name in jobs} - {"total"}


def test_a_whole_run_is_said_to_be(finished):
    """Every file of every job has its checksum, and nothing is wrong."""
    code, said = verify(finished)
    assert code == 0
    (count,) = re.findall(rf"^(\d+) files below {RESULTS} are what was written", said, re.MULTILINE)
    results = finished / RESULTS
    ours = [
        path
        for path in results.rglob("*")
        if path.is_file() and not {"logs", "checksums"} & set(path.relative_to(results).parts)
    ]
    assert int(count) == len(ours)
    assert "Nothing to be done" in snakemake(finished, *CONFIGURATION).stderr


@pytest.mark.parametrize(("name", "damage", "words", "expected"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_each_fault_is_named_and_its_mending_is_exact(run, name, damage, words, expected):
    """Snakemake sees none of it but a loss at the end; `verify` names file and rule; the command that it
    gives plans the job that made the file, what depends on it, and nothing else.
    """
    file = run / RESULTS / name
    damage(file)
    code, said = verify(run)
    assert code
    assert "Traceback" not in said
    assert said.count(f"{RESULTS}/{name}") >= 2
    assert words in said
    command = mending(said)
    # `verify` writes the merged configuration beside its log and names that file.
    assert command == ["--forcerun", f"{RESULTS}/{name}", "--configfile", f"{RESULTS}/logs/verify.json"]
    done = snakemake(run, "-n", "--quiet", "rules", *command)
    assert rules(planned(done.stdout)) == expected


def test_a_damaged_run_is_mended_to_the_byte(run, finished):
    """Ten faults in both studies, one command: afterwards every byte is as it was."""
    for name, damage, _, _ in FAULTS:
        if not name.startswith("data/"):
            damage(run / RESULTS / name)
    command = mending(verify(run)[1])
    assert len(command) == 1 + len(FAULTS) - 1 + 2
    snakemake(run, "--quiet", "rules", *command)
    expected, found = contents(finished / RESULTS), contents(run / RESULTS)
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name] != found[name]] == []
    assert verify(run)[0] == 0


def test_a_job_refuses_a_damaged_input(run, finished):
    """A model that rotted is not trained on: one error names it; deleted, it is made anew, and its child."""
    parent = run / RESULTS / "models/seed1/wild.base/model.safetensors"
    child = run / RESULTS / "models/seed1/wild.base/studio.head/model.safetensors"
    flip(parent)
    child.unlink()
    done = snakemake(run, str(child.relative_to(run)), *CONFIGURATION, check=False)
    said = done.stdout + done.stderr
    assert done.returncode
    assert "Traceback" not in said
    assert f"DamageError: {parent.relative_to(run)}: its bytes are not those that were written" in said
    assert not child.exists()
    parent.unlink()
    snakemake(run, str(child.relative_to(run)), "--quiet", "rules", *CONFIGURATION)
    for file in (parent, child):
        assert file.read_bytes() == (finished / file.relative_to(run)).read_bytes()


def test_rotten_faces_are_not_trained_on(run):
    """Jobs name a store by its summary; a byte of its pixels that changed is still seen."""
    flip(run / RESULTS / "data/wild/faces/faces.npy")
    model = f"{RESULTS}/models/seed1/wild.base/model.safetensors"
    done = snakemake(run, model, "--forcerun", model, *CONFIGURATION, check=False)
    said = done.stdout + done.stderr
    assert done.returncode
    assert "Traceback" not in said
    assert "StoreError" in said
    assert "data/wild/faces: the faces are not those that were stored" in said


def test_what_was_made_of_the_same_bytes_is_spared(run):
    """Files up to Snakemake's limit of 1 MB that come out as they were cost nothing after them."""
    name = f"{RESULTS}/general/embeddings/crowd/age/shard-1.npy"
    cut(run / name)
    done = snakemake(run, name, "-n", "--quiet", "rules", "--forcerun", name, *CONFIGURATION)
    assert rules(planned(done.stdout)) == {"extract_embeddings"}
    snakemake(run, name, "--quiet", "rules", "--forcerun", name, *CONFIGURATION)
    assert "Nothing to be done" in snakemake(run, *CONFIGURATION).stderr
    assert verify(run)[0] == 0


def test_what_a_strategy_left_behind_is_no_loss(run):
    """Models of a strategy that is configured no more may be deleted; changed, they are told apart."""
    config = run / "config/faults.yaml"
    config.write_text(config.read_text().replace("strategies: [BL, FC]", "strategies: [BL]"))
    child = run / RESULTS / "models/seed1/wild.base/studio.head"
    cut(child / "model.safetensors")
    code, said = verify(run)
    assert code
    assert "No rule of this configuration makes these. Delete them" in said
    assert "--forcerun" not in said
    shutil.rmtree(child)
    assert verify(run)[0] == 0
