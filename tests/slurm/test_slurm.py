"""Runs on a real SLURM cluster: the same results as at home, through whatever happens to a job."""

import re
import signal
import subprocess
from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.slurm.cluster import wait_for
from tests.slurm.conftest import Lab
from tests.workflow.contents import contents

pytestmark = pytest.mark.slurm

SMALL = ("small.yaml",)
LONG = ("small.yaml", "long.yaml")
TABLES = ("tables",)
#: At the first attempt too little for a script that imports torch, at the second enough.
_TOO_LITTLE = {"slurm_partition": "main", "mem_mb": "300 * 5 ** (attempt - 1)", "runtime": "10 * attempt"}


@pytest.fixture(scope="module")
def at_home(locally):
    """Return a function that gives the results of a run on this machine; both run while the cluster does."""
    started = {files: locally(files, *TABLES) for files in (LONG, SMALL)}

    def results(files):
        folder, process = started[files]
        assert process.wait(1500) == 0
        return contents(folder / "results")

    yield results
    for _, process in started.values():
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def plain(cluster, at_home, tmp_path_factory):
    """Return a lab in which both studies ran through the cluster undisturbed."""
    lab = Lab(tmp_path_factory.mktemp("plain") / "engram", cluster, *SMALL)
    lab.edit_profile()
    lab.run(*TABLES)
    return lab


def jobs_of(lab):
    """Return the descriptions of all jobs of a lab's runs."""
    return [job for job in lab.cluster.jobs().values() if job["WorkDir"] == str(lab.folder)]


def test_both_studies_give_the_same_bytes_as_at_home(plain, at_home):
    """Every model, prediction, table and array is that of a run without a cluster."""
    expected, found = at_home(SMALL), contents(plain.folder / "results")
    assert any(name.endswith("memory_integrity.csv") for name in expected)
    assert any(name.endswith("general_transfer.csv") for name in expected)
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name] != found[name]] == []


def test_every_job_asked_slurm_for_memory_and_time_and_those_that_compute_for_a_gpu(plain):
    """The cluster's own description of each job holds what the profile says of its rule."""
    jobs = jobs_of(plain)
    asked = {job["Comment"].partition("_wildcards")[0].removeprefix("rule_"): job for job in jobs}
    assert len(jobs) >= 25
    assert all(job["JobState"] == "COMPLETED" for job in jobs)
    gpus = {rule for rule, job in asked.items() if "gpu:1" in job.get("TresPerJob", "")}
    trained = {"train_stage_wild.base__head_seeds_1", "train_encoder", "train_student", "solve_target"}
    assert trained | {"extract_embeddings_size48", "represent_faces", "evaluate_models"} <= gpus
    assert {"draw_faces", "prepare_faces", "read_dataset"} <= {*asked} - gpus
    assert not {"split_subjects", "memory_tables", "memory_figure", "general_claims"} & {*asked}
    assert asked["train_encoder"]["MinMemoryNode"] == "16000M"
    assert asked["train_encoder"]["TimeLimit"] == "12:00:00"
    assert asked["draw_faces"]["MinMemoryNode"] == "2000M"


@dataclass
class Storm:
    """What was seen of a run that suffered everything."""

    lab: Lab
    queue_after_ctrl_c: list
    log_after_ctrl_c: str
    log_at_the_limit: str
    limits: list[str]
    queue_after_kill: list
    recovery: subprocess.CompletedProcess
    queue_after_recovery: list
    cancelled: str
    on_dead_node: str


