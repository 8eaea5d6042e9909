"""The check that all trainings of the memory study wait for: every data set has its subsets and folds."""

from __future__ import annotations

from pathlib import Path

from engram.core.errors import SplitError
from engram.core.files import write_json
from engram.data.jobs import SplitCheckParams
from engram.data.split import dropped_images, read_split, subset_sizes
from engram.runtime.job_spec import NamedFiles

__all__ = ["check_splits"]


def check_splits(inputs: NamedFiles, outputs: NamedFiles, params: SplitCheckParams) -> None:
    """Read the split of every data set, and write how many images and subjects its subsets have.

    Parameters
    ----------
    inputs
        ``splits``, in the order of ``params.folds``.
    outputs
        ``report``.

    Raises
    ------
    SplitError
        If a split is damaged, or has other folds than those that models are planned for.
    """
    report = {}
    for (name, folds), path in zip(params.folds.items(), map(Path, inputs.splits), strict=True):
        split = read_split(path)
        if split.folds != folds:
            raise SplitError(
                f"{path}: it has {split.folds} folds, the settings of '{name}' say {folds}. "
                "Delete the split and run snakemake again."
            )
        report[name] = {
            "folds": folds,
            **{key: list(size) for key, size in subset_sizes(split.table).items()},
            "dropped": dropped_images(split.table),
        }
    write_json(Path(outputs.report), report)
