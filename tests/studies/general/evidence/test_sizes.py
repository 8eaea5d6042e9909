"""The size of h_G: rank correlations of known order, and the size that validation chooses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from engram.core.errors import RecordError
from engram.core.records import read_record, write_record
from engram.studies.general.evidence import sizes
from engram.studies.general.evidence.collect import AVERAGE, collect_general
from engram.studies.general.evidence.metrics import metric_of
from engram.studies.general.evidence.sizes import (
    CORRELATION,
    ZERO,
    best_sizes,
    error_and_loss,
    method_of,
    operators_by_size,
)
from tests.simulated_general import general_settings, layout_of, write_general_run


def test_sizes_rise_and_h_g_is_among_them(general):
    """The sweep and h_G's own size, whose heads are those of h_G."""
    found = operators_by_size(general.general)
    assert list(found.values()) == [4, 8, 16, 32, 64, 96]
    assert [method_of(name) for name in found][3:5] == ["h_g", "size_64"]


def test_the_correlation_is_that_of_values_by_seed(general):
    """Against Spearman's of means that are taken anew, for each target and seed."""
    names = list(operators_by_size(general.general))
    errors, expected = general.reconstruction[AVERAGE], []
    for item in general.targets:
        outcome, sign = general.outcomes[item.name], metric_of(item).better
        for seed in range(len(general.params.seeds)):
            own = [
                sign * outcome.values[outcome.methods.index(method_of(name)), seed].mean() for name in names
            ]
            error = [errors.of(name).value for name in names]
            expected.append(-spearmanr(np.round(error, 9), np.round(own, 9)).statistic)
    found = error_and_loss(general)
    assert found.of(CORRELATION).value == pytest.approx(np.mean(expected))
    assert found.of(CORRELATION).n_subjects == len(general.targets)
    assert (found.of(ZERO).value, found.of(ZERO).low, found.of(ZERO).high) == (0, 0, 0)


@pytest.mark.parametrize(("second", "expected"), [([1, 2, 9], 1.0), ([3, 2, 1], -1.0), ([5, 5, 5], 0.0)])
def test_a_rank_correlation_of_known_order(second, expected):
    """The same order, the opposite one, and one that does not vary."""
    assert sizes._rank_correlation(np.array([1.0, 2.0, 3.0]), np.array(second, float)) == expected


def test_validation_chooses_the_size(tmp_path):
    """Not the test: the records' validation scores alone decide; a record without them is named."""
    settings = general_settings()
    write_general_run(settings, tmp_path)
    evidence = collect_general(settings, tmp_path)
    path = layout_of(evidence).transfer("pain", "frozen") / "record.json"
    record = read_record(path)
    record.metrics["validation/size_96"] = 5.0
    write_record(path, record)
    chosen = best_sizes(evidence)
    assert chosen["pain"] == "size_96"
    assert set(chosen) == {item.name for item in evidence.targets}
    record.metrics = {}
    write_record(path, record)
    with pytest.raises(RecordError, match=r"pain/frozen/record\.json: its metrics lack 'validation/"):
        best_sizes(evidence)
