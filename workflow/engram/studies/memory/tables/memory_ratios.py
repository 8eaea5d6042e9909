"""How many training images of the source stand against one of the target, for each transfer and fraction;
beside it the ratio of the printed sizes.
"""

from __future__ import annotations

import pandas as pd

from engram.data.split import subset_sizes
from engram.reporting.cells import EMPTY
from engram.reporting.tables import Cell, Table, View
from engram.studies.memory.collect import Evidence
from engram.studies.memory.notes import stand_in_notes
from engram.studies.memory.printed import printed_ratio
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["TABLE"]


def ratios_table(evidence: Evidence) -> pd.DataFrame:
    """Return the ratio of training images, source to target.

    Columns: source, target, fraction (percent of the target's training subset), source_images,
    target_images, ratio, printed_ratio (of the whole training subsets; missing where the two are not the
    paper's data sets).
    """
    pairs = dict.fromkeys((trial.source, trial.target) for trial in evidence.trials)
    fractions = sorted({trial.fraction for trial in evidence.trials} - {0} | {100})
    return pd.DataFrame([_row(evidence, *pair, fraction) for pair in pairs for fraction in fractions])


def _row(evidence: Evidence, source: str, target: str, fraction: int) -> dict:
    sizes = {name: subset_sizes(evidence.splits[name])["train"][0] for name in (source, target)}
    used = max(1, round(sizes[target] * fraction / 100))
    published = [evidence.settings.datasets[name].published for name in (source, target)]
    return {
        "source": source,
        "target": target,
        "fraction": fraction,
        "source_images": sizes[source],
        "target_images": used,
        "ratio": sizes[source] / used,
        "printed_ratio": printed_ratio(*published) if fraction == 100 else float("nan"),
    }


def _ratios_view(frame: pd.DataFrame, evidence: Evidence) -> View:
    titles = dataset_titles(evidence)
    printed = frame["printed_ratio"].notna().any()
    rows, last = [], None
    for line in frame.itertuples(index=False):
        pair = (line.source, line.target)
        name = f"{titles[line.source]} → {titles[line.target]}"
        cells = [Cell(f"{count:,}") for count in (line.source_images, line.target_images)]
        shown = EMPTY if pd.isna(line.printed_ratio) else Cell(f"{line.printed_ratio:.0f}")
        rows.append(
            [
                Cell(name if pair != last else ""),
                Cell(f"{line.fraction} %"),
                *cells,
                Cell(f"{line.ratio:.1f}"),
                *([shown] if printed else []),
            ]
        )
        last = pair
    header = ["transfer", "target data", "source images", "target images", "source : target"]
    return View(
        "Training images of the source for one of the target.",
        [(word,) for word in [*header, *(["printed sizes"] if printed else [])]],
        rows,
        text_columns=2,
        notes=[
            "Images of the training subsets, labelled or not, detected or not. The printed sizes of FER to "
            "JAFFE, TFEID and MUG give 219, 71 and 5.",
            *stand_in_notes(evidence),
        ],
    )


TABLE = Table(ratios_table, _ratios_view, keys=("source", "target", "fraction"))
