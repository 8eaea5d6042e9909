"""Reconstruction by sums: what all rows together give, and files that do not belong together."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from engram.core.errors import PredictionsError
from engram.statistics.intervals import mean_scores
from engram.studies.general.evidence.metrics import NOT_NEGATIVE
from engram.studies.general.evidence.reconstructed import Reconstructed

ENCODERS, MODELS, SEEDS, FACES = ("age", "gender"), ("pca", "ae", "unique"), (1, 2, 3), 60


@pytest.fixture
def written(tmp_path):
    """Return the files of each model and seed, rows in another order each time, and all errors."""
    rng = np.random.default_rng(3)
    errors = rng.gamma(2, size=(len(MODELS), len(SEEDS), FACES, 2))
    rows, subjects = np.arange(FACES) * 3, np.array([f"s{number % 7}" for number in rng.permutation(FACES)])
    files = []
    for (m, model), (s, seed) in product(enumerate(MODELS), enumerate(SEEDS)):
        table = pd.DataFrame({"row": rows, "subject": subjects, "operator": model, "seed": seed})
        table[list(ENCODERS)] = errors[m, s]
        files.append(tmp_path / f"{model}-{seed}.parquet")
        table.sample(frac=1, random_state=m + s).to_parquet(files[-1], index=False)
    return files, errors, subjects


def test_sums_give_what_all_rows_give(written):
    """Values, intervals and sums by subject are exactly those of the errors of all faces at once."""
    files, errors, subjects = written
    found = Reconstructed.read(files, ENCODERS, SEEDS)
    assert (found.models, found.faces, len(found.names)) == (MODELS, FACES, 7)
    for place in range(2):
        expected = mean_scores(MODELS, errors[..., place], subjects, "crowd", bounds=NOT_NEGATIVE)
        expected = expected.map(np.sqrt, NOT_NEGATIVE)
        scores = found.scores(place, "crowd", 0.95)
        for model in MODELS:
            assert scores.of(model) == expected.of(model)
        pd.testing.assert_frame_equal(scores.by_subject, expected.by_subject, check_exact=True)


@pytest.mark.parametrize("damage", ["other faces", "fewer faces", "no such seed"])
def test_files_of_other_faces_or_seeds_are_refused(written, damage):
    """What operators are compared on must be the same."""
    files, *_ = written
    table = pd.read_parquet(files[4])
    if damage == "other faces":
        table["row"] += 1
    elif damage == "fewer faces":
        table = table.iloc[:-1]
    else:
        table["seed"] = 9
    table.to_parquet(files[4], index=False)
    with pytest.raises(PredictionsError, match="different faces or seeds"):
        Reconstructed.read(files, ENCODERS, SEEDS)