@pytest.fixture(scope="module")
def storm(cluster, at_home, tmp_path_factory):
    """Return what was seen of a run to which everything happened."""
    lab = Lab(tmp_path_factory.mktemp("storm") / "engram", cluster, *LONG)
    lab.edit_profile(evaluate_models=_TOO_LITTLE)
    # Ctrl-C while a network trains.
    run = lab.start(*TABLES)
    lab.hold("wild.base")
    run.send_signal(signal.SIGINT)
    run.wait(300)
    # A job that writes its checkpoint and ends is in it to the last.
    wait_for(lambda: not cluster.queue(), 120, "Ctrl-C empties the queue")
    seen = {"lab": lab, "queue_after_ctrl_c": cluster.queue(), "log_after_ctrl_c": lab.log("wild.base")}
    # Its time is over; then snakemake is killed while the second attempt trains.
    run = lab.start(*TABLES)
    first = lab.hold("wild.base")
    cluster.shorten(first)
    wait_for(lambda: cluster.running("rule_train_stage") != first, 300, "the first attempt ends")
    seen["log_at_the_limit"] = lab.log("wild.base")
    wait_for(lambda: cluster.running("rule_train_stage"), 300, "the second attempt begins")
    second = lab.hold("wild.base")
    seen["limits"] = [cluster.jobs()[job]["TimeLimit"] for job in (first, second)]
    run.kill()
    run.wait()
    seen["queue_after_kill"] = cluster.queue()
    seen["recovery"] = lab.tool("profiles/slurm/recover.sh")
    seen["queue_after_recovery"] = cluster.queue()
    # One training is cancelled, the node of another dies, and the evaluation wants more memory.
    run = lab.start(*TABLES)
    head, tune = lab.hold("wild.base__head"), lab.hold("wild.base__tune")
    cluster.cancel(head)
    cluster.kill_node(cluster.node_of(tune))
    cluster.hurry(tune)
    lab.finish(run)
    return Storm(**seen, cancelled=head, on_dead_node=tune)


def epoch_stopped(log):
    """Return the epoch after which a training that was asked to stop wrote its checkpoint."""
    return int(re.search(r"SIGTERM came, so it stopped after epoch (\d+) of", log)[1])


def epoch_begun(log):
    """Return the epoch that a training went on from."""
    return int(re.search(r" (\d+)/\d+ \[", log)[1])


def test_a_run_that_suffered_everything_gives_the_same_bytes_as_at_home(storm, at_home):
    """Models, predictions and tables are those of an undisturbed run without a cluster."""
    expected, found = at_home(LONG), contents(storm.lab.folder / "results")
    assert any(name.endswith("model.safetensors") for name in expected)
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name] != found[name]] == []


def test_ctrl_c_leaves_the_queue_empty_and_a_checkpoint(storm):
    """Snakemake cancels its jobs, and the one that trains writes its state before it ends."""
    assert storm.queue_after_ctrl_c == []
    assert epoch_stopped(storm.log_after_ctrl_c) >= 1


def test_out_of_time_a_job_goes_on_from_its_checkpoint_with_more_time(storm):
    """The signal before the limit makes it write; the next attempt has twice the time and starts there."""
    assert epoch_begun(storm.log_at_the_limit) == epoch_stopped(storm.log_after_ctrl_c)
    assert epoch_stopped(storm.log_at_the_limit) > epoch_begun(storm.log_at_the_limit)
    assert storm.limits[1] == "16:00:00"


def test_after_the_death_of_snakemake_one_command_clears_the_way(storm):
    """Its job went on; the command ends it, and no two jobs ever did the same work at a time."""
    assert len(storm.queue_after_kill) == 1
    assert storm.recovery.returncode == 0, storm.recovery.stderr
    assert "Ending the jobs of run" in storm.recovery.stdout
    assert storm.queue_after_recovery == []
    spans = {}
    for job in jobs_of(storm.lab):
        spans.setdefault(job["Comment"], []).append((job["StartTime"], job["EndTime"]))
    for rule, found in spans.items():
        found.sort()
        assert all(end <= start for (_, end), (start, _) in pairwise(found)), rule
    assert len(spans["rule_train_stage_wild.base_seeds_1"]) == 4


def test_a_cancelled_job_is_tried_again(storm):
    """What `scancel` took away is done by another job."""
    states = {job["JobId"]: job["JobState"] for job in jobs_of(storm.lab) if "base__head" in job["Comment"]}
    assert states.pop(storm.cancelled) == "CANCELLED"
    assert list(states.values()) == ["COMPLETED"]


def test_a_dead_node_s_job_runs_elsewhere(storm):
    """SLURM puts it back into the queue, and snakemake waits for it."""
    job = storm.lab.cluster.jobs()[storm.on_dead_node]
    assert (job["JobState"], job["Restarts"]) == ("COMPLETED", "1")


def test_out_of_memory_a_job_is_tried_again_with_more(storm):
    """Each evaluation is killed at 300 MB and passes with 1,500."""
    found = sorted(
        (job["MinMemoryNode"], job["JobState"])
        for job in jobs_of(storm.lab)
        if job["Comment"].startswith("rule_evaluate_models")
    )
    assert found == [("1500M", "COMPLETED")] * 2 + [("300M", "FAILED")] * 2
