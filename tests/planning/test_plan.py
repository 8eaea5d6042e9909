"""What jobs are said to take: by hand where that is possible, and in the right proportion where not."""

import copy
import re

import pandas as pd
import pytest
import yaml

from engram.ground.errors import ConfigurationError
from engram.ground.layout import Layout
from engram.ground.settings import load_settings
from engram.planning.costs import Machine, Scale, memory_costs
from engram.planning.costs_general import general_costs
from engram.planning.counts import count_vgg
from engram.planning.jobs import Job, measured_seconds
from engram.planning.page import plan_page, write_plan
from engram.planning.plan import make_plan
from engram.planning.sizes import find_sizes
from engram.planning.tables import by_gpus, by_rule
from engram.planning.throughput import DEFAULT, read_throughput
from tests.conftest import ROOT, read_config

PAPER = ["fer2013", "jaffe", "tfeid", "mug"]
#: What no run of `all` needs: it comes after one.
_LATER = {"publish", "rebuild", "bundle", "pull_models", "reevaluate", "verify"}


def settings_of(name, **changes):
    """Return a shipped configuration's settings, with some top-level sections changed."""
    return load_settings({**copy.deepcopy(read_config(name)), **changes})


def stage(lineage, seeds=(1,), **more):
    """Return a training job of one lineage."""
    return Job("train_stage", "train_stage", params={"lineages": [lineage], "seeds": list(seeds)}, **more)


@pytest.fixture
def planned(tmp_path, throughput):
    """Return a function that plans jobs of a configuration on the machine of this folder's conftest."""
    path = tmp_path / "throughput.yaml"
    path.write_text(yaml.safe_dump(throughput.model_dump()), encoding="utf-8")

    def plan(jobs, name="paper", **options):
        settings = settings_of(name, plan={"throughput": str(path), "job_seconds": 0, **options})
        return make_plan(settings, Layout(tmp_path / "results"), jobs)

    return plan


def test_published_sizes_need_no_data(tmp_path):
    """The paper's data sets have the printed numbers on a machine that has none of them."""
    sizes = find_sizes(settings_of("paper"), Layout(tmp_path), PAPER)
    fer = sizes["fer2013"]
    assert (fer.train, fer.validation, fer.test, fer.side) == (28709, 3589, 3589, 48)
    assert (sizes["jaffe"].train, sizes["jaffe"].validation, sizes["jaffe"].test) == (131, 15, 67)
    assert all("printed" in size.origin for size in sizes.values())


def test_sizes_say_how_they_are_known(tmp_path):
    """Said, drawn, counted in a folder, published by the owners, or assumed: in this order."""
    folder = tmp_path / "ours"
    folder.mkdir()
    rows = [f"{number}.png,person{number // 4},fear" for number in range(40)]
    (folder / "manifest.csv").write_text("\n".join(["image,subject,expression", *rows]) + "\n")
    config = read_config("default")
    here = {"title": "Ours", "reader": "manifest", "root": "ours"}
    datasets = {
        "ours": here,
        "away": {**here, "root": "away"},
        "said": {**here, "root": "away"},
        "cmu": {"title": "CMU", "reader": "cmu", "root": "cmu"},
    }
    settings = load_settings(
        {
            **config,
            "data_root": str(tmp_path),
            "datasets": {**config["datasets"], **datasets},
            "plan": {"images": {"said": 777}, "subjects": {"said": 7}},
        }
    )
    sizes = find_sizes(settings, Layout(tmp_path / "results"), ["wild", *datasets])
    assert (sizes["wild"].images, sizes["wild"].subjects) == (2000, 400)
    assert (sizes["ours"].images, sizes["ours"].subjects) == (40, 10)
    assert "manifest.csv" in sizes["ours"].origin
    assert (sizes["said"].images, sizes["said"].subjects) == (777, 7)
    assert "assumed" in sizes["away"].origin
    assert "owners" in sizes["cmu"].origin
    assert all(size.train + size.validation + size.test == size.images for size in sizes.values())


def test_a_stage_by_hand(planned):
    """The paper's base stage on one core: its epochs' steps, multiply-adds and prepared pixels."""
    job = stage("fer2013.base")
    cost = planned([job], gpus=0).costs[0]
    adds = count_vgg(1.0, 1, 48)[1].adds
    training = 60 * (28709 // 64 * 0.001 + 3 * 28709 * adds / 1e9)
    validation = 60 * (-(-3589 // 32) * 0.001 + 3589 * adds / 1e9)
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
    page = plan_page(planned([stage("fer2013.base"), stage("fer2013.base/jaffe.head", needs=(0,))]))
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


def test_the_general_study_s_jobs_are_in_proportion(throughput, tmp_path):
    """More seeds, more encoders' pixels and more folds take longer; verification trains no head."""
    settings = settings_of("default")
    names = sorted({target.dataset for target in settings.general.targets.values()} | {"crowd"})
    scale = Scale(settings, find_sizes(settings, Layout(tmp_path), names))
    machine, kinds = Machine(throughput, False), general_costs()

    def seconds(kind, wildcards, **params):
        return kinds[kind](Job(kind, kind, wildcards=wildcards, params=params), scale, machine).seconds - 4.0

    def frozen(name):
        return seconds("transfer_frozen", {"knowledge": name}, approaches=["h_g", "pca"])

    def tuned(name):
        return seconds("transfer_trained", {"knowledge": name}, approaches=["cnn"])

    assert frozen("verification") == 0.0
    assert frozen("age_album") > frozen("pain") / 4 > 0
    assert tuned("age_album") > 4 * 96 / 700 * tuned("age_city")
    one, both = (
        seconds("fit_operators", {}, operators=names, seeds=[1]) for names in (["ae"], ["ae", "vae"])
    )
    assert both == pytest.approx(2 * one)
    few, many = (
        seconds("extract_embeddings", {"dataset": name, "shard": "0"}, encoders=["identity"])
        for name in ("album", "crowd")
    )
    assert many / few == pytest.approx(2400 / 96, rel=0.1)


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


def test_the_page_and_the_table_are_written(planned, tmp_path):
    """`plan.md` is what is shown, `plan.csv` has a row a rule."""
    page = write_plan(planned([stage("fer2013.base")]), tmp_path / "made")
    assert (tmp_path / "made/plan.md").read_text(encoding="utf-8") == page
    frame = pd.read_csv(tmp_path / "made/plan.csv")
    assert list(frame["rule"]) == ["train_stage"]
    assert frame.loc[0, "gpu_hours"] > 0


def test_the_shipped_throughput_can_be_read():
    """What the project measured is whole; another file is refused with the way out."""
    assert read_throughput().cpu.training["convolutions"].adds_per_second > 1e9
    with pytest.raises(ConfigurationError, match="throughput_plan"):
        read_throughput(DEFAULT.with_name("nothing.yaml"))
