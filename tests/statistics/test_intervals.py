"""Scores: means over units and seeds, paired differences, and intervals by known formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from engram.core.errors import PredictionsError
from engram.statistics.intervals import accuracy_scores, mean_scores, ratio_scores
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


def test_value_is_the_mean_over_seeds(toy):
    """The value is the plain accuracy, the interval contains it, and both are percent."""
    estimate = accuracy_scores(toy).of("m1")
    assert estimate.value == pytest.approx(100 * toy.correct[1].mean())
    assert estimate.low < estimate.value < estimate.high
    assert (estimate.n_subjects, estimate.n_seeds) == (8, 4)


def test_a_model_does_not_differ_from_itself(toy):
    """A model minus itself is exactly zero, with an interval of width zero."""
    estimate = accuracy_scores(toy).difference("m2", "m2")
    assert (estimate.value, estimate.low, estimate.high) == (0, 0, 0)


def test_paired_differences_are_narrow():
    """Two models that fail on the same subjects differ by much less than their intervals suggest."""
    subjects = np.repeat(np.arange(20), 10).astype(str)
    first = np.tile(np.arange(200) // 10 >= 8, (3, 1))
    second = first.copy()
    second[:, ::37] = False
    scores = accuracy_scores(_predictions(np.stack([first, second]), subjects))
    alone, paired = scores.of("m0"), scores.difference("m0", "m1")
    assert paired.high - paired.low < 0.2 * (alone.high - alone.low)


def test_seeds_that_agree_leave_a_t_interval_over_subjects():
    """Where all seeds say the same and subjects have one image each, it is Student's over subjects."""
    values = np.random.default_rng(1).normal(0, 1, 12)
    estimate = mean_scores(["m"], np.tile(values, (1, 4, 1)), np.arange(12).astype(str), "toy").of("m")
    expected = ttest_1samp(values, 0).confidence_interval()
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))
    assert estimate.degrees_of_freedom == pytest.approx(11)


def test_subjects_that_agree_leave_a_t_interval_over_seeds():
    """Where all subjects say the same, it is Student's over seeds."""
    values = np.random.default_rng(2).normal(0, 1, 4)
    grid = np.tile(values[None, :, None], (1, 1, 9))
    estimate = mean_scores(["m"], grid, np.arange(9).astype(str), "toy").of("m")
    expected = ttest_1samp(values, 0).confidence_interval()
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))
    assert estimate.degrees_of_freedom == pytest.approx(3)


def test_a_ratio_mean_has_its_textbook_variance():
    """With unlike numbers of images it is CR2 of a weighted intercept.

    Bell and McCaffrey (2002), by matrices: residuals over the root of 1 - h, and degrees of freedom of the
    quadratic form that they make. The plain variance of a ratio (Cochran 1977, 2.39) is smaller.
    """
    stream = np.random.default_rng(3)
    counts = np.array([1, 2, 3, 5, 8, 13])
    subjects = np.repeat(np.arange(6), counts).astype(str)
    values = stream.normal(2, 1, counts.sum())
    estimate = mean_scores(["m"], np.tile(values, (1, 3, 1)), subjects, "toy").of("m")
    sums = np.array([values[subjects == str(number)].sum() for number in range(6)])
    ratio = sums.sum() / counts.sum()
    hat = np.tile(counts / counts.sum(), (6, 1))
    residuals = (np.eye(6) - hat) @ (sums / counts) / np.sqrt(1 - np.diag(hat))
    variance = (np.diag(hat) ** 2 * residuals**2).sum()
    root = np.diag(np.diag(hat) / np.sqrt(1 - np.diag(hat))) @ (np.eye(6) - hat)
    eigenvalues = np.linalg.eigvalsh(root.T @ root)
    freedom = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
    assert estimate.value == pytest.approx(ratio)
    assert estimate.high - estimate.value == pytest.approx(t.ppf(0.975, freedom) * variance**0.5)
    plain = 6 * ((sums - ratio * counts) ** 2).sum() / 5 / counts.sum() ** 2
    assert plain < variance


@pytest.mark.parametrize(("subjects", "seeds"), [(4, 5), (1, 5), (9, 2), (9, 1)])
def test_few_subjects_or_seeds_have_no_interval(subjects, seeds):
    """Below five subjects or three seeds there is the value and no interval."""
    correct = np.random.default_rng(4).random((1, seeds, subjects)) < 0.5
    estimate = accuracy_scores(_predictions(correct, np.arange(subjects).astype(str))).of("m0")
    assert estimate.value == pytest.approx(100 * correct.mean())
    assert np.isnan([estimate.low, estimate.high]).all()


def test_errors_are_averaged_by_subject_as_accuracies_are(toy):
    """Any values of units give the interval that right answers give, in their own unit."""
    errors = mean_scores(toy.models, np.where(toy.correct, 2.5, 0.0), toy.subjects, "toy").of("m0")
    accuracies = accuracy_scores(toy).of("m0")
    assert [errors.value, errors.low] == pytest.approx([0.025 * accuracies.value, 0.025 * accuracies.low])


