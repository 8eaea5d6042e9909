"""Intervals: the same as a plain loop's, paired, reproducible, and about as wide as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from engram.core.errors import PredictionsError
from engram.core.seeds import derive_seed
from engram.statistics.intervals import bootstrap, resample
from engram.statistics.predictions import Predictions


def _predictions(correct: np.ndarray, subjects: np.ndarray, dataset: str = "toy") -> Predictions:
    """Return predictions of two classes with the given right answers, shape (models, seeds, images)."""
    truth = np.zeros(correct.shape[-1], np.int8)
    return Predictions(
        dataset=dataset,
        classes=("no", "yes"),
        models=tuple(f"m{number}" for number in range(len(correct))),
        seeds=tuple(range(correct.shape[1])),
        rows=np.arange(correct.shape[-1]),
        subjects=subjects,
        truth=truth,
        predicted=np.where(correct, 0, 1).astype(np.int8),
        scores=np.zeros((*correct.shape, 2), np.float32),
    )


@pytest.fixture
def toy() -> Predictions:
    stream = np.random.default_rng(5)
    subjects = np.repeat([f"p{number}" for number in range(8)], [1, 2, 3, 4, 5, 6, 7, 8])
    return _predictions(stream.random((3, 4, len(subjects))) < 0.6, subjects)


def test_draws_equal_a_plain_loop(toy):
    """Each draw is the accuracy over the drawn subjects' images, averaged over the drawn seeds."""
    accuracies = resample(toy, resamples=50)
    stream = np.random.default_rng(derive_seed("bootstrap", "toy"))
    subjects, seeds = sorted(set(toy.subjects)), len(toy.seeds)
    subject_draws = stream.multinomial(len(subjects) - 1, [1 / len(subjects)] * len(subjects), size=50)
    seed_draws = stream.multinomial(seeds - 1, [1 / seeds] * seeds, size=50)
    for model in range(3):
        for draw in range(50):
            fractions = []
            for seed, times in enumerate(seed_draws[draw]):
                right = total = 0
                for subject, count in zip(subjects, subject_draws[draw], strict=True):
                    mine = toy.subjects == subject
                    right += count * toy.correct[model, seed, mine].sum()
                    total += count * mine.sum()
                fractions += [right / total] * times
            assert accuracies.draws[model, draw] == pytest.approx(100 * np.mean(fractions), rel=1e-5)


def test_value_is_the_mean_over_seeds(toy):
    """The value is the plain accuracy, the interval contains it, and both are percent."""
    estimate = resample(toy).of("m1")
    assert estimate.value == pytest.approx(100 * toy.correct[1].mean())
    assert 0 <= estimate.low < estimate.value < estimate.high <= 100


def test_a_model_does_not_differ_from_itself(toy):
    """Paired draws cancel: a model minus itself is exactly zero."""
    estimate = resample(toy).difference("m2", "m2")
    assert (estimate.value, estimate.low, estimate.high) == (0, 0, 0)


def test_paired_differences_are_narrow():
    """Two models that fail on the same subjects differ by much less than their intervals suggest."""
    subjects = np.repeat(np.arange(20), 10).astype(str)
    hard = np.arange(200) // 10 < 8
    first = np.tile(~hard, (2, 1))
    second = first.copy()
    second[:, ::37] = False
    accuracies = resample(_predictions(np.stack([first, second]), subjects))
    alone, paired = accuracies.of("m0"), accuracies.difference("m0", "m1")
    assert paired.high - paired.low < 0.2 * (alone.high - alone.low)


def test_best_of_several_is_chosen_in_each_draw(toy):
    """The best of two models is at least each of them, at both ends of the interval."""
    accuracies = resample(toy)
    best = accuracies.contrast(["m0", "m1"])
    for name in ("m0", "m1"):
        one = accuracies.of(name)
        assert (best.value, best.low, best.high) >= (one.value, one.low, one.high)


def test_draws_depend_on_names_alone(toy):
    """The same data set gives the same draws, another name others; adding models changes none."""
    whole, again = resample(toy), resample(toy)
    assert (whole.draws == again.draws).all()
    fewer = resample(_predictions(toy.correct[:1], toy.subjects))
    assert fewer.draws[0] == pytest.approx(whole.draws[0], rel=1e-5)
    assert (resample(_predictions(toy.correct, toy.subjects, "other")).draws != whole.draws).any()


def test_tails_are_those_of_student(toy):
    """With eight subjects the percentiles lie where Student's t with seven degrees of freedom ends."""
    assert resample(toy).tail == pytest.approx(norm.cdf(t.ppf(0.025, 7)))


def test_one_subject_and_one_seed_have_no_spread():
    """With nothing to resample the interval is the value itself."""
    estimate = resample(_predictions(np.ones((1, 1, 5), bool), np.array(["p"] * 5))).of("m0")
    assert (estimate.value, estimate.low, estimate.high) == (100, 100, 100)


def test_errors_are_averaged_by_subject_as_accuracies_are(toy):
    """Any values of units give the draws that right answers give, in their own unit."""
    errors = bootstrap(toy.models, np.where(toy.correct, 2.5, 0.0), toy.subjects, "toy")
    accuracies = resample(toy)
    assert errors.value == pytest.approx(accuracies.value * 0.025)
    assert errors.draws == pytest.approx(accuracies.draws * 0.025)


def test_any_difference_is_paired(toy):
    """A ratio is taken in each draw, and a mapped score keeps its draws."""
    scores = resample(toy)
    ratio = scores.compare("m0", "m1", lambda left, right: left / right)
    assert ratio.value == pytest.approx(scores.value[0] / scores.value[1])
    low, high = np.quantile(scores.draws[0] / scores.draws[1], [scores.tail, 1 - scores.tail])
    assert (ratio.low, ratio.high) == pytest.approx((low, high))
    assert scores.map(np.sqrt).of("m1").high == pytest.approx(scores.of("m1").high ** 0.5, rel=1e-3)


def test_unknown_model_is_refused(toy):
    """A model without predictions is named in the error."""
    with pytest.raises(PredictionsError, match="nobody"):
        resample(toy).of("nobody")


@pytest.mark.parametrize(("subjects", "images"), [(6, 20), (40, 5)])
def test_coverage_on_simulated_data(subjects, images):
    """Of 400 simulated studies about 95 % have the true difference inside the interval."""
    stream = np.random.default_rng(11)
    names = np.repeat(np.arange(subjects), images).astype(str)
    means = np.array([0.45, 0.65])
    hits = 0
    for _ in range(400):
        # A subject is easy or hard for both models, and a little more so for one of them.
        ease = stream.normal(0, 0.08, (1, 1, subjects)) + stream.normal(0, 0.08, (2, 1, subjects))
        run = stream.normal(0, 0.02, (2, 3, 1))
        chance = np.repeat(means[:, None, None] + ease + run, images, axis=2)
        found = resample(_predictions(stream.random(chance.shape) < chance, names), resamples=300)
        interval = found.difference("m1", "m0")
        hits += interval.low <= 20 <= interval.high
    assert 0.92 <= hits / 400 <= 0.995
