"""Indexes of small published data sets, for tests of splits."""

import pandas as pd

from engram.config import SplitSettings
from engram.core.labels import EXPRESSIONS

PUBLISHED = SplitSettings(scheme="published", sizes=(131, 15, 67))


def jaffe():
    """Return an index like JAFFE's: 10 subjects of 20 to 23 images, 213 in all."""
    sizes = [23, 22, 20, 20, 22, 21, 21, 21, 21, 22]
    rows = [(f"P{person}", EXPRESSIONS[i % 7]) for person, size in enumerate(sizes) for i in range(size)]
    return pd.DataFrame(rows, columns=["subject", "expression"])
