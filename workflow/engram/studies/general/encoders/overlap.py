"""Look for faces and subjects that are both learnt from and tested on, in the data sets of the study."""

from __future__ import annotations

from engram.core.files import write_text
from engram.data.images.overlap import Contents, find_overlap
from engram.data.images.store import load_stores
from engram.data.split import read_split
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.jobs.overlap import OverlapParams

__all__ = ["write_overlap"]


def write_overlap(inputs: NamedFiles, outputs: NamedFiles, params: OverlapParams) -> None:
    """Write what each data set that is learnt from shares with each that is tested on; see `find_overlap`.

    Parameters
    ----------
    inputs
        ``stores`` (files of one folder a data set, in the order of ``params.datasets``) and ``splits``.
    outputs
        ``overlap``, a CSV file.
    """
    found = {}
    for (name, store), file in zip(load_stores(inputs.stores, params.datasets), inputs.splits, strict=True):
        split = read_split(file, len(store))
        found[name] = Contents.of(store, split, subjects_are_names=params.datasets[name])
    table = find_overlap(
        {name: found[name] for name in params.learnt}, {name: found[name] for name in params.tested}
    )
    write_text(outputs.overlap, table.to_csv(index=False, lineterminator="\n"))
