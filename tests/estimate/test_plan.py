"""What jobs are said to take: by hand where that is possible, and in the right proportion where not."""

import re

import pandas as pd
import pytest

from engram.estimate.costs import memory_costs
from engram.estimate.costs_general import general_costs
from engram.estimate.counts import count_vgg
from engram.estimate.jobs import Job, measured_seconds
from engram.estimate.page import plan_page, write_plan
from engram.estimate.tables import by_gpus, by_rule
from tests.conftest import ROOT
from tests.estimate.conftest import stage

#: What no run of `all` needs: it comes after one.
_LATER = {"publish", "rebuild", "bundle", "pull_models", "reevaluate", "verify"}


def test_a_stage_by_hand(planned):
    """The paper's base stage on one core: its epochs' steps, multiply-adds and prepared pixels."""
    job = stage("fer2013.base")
    cost = planned([job], gpus=0).costs[0]
    adds = count_vgg(1.0, 1, 48)[1].adds
    training = 60 * (449 * 0.001 + 3 * 28709 * adds / 1e9)
    validation = 60 * (113 * 0.001 + 3589 * adds / 1e9)
    prepared = 60 * (28709 + 3589) * 48**2 / 1e8
    assert cost.seconds == pytest.approx(4.0 + training + validation + prepared)
    assert not cost.gpu
    assert cost.disk == 4 * 19_291_207


def test_a_gpu_prepares_while_it_computes(planned):
    """On a GPU the slower of host and device counts, and the device's memory is its own."""
    job = stage("fer2013.base")
    on_core, on_gpu = planned([job], gpus=0).costs[0], planned([job], gpus=1).costs[0]
    assert on_gpu.gpu
    assert on_gpu.seconds < on_core.seconds / 20
    assert on_gpu.gpu_memory > 20 * 19_291_207
    assert on_gpu.memory == 2e9


def test_prediction_holds_the_weights_and_one_layer_of_a_batch(planned):
    """Four bytes a parameter, and 32 faces' 270,848 values: nothing is kept for a way back."""
    models = {"lineages": ["fer2013.base"], "seeds": [1]}
    job = Job("evaluate_models", "evaluate_models", wildcards={"dataset": "jaffe"}, params=models)
    assert planned([job]).costs[0].gpu_memory == 4 * 19_291_207 + 4 * 32 * 270_848


def test_frozen_layers_cost_less_and_need_a_cache(planned):
    """FC takes a fraction of RE's time, and keeps its features on the disk while it runs."""
    head, tune = planned([stage("fer2013.base/mug.head"), stage("fer2013.base/mug.tune")], gpus=0).costs
    assert head.seconds < tune.seconds / 2
    assert head.scratch > tune.scratch


def test_seeds_and_fractions_scale_the_work(planned):
    """Three seeds take three times the work of one, half the images half of it; the start is paid once."""
    plan = planned(
        [
            stage("fer2013.base/mug.tune"),
            stage("fer2013.base/mug.tune", (1, 2, 3)),
            stage("fer2013.base/mug-50.tune"),
        ],
        gpus=0,
    )
    one, three, half = (cost.seconds - 4.0 for cost in plan.costs)
    assert three == pytest.approx(3 * one)
    assert one / 2 < half < 0.6 * one


def test_distillation_and_rehearsal_cost_more(planned):
    """LwF asks the parent too, Replay trains a tenth of FER along, EWC looks at some faces more."""
    names = ("tune", "lwf", "ewc", "replay")
    costs = planned([stage(f"fer2013.base/jaffe.{name}") for name in names], gpus=0).costs
    plain, lwf, ewc, replay = (cost.seconds for cost in costs)
    assert plain < ewc < lwf < replay


def test_rehearsal_takes_earlier_faces_of_the_same_labels(planned):
    """A tenth of wild's 1,500 and 200 faces joins studio's 128 and 21; portraits' age groups stay out."""
    names = ("portraits.base/wild.base/studio.replay", "wild.base/studio.replay")
    chain, pair = planned([stage(name) for name in names], "default", gpus=0).costs
    adds = count_vgg(0.125, 1, 48)[1].adds
    training = 12 * (5 * 0.001 + 3 * 278 * adds / 1e9)
    validation = 12 * (2 * 0.001 + 41 * adds / 1e9)
    assert pair.seconds == pytest.approx(4.0 + training + validation + 12 * (278 + 41) * 48**2 / 1e8)
    assert chain.seconds == pair.seconds


