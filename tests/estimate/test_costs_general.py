"""What the general study's jobs are said to take."""

import pytest

from engram.core.paths import Layout
from engram.estimate import costs_general
from engram.estimate.costs import Machine, Scale
from engram.estimate.costs_general import general_costs
from engram.estimate.counts import count_resnet
from engram.estimate.jobs import Job
from engram.estimate.sizes import find_sizes
from engram.studies.general import extraction, reconstruction
from tests.estimate.conftest import settings_of


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


def fitted(planned, operators, images):
    """Return the bytes of arrays of fusion on so many unlabelled faces, each of 328 values."""
    fit = job("fit_operators", operators=operators, seeds=[1])
    return planned([fit], "default", gpus=1, images={"crowd": images}).costs[0].memory - 2e9


def test_fusion_keeps_small_subsets_in_memory(planned):
    """All of 2,400 faces; of a million the 100,000 and 150,000 that do not learn, and a block of 1,024."""
    assert fitted(planned, ["ae"], 2400) == 4 * 328 * 2400
    assert fitted(planned, ["ae"], 1_000_000) == 4 * 328 * (100_000 + 150_000 + 1024)


def test_principal_components_hold_matrices_not_faces(planned):
    """Four of 328 x 328 in float64, whatever the number of faces."""
    for images in (2400, 1_000_000):
        more = fitted(planned, ["ae", "pca"], images) - fitted(planned, ["ae"], images)
        assert more == 4 * 8 * 107_584


def test_only_the_distilled_student_keeps_targets_on_the_disk(planned):
    """61 values of 1,800 + 240 faces; MT learns with a decoder of 88,494 parameters, UNIC with projectors.

    Each of six has 61 x 61 + 61 parameters, and 62 for each of its embedding's values, 328 all together.
    """
    student = count_resnet(16, 48, 61).parameters
    jobs = [job("train_student", {"kind": kind, "seed": "1"}, seeds=[1]) for kind in ("unique", "mt", "unic")]
    unique, mt, unic = (cost.scratch for cost in planned(jobs, "default").costs)
    assert unique == 32 * student + 4 * 61 * 2040
    assert mt == 32 * (student + 88_494)
    assert unic == 32 * (student + 6 * 3782 + 62 * 328)


def test_a_student_s_projectors_cost_less_than_a_decoder(planned):
    """UNIC's 42,334 multiply-adds a face beside MT's 87,872: on a core that is their difference in time."""
    jobs = [job("train_student", {"kind": kind, "seed": "1"}, seeds=[1]) for kind in ("mt", "unic")]
    mt, unic = (cost.seconds for cost in planned(jobs, "default", gpus=0).costs)
    assert mt - unic == pytest.approx(14 * (3 * 1800 + 240) * (87_872 - 42_334) / 1e9)


def test_the_plan_knows_the_jobs_numbers():
    """What is kept in memory, and what is computed at once."""
    assert reconstruction._RESIDENT_BYTES == costs_general._RESIDENT
    assert reconstruction.BLOCK == costs_general._BLOCK
    assert extraction._BATCH["cuda"] == costs_general._EXTRACTED
