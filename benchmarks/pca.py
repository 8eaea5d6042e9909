"""PCA of 20,000 x 5,488 out of core, against scikit-learn's full SVD in float64; and its memory.

Ours reads float32 rows from a file, block by block. Memory is the peak of a process's anonymous
memory at 5,000 and 50,000 rows of 1,024 values: mapped pages of the file can be dropped at any time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

__all__ = ["compare", "memory", "run"]

_ROWS, _VALUES, _SIZE = 20_000, 5_488, 1_024

_JOB = """
import sys, threading, time
from pathlib import Path
import numpy as np
from engram.models.pca import fit_pca

rows = np.load(sys.argv[1], mmap_mode="r")
peak = 0

def watch():
    global peak
    while True:
        status = Path("/proc/self/status").read_text()
        peak = max(peak, int(status.split("RssAnon:")[1].split()[0]))
        time.sleep(0.01)

threading.Thread(target=watch, daemon=True).start()
fit_pca((rows[at : at + 1024] for at in range(0, len(rows), 1024)), 128)
print(peak)
"""


def run() -> dict[str, float]:
    """Return seconds, their ratio, the angle between the subspaces, and memory at both sizes."""
    return {**compare(_ROWS, _VALUES, _SIZE), **memory()}


def compare(count: int, values: int, size: int) -> dict[str, float]:
    """Return what both cost on rows whose variances fall slowly, and how far the results lie apart."""
    from scipy.linalg import subspace_angles
    from sklearn.decomposition import PCA

    from engram.models.pca import fit_pca

    with tempfile.TemporaryDirectory() as name:
        rows = _make_rows(Path(name) / "rows.npy", count, values)
        started = time.perf_counter()
        found = fit_pca((rows[at : at + 1024] for at in range(0, count, 1024)), size)
        ours = time.perf_counter() - started
        whole = np.array(rows, np.float64)
    started = time.perf_counter()
    expected = PCA(size, svd_solver="full", copy=False).fit(whole)
    theirs = time.perf_counter() - started
    angle = subspace_angles(found.directions.T, expected.components_.T).max()
    return {
        "rows": float(count),
        "values": float(values),
        "components": float(size),
        "seconds": ours,
        "scikit_learn_seconds": theirs,
        "scikit_learn_over_ours": theirs / ours,
        "largest_angle_in_radians": float(angle),
    }


def memory() -> dict[str, float]:
    """Return the peak anonymous memory in MiB at both sizes, and their ratio."""
    peaks = {}
    with tempfile.TemporaryDirectory() as name:
        for factor in (1, 10):
            path = Path(name) / f"{factor}.npy"
            _make_rows(path, 5_000 * factor, 1_024)
            output = subprocess.run(
                [sys.executable, "-c", _JOB, str(path)], capture_output=True, text=True, check=True
            )
            peaks[factor] = json.loads(output.stdout) / 1024
    return {
        "mebibytes": peaks[1],
        "mebibytes_at_ten_times": peaks[10],
        "ten_times_over_one": peaks[10] / peaks[1],
    }


def _make_rows(path: Path, count: int, values: int) -> np.ndarray:
    """Write (count, values) float32 with standard deviations from 1 to 0.01 and a mean; memory-mapped."""
    rng = np.random.default_rng(1)
    spread = np.geomspace(1, 0.01, values, dtype=np.float32)
    array = np.lib.format.open_memmap(path, "w+", np.float32, (count, values))
    for start in range(0, count, 1024):
        shape = array[start : start + 1024].shape
        array[start : start + 1024] = 3 + spread * rng.standard_normal(shape, np.float32)
    array.flush()
    return np.load(path, mmap_mode="r")