def test_the_wall_time_follows_the_graph(planned):
    """Four children of one stage end sooner on four GPUs, but not before their parent and one of them."""
    jobs = [stage("fer2013.base"), *(stage("fer2013.base/mug.tune", needs=(0,)) for _ in range(4))]
    plan = planned(jobs, gpus=4)
    parent, child = plan.costs[0].seconds / 3600, plan.costs[1].seconds / 3600
    assert plan.hours(4) == pytest.approx(parent + child)
    assert plan.hours(1) == pytest.approx(parent + 4 * child)
    assert plan.chain_hours == pytest.approx(parent + child)
    assert list(by_gpus(plan)["hours"]) == sorted(by_gpus(plan)["hours"], reverse=True)


def test_short_jobs_are_named_with_what_batches_them(planned):
    """The page tells a lab which jobs a cluster would spend its time on, and the settings against it."""
    jobs = [stage("fer2013.base"), stage("fer2013.base/jaffe.head", needs=(0,))]
    page = plan_page(planned(jobs, changes={"compute": {"seeds_per_job": 1}}))
    assert "1 of 2 jobs are shorter than 30 seconds" in page
    assert "`compute.job: family` and `compute.seeds_per_job: 3`" in page


def test_an_assumed_gpu_is_marked(planned):
    """Nobody takes a number for measured that was not."""
    page = plan_page(planned([stage("fer2013.base")]))
    assert "assumed, not measured" in page
    assert "2 TFLOP/s" in page
    assert "throughput_plan" in page
    assert "printed by Tannugi" in page


def test_without_gpus_nothing_is_assumed_of_one(planned):
    """A plan for cores alone speaks of no GPU."""
    page = plan_page(planned([stage("fer2013.base")], gpus=0, cores=2))
    assert "on 2 cores" in page
    assert "not measured" not in page


def test_an_unknown_kind_of_job_is_named_not_refused(planned):
    """A rule that somebody adds counts as a short job until its cost is known."""
    plan = planned([Job("new_rule", "new_rule")])
    assert plan.unknown == ["new_rule"]
    assert "Nothing is known of new_rule" in plan_page(plan)


def test_every_rule_s_script_has_a_cost():
    """A new script of a run needs a line here, or its jobs would count as nothing."""
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    kinds = set(re.findall(r"scripts/(\w+)\.py\"", rules))
    assert kinds - _LATER <= set(memory_costs() | general_costs())


def test_what_ran_here_stands_beside_the_plan(planned, tmp_path):
    """Where a job's timing is at hand the table says what it took, over what was planned."""
    timing = tmp_path / "timing.jsonl"
    timing.write_text('{"s": 40.0}\n{"s": 50.0}\n', encoding="utf-8")
    jobs = [stage("fer2013.base", timing=timing), stage("mug.base", timing=tmp_path / "none.jsonl")]
    assert measured_seconds(jobs) == [50.0, None]
    plan = planned(jobs)
    row = by_rule(plan).iloc[0]
    assert row["measured"] == 50.0
    assert row["measured_over_planned"] == pytest.approx(50.0 / plan.costs[0].seconds)
    assert "took / planned" in plan_page(plan)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"h:m:s": "0"}', b'{"s": "NA"}', b"\xff\xfe"])
def test_a_timing_that_cannot_be_read_is_none(tmp_path, content):
    """A job that was killed may leave one: a plan does without it."""
    (tmp_path / "timing.jsonl").write_bytes(content)
    assert measured_seconds([stage("fer2013.base", timing=tmp_path / "timing.jsonl")]) == [None]


def test_the_page_and_the_table_are_written(planned, tmp_path):
    """`plan.md` is what is shown, `plan.csv` has a row a rule."""
    page = write_plan(planned([stage("fer2013.base")]), tmp_path / "made")
    assert (tmp_path / "made/plan.md").read_text(encoding="utf-8") == page
    frame = pd.read_csv(tmp_path / "made/plan.csv")
    assert list(frame["rule"]) == ["train_stage"]
    assert frame.loc[0, "gpu_hours"] > 0
