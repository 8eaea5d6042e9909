"""Say how well a student's embeddings of the London Set separate smiles and genders.

    python separate.py london.csv london_faces_info.csv

reads the table of ``python -m engram.embed`` and the data set's own table of subjects.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

__all__ = ["separation"]

#: Folds of subjects, in which each face is tested by a classifier that has not seen its subject.
_FOLDS = 10


def separation(table: pd.DataFrame, subjects: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Return how many faces a linear classifier is right about, and of how many, by what it tells apart.

    ``table`` is that of `engram.embed`; a face that was not detected counts as wrong. ``subjects`` has the
    columns ``face_id`` and ``face_gender``.
    """
    names = table["path"].map(lambda path: Path(path).stem.partition("_")[0])
    genders = dict(zip(subjects["face_id"].astype(str).str.zfill(3), subjects["face_gender"], strict=True))
    labels = {
        "smiling": table["path"].map(lambda path: Path(path).stem.endswith("_08")),
        "gender": names.map(genders) == "female",
    }
    found = table["detected"].astype(bool).to_numpy()
    values = table.filter(regex="^e[0-9]+$").to_numpy(np.float32)[found]
    groups = names.to_numpy()[found]
    counts = {}
    for what, truth in labels.items():
        wanted = truth.to_numpy(bool)[found]
        right = 0
        for training, test in GroupKFold(_FOLDS).split(values, wanted, groups):
            inner = list(GroupKFold(5).split(values[training], wanted[training], groups[training]))
            model = GridSearchCV(
                make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
                {"logisticregression__C": [0.001, 0.01, 0.1, 1.0]},
                cv=inner,
            )
            model.fit(values[training], wanted[training])
            right += int((model.predict(values[test]) == wanted[test]).sum())
        counts[what] = (right, len(table))
    return counts


def _main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("embeddings", type=Path, help="table of engram.embed, CSV")
    parser.add_argument("subjects", type=Path, help="london_faces_info.csv")
    given = parser.parse_args()
    counts = separation(pd.read_csv(given.embeddings), pd.read_csv(given.subjects))
    for what, (right, count) in counts.items():
        interval = binomtest(right, count).proportion_ci(method="wilson")
        print(  # noqa: T201 - what it is for
            f"{what}: {100 * right / count:.1f} % of {count} faces "
            f"(95 % interval {100 * interval.low:.1f} to {100 * interval.high:.1f}, faces as independent)"
        )


if __name__ == "__main__":
    _main()
