"""The copies of the printed figures of the memory study are whole, and say what the notes say of them."""

from __future__ import annotations

import numpy as np
import pytest

from engram.reporting.claims import read_claims
from engram.studies.memory.claims import CLAIMS_FILE
from engram.studies.memory.printed import FACTS, printed_ratio, printed_test_size, read_printed


def _fit(accuracies, size: int) -> int:
    """Count the printed accuracies that are a whole number of ``size`` images, to two digits."""
    return sum(abs(round(100 * round(value * size / 100) / size, 2) - value) < 0.001 for value in accuracies)


def _printed(role: str, target: str | None = None):
    table = read_printed("integrity")
    table = table[table["evaluated_on"] == role]
    return table[table["target"] == target]["accuracy"] if target else table["accuracy"]


def test_shape_of_the_printed_table():
    """Three targets, two sides, BL and four strategies at two fractions."""
    table = read_printed("integrity")
    assert len(table) == 3 * 2 * (1 + 4 * 2)
    assert set(table["strategy"]) == {"BL", "FC", "FC+CL", "RE", "FU"}


@pytest.mark.parametrize(
    ("target", "size", "fitting"), [("JAFFE", 67, 9), ("TFEID", 58, 8), ("MUG", 741, 9), ("MUG", 734, 0)]
)
def test_test_sizes_that_fit(target, size, fitting):
    """So many of the nine printed target accuracies are whole numbers of so many images."""
    assert _fit(_printed("target", target), size) == fitting


def test_mug_fits_its_printed_validation_size():
    """741 is the size printed for validation, 734 the one for test; of JAFFE and TFEID only test fits."""
    sizes = read_printed("datasets").set_index("dataset")
    assert sizes.loc["MUG", ["validation", "test"]].tolist() == [741, 734]
    fitting = {
        (name, subset): _fit(_printed("target", name), sizes.loc[name, subset])
        for name in ("JAFFE", "TFEID", "MUG")
        for subset in ("validation", "test")
    }
    assert fitting["MUG", "validation"] == 9
    assert fitting["MUG", "test"] == 0
    assert fitting["JAFFE", "validation"] + fitting["TFEID", "validation"] == 0
    assert "741 images, the printed size of MUG's validation subset" in FACTS["MUG"]


def test_printed_ratios_of_training_images():
    """FER has 219, 71 and 5 times the images of the three targets, as the claim says."""
    ratios = [printed_ratio("FER", name) for name in ("JAFFE", "TFEID", "MUG")]
    assert [round(ratio) for ratio in ratios] == [219, 71, 5]
    claim = next(each for each in read_claims(CLAIMS_FILE).claims if each.id == "merging_raises_target")
    assert "219, 71 and 5 times fewer" in claim.text
    assert all(np.isnan(printed_ratio("FER", name)) for name in (None, "CK+"))


def test_fer_fits_but_for_one():
    """One printed source accuracy, 67.69, is no whole number of 3,589 images."""
    values = _printed("source").unique()
    assert _fit(values, 3589) == len(values) - 1
    assert _fit([67.69], 3589) == 0


def test_parts_of_fer_are_one_short():
    """The printed parts of FER sum to 35,887, one less than its printed total."""
    fer = read_printed("datasets").set_index("dataset").loc["FER"]
    assert (fer["training"] + fer["validation"] + fer["test"], fer["total"]) == (35887, 35888)
    assert "35,887" in FACTS["FER"]


def test_printed_test_sizes():
    """The sizes are the printed ones, MUG's too."""
    assert [printed_test_size(name) for name in ("FER", "JAFFE", "TFEID", "MUG")] == [3589, 67, 58, 734]
