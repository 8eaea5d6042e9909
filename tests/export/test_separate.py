"""The example's last step: what a student's embeddings of the London Set separate."""

import importlib.util

import numpy as np
import pandas as pd
import pytest

from tests.conftest import ROOT

PATH = ROOT / "docs/examples/pretrained-encoders/separate.py"
SPEC = importlib.util.spec_from_file_location("separate", PATH)
separate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(separate)


@pytest.fixture
def tables():
    """Return embeddings of 24 subjects whose first value tells smiles, and the subjects' table."""
    rng = np.random.default_rng(2)
    paths, values = [], []
    for subject in range(24):
        for folder, ending, smile in (("neutral_front", "03", 0), ("smiling_front", "08", 1)):
            paths.append(f"london/{folder}/{subject:03d}_{ending}.jpg")
            values.append([5.0 * smile + rng.normal(), *rng.normal(size=3)])
    table = pd.DataFrame(values, columns=["e0", "e1", "e2", "e3"])
    table.insert(0, "path", paths)
    table.insert(1, "detected", True)
    genders = np.where(np.arange(24) % 2 == 0, "female", "male")
    return table, pd.DataFrame({"face_id": range(24), "face_gender": genders})


def test_what_is_in_the_embeddings_is_found_and_nothing_else(tables):
    """Smiles are told, gender, which no value holds, is not."""
    counts = separate.separation(*tables)
    assert counts["smiling"][0] > 45
    assert counts["smiling"][1] == counts["gender"][1] == 48
    assert counts["gender"][0] < 36


def test_an_undetected_face_is_wrong(tables):
    """It has no embedding, and counts all the same."""
    table, subjects = tables
    table.loc[[0, 1, 4], "detected"] = False
    table.loc[[0, 1, 4], ["e0", "e1", "e2", "e3"]] = np.nan
    right, count = separate.separation(table, subjects)["smiling"]
    assert count == 48
    assert 40 < right <= 45