def test_a_smooth_function_moves_with_its_arguments(toy):
    """A ratio's interval is that of the logarithm's difference, as the delta method has it."""
    scores = accuracy_scores(toy)
    ratio = scores.compare("m0", "m1", lambda left, right: left / right)
    logarithm = scores.map(np.log).difference("m0", "m1")
    assert ratio.value == pytest.approx(scores.of("m0").value / scores.of("m1").value)
    assert ratio.high - ratio.value == pytest.approx(
        ratio.value * (logarithm.high - logarithm.value), rel=1e-5
    )


def test_an_interval_keeps_to_the_range_of_its_measure():
    """Of an accuracy or F1 it does not pass 0 or 100; the other end and intervals of differences stay."""
    correct = np.ones((2, 4, 30), bool)
    correct[0, 0, :6] = False
    correct[1] = False
    correct[1, 2, :7] = True
    scores = accuracy_scores(_predictions(correct, np.array([f"p{number}" for number in range(30)])))
    high, low = scores.of("m0"), scores.of("m1")
    assert high.high == 100
    assert high.low < high.value == 95
    assert low.low == 0
    assert low.high > low.value
    free = scores.effect("m0").interval()
    assert free.high > 100
    assert free.low == high.low
    assert scores.difference("m0", "m1").high == (scores.effect("m0") - scores.effect("m1")).interval().high


def test_subjects_are_counted_by_the_side_that_is_higher(toy):
    """On how many subjects a model is better, and worse, adds up to those on whom they differ."""
    number, above, below = accuracy_scores(toy).subjects("m0", "m1")
    rates = [
        [toy.correct[model][:, toy.subjects == name].mean() for name in np.unique(toy.subjects)]
        for model in (0, 1)
    ]
    gain = np.subtract(*rates)
    assert (number, above, below) == (8, (gain > 1e-12).sum(), (gain < -1e-12).sum())


def test_the_best_of_several_is_compared(toy):
    """The highest of some models' values is the one whose difference is taken."""
    scores = accuracy_scores(toy)
    best = max(("m0", "m1"), key=lambda name: scores.of(name).value)
    assert scores.contrast(["m0", "m1"], "m2") == scores.difference(best, "m2")


def test_unknown_model_is_refused(toy):
    """A model without predictions is named in the error."""
    with pytest.raises(PredictionsError, match="nobody"):
        accuracy_scores(toy).of("nobody")


def _counts(documents: int = 12) -> tuple[np.ndarray, ...]:
    stream = np.random.default_rng(9)
    truth = stream.poisson(3, 40)
    right = stream.binomial(truth, 0.7, (2, 3, 40))
    return right, truth, right + stream.poisson(1, right.shape), np.sort(stream.integers(0, documents, 40))


def test_f1_is_the_mean_of_the_seeds_micro_f1():
    """Each seed's F1 is 2 right / (true + found) over all sentences."""
    right, truth, answered, documents = _counts()
    scores = ratio_scores(["a", "b"], right, truth, answered, documents, "toy")
    by_hand = [200 * right[1, s].sum() / (truth.sum() + answered[1, s].sum()) for s in range(3)]
    assert scores.of("b").value == pytest.approx(np.mean(by_hand))
    assert scores.of("b").n_subjects == len(np.unique(documents))


def test_influence_is_the_slope_of_f1():
    """Counting a document a little more moves F1 by its influence (the delta method)."""
    right, truth, answered, documents = _counts()
    effect = ratio_scores(["a", "b"], right, truth, answered, documents, "toy").effect("a")
    step, one = 1e-6, np.unique(documents)[3]
    weight = 1 + step * (documents == one)
    heavier = ratio_scores(["a"], right[:1] * weight, truth * weight, answered[:1] * weight, documents, "toy")
    slope = (heavier.effect("a").value - effect.value) / step
    influence = effect.influence["toy"]
    # That all seeds have the mean's F1 is good to first order in how far they differ.
    assert slope == pytest.approx(influence.loc[one].mean(), rel=0.05)
    assert influence.to_numpy().sum() == pytest.approx(0)


def test_one_answer_a_token_is_accuracy():
    """Where each unit has one true and one found answer, F1 and its interval are those of accuracy."""
    stream = np.random.default_rng(3)
    right = stream.random((2, 3, 60)) < 0.8
    documents = np.repeat(np.arange(10), 6).astype(str)
    ones = np.ones(60)
    found = ratio_scores(["a", "b"], right, ones, ones, documents, "toy")
    plain = mean_scores(["a", "b"], right, documents, "toy", scale=100.0)
    for name in ("a", "b"):
        for end in ("value", "low", "high"):
            assert getattr(found.of(name), end) == pytest.approx(getattr(plain.of(name), end))


def test_documents_count_for_and_against():
    """A document without entities in which nothing is found is as good as one with all found."""
    right = np.array([[[1.0, 0, 0]], [[0.0, 0, 0]]])
    answered = np.array([[[1.0, 0, 1]], [[0.0, 0, 0]]])
    scores = ratio_scores(["a", "b"], right, np.array([1, 0, 0]), answered, np.array(["x", "y", "z"]), "toy")
    assert scores.subjects("a", "b") == (3, 1, 1)


def test_no_entities_at_all_is_an_error():
    """Test documents without entities, in which none is found, have no F1."""
    nothing = np.zeros((1, 2, 3))
    with pytest.raises(PredictionsError, match="data set 'toy': model 'm' found nothing"):
        ratio_scores(["m"], nothing, np.zeros(3), nothing, np.array(["x", "y", "y"]), "toy")
