"""Saved predictions are read whole or refused with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engram.core.errors import PredictionsError
from engram.statistics.predictions import UNDETECTED, read_predictions
from tests.simulated_run import make_settings, simulate_predictions

SEEDS = [1, 2, 3]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    whole = simulate_predictions(make_settings(), "studio")
    return whole[whole["lineage"].isin(["wild.base", "wild.base/studio.head"])].reset_index(drop=True)


def _read(frame: pd.DataFrame, folder: Path, seeds=SEEDS, lineages=()):
    path = folder / "predictions.parquet"
    frame.to_parquet(path, index=False)
    return read_predictions(path, "studio", "expression", seeds, lineages)


def test_arrays_hold_what_the_table_says(frame, tmp_path):
    """Any row of the table is found again at its place in the arrays, whatever the rows' order."""
    read = _read(frame.sample(frac=1, random_state=0), tmp_path)
    assert read.predicted.shape == (2, 3, 120)
    row = frame[frame["detected"]].iloc[400]
    place = (
        read.models.index(row["lineage"]),
        read.seeds.index(row["seed"]),
        list(read.rows).index(row["row"]),
    )
    assert read.classes[read.predicted[place]] == row["prediction"]
    assert read.classes[read.truth[place[2]]] == row["truth"]
    assert read.subjects[place[2]] == row["subject"]
    assert read.scores[place][0] == np.float32(row["score_anger"])


def test_undetected_faces_are_wrong(frame, tmp_path):
    """An image without a detected face has no answer and is never right."""
    read = _read(frame, tmp_path)
    missed = read.predicted == UNDETECTED
    assert missed.sum() == (~frame["detected"]).sum() > 0
    assert not read.correct[missed].any()


def _change(column: str, value: object):
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        changed = frame.copy()
        changed.loc[5, column] = value
        return changed

    return change


FAULTS = {
    "a lost column": (lambda f: f.drop(columns="score_fear"), "score_fear"),
    "an unknown class": (_change("prediction", "boredom"), "boredom"),
    "an unknown truth": (_change("truth", "boredom"), "boredom"),
    "a doubled row": (lambda f: pd.concat([f, f.iloc[[3]]]), "twice"),
    "a lost row": (lambda f: f.drop(index=3), "119 predictions where others have 120"),
    "a contradicting truth": (_change("truth", "neutral"), "disagree"),
    "a contradicting subject": (_change("subject", "p99"), "disagree"),
    "an answer for no face": (_change("detected", False), "empty where a face was detected, or the reverse"),
    "a lost seed": (lambda f: f[f["seed"] > 1], "seeds [2, 3]"),
    "no rows": (lambda f: f.iloc[:0], "no prediction in it"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_refused_with_the_way_out(fault, frame, tmp_path):
    """Each kind of damage raises PredictionsError that names the file, the fault and the way out."""
    damage, words = FAULTS[fault]
    with pytest.raises(PredictionsError) as error:
        _read(damage(frame), tmp_path)
    assert words in str(error.value)
    assert "predictions.parquet" in str(error.value)
    assert "run snakemake again" in str(error.value)


def test_missing_model_is_named(frame, tmp_path):
    """A model that the settings need and the file lacks is named."""
    with pytest.raises(PredictionsError, match=r"wild\.base/studio\.all"):
        _read(frame, tmp_path, lineages=["wild.base", "wild.base/studio.all"])


def test_missing_or_damaged_file_is_named(tmp_path):
    """A file that is absent or no Parquet is refused by name."""
    for text in (None, "nonsense"):
        path = tmp_path / "predictions.parquet"
        if text:
            path.write_text(text)
        with pytest.raises(PredictionsError, match=r"predictions\.parquet"):
            read_predictions(path, "studio", "expression", SEEDS)


def test_unknown_model_is_refused(frame, tmp_path):
    """Asking for the place of a model without predictions says so."""
    with pytest.raises(PredictionsError, match="studio"):
        _read(frame, tmp_path).index("nobody.base")
