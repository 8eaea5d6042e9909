"""What the general study's jobs are said to take."""

import pytest

from engram.ground.layout import Layout
from engram.planning.costs import Machine, Scale
from engram.planning.costs_general import general_costs
from engram.planning.jobs import Job
from engram.planning.sizes import find_sizes
from tests.planning.conftest import settings_of


def job(kind, wildcards=None, **params):
    """Return a job of the general study."""
    return Job(kind, kind, wildcards=wildcards or {}, params=params)


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


def test_an_extraction_takes_more_faces_at_once_on_a_gpu(planned):
    """256 there and 32 on a core, of which the widest layer holds 2 x 12 maps of 24 x 24."""
    extraction = job("extract_embeddings", {"dataset": "crowd", "shard": "0"}, encoders=["identity"])
    on_core, on_gpu = (planned([extraction], "default", gpus=gpus).costs[0] for gpus in (0, 1))
    assert on_gpu.gpu_memory - (on_core.memory - 3e8) == 4 * (256 - 32) * 13_824
