"""What it is said to take to solve a piece of knowledge, by hand."""

import copy

import pytest

from engram.estimate import costs_transfer
from engram.studies.general import protocols
from engram.studies.general.selection import brute_force, choosers, choosing
from engram.studies.general.selection import step as selection
from engram.training import heads
from tests.conftest import read_config
from tests.estimate.test_costs_general import job


def two_encoders(top=5):
    """Return the demonstration's general study with encoders of 24 and 96 values only."""
    general = copy.deepcopy(read_config("default")["general"])
    left_out = dict.fromkeys(set(general["encoders"]) - {"expression", "identity"})
    return {"general": {**general, "encoders": {**general["encoders"], **left_out}, "top": top}}


def chosen(planned, name, **changes):
    """Return the seconds that the choice among two encoders takes on a core, beside its start."""
    plan = planned([job("select_encoders", {"knowledge": name})], "default", two_encoders(**changes), gpus=0)
    return plan.costs[0].seconds - 4.0


#: Multiply-adds of heads of 64 units and one output on 24, 96 and 120 values, and of those of an epoch.
SINGLE, PAIR = 24 * 64 + 64 + 96 * 64 + 64, 120 * 64 + 64
EPOCHS, SEEDS = 30, 3


def trained(adds, train, steps, validation, passes):
    """Return the seconds of a group of heads on one core, a millisecond a step or pass."""
    return EPOCHS * ((steps + passes) * 0.001 + (3 * train + validation) * adds / 1e9)


def kernels(faces, passes):
    """Return the seconds of scoring three subsets by kernels of so many faces."""
    return passes * 0.001 + 3 * 2 * faces**3 / 1e9


@pytest.mark.parametrize(("top", "best"), [(1, PAIR), (5, SINGLE + PAIR)])
def test_a_choice_trains_single_encoders_the_rest_and_the_kernel_s_best(planned, top, best):
    """Age in the city: 385 faces in 7 steps, 105 in 4 passes; one subset is the best, or all are."""
    once = sum(trained(adds, 385, 7, 105, 4) for adds in (SINGLE, PAIR, best))
    assert chosen(planned, "age_city", top=top) == pytest.approx(SEEDS * once + kernels(385, 13))


def test_leaving_one_out_trains_each_reported_subset_once_a_person(planned):
    """Twelve persons of eight images: two choose; then each is left out, and one of the others validates."""
    choice = sum(trained(adds, 80, 2, 16, 1) for adds in (SINGLE, PAIR, SINGLE + PAIR))
    left_out = trained(12 * PAIR, 80, 2, 8, 1)
    assert chosen(planned, "age_album") == pytest.approx(SEEDS * (choice + 7 * left_out) + kernels(80, 3))


def test_only_concatenated_and_foreign_embeddings_are_gathered(planned):
    """Twice all 328 values of the city's 700 faces; of a source its own, unless its encoder answers."""
    asked = [
        ("age_city", ["concat", "h_g"]),
        ("age_city", ["h_g", "pca"]),
        ("source_identity", ["original", "h_g"]),
        ("source_gender", ["original", "h_g"]),
    ]
    jobs = [job("transfer_frozen", {"knowledge": name}, approaches=names) for name, names in asked]
    held = [cost.memory - 2e9 for cost in planned(jobs, "default").costs]
    assert held == [2 * 4 * 700 * 328, 0, 2 * 4 * 1440 * 96, 0]


def test_the_plan_knows_the_jobs_numbers():
    """How many persons validate, how many heads train at once, how many methods choose."""
    assert protocols._VALIDATING == costs_transfer._VALIDATING
    assert choosers._VALIDATING == costs_transfer._CHOOSING
    assert choosing.SAMPLED == costs_transfer._SAMPLED
    assert heads._TOGETHER == brute_force._GROUP_WEIGHTS == costs_transfer._TOGETHER
    methods = ("networks", "kernel_top", *selection._CHEAP)
    assert len(methods) + len(("bt", "bct")) == costs_transfer._REPORTED
