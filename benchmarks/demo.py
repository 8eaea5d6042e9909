"""The whole demonstration in a fresh folder: wall time, and the share of the cores that learnt.

The share counts what training and evaluating jobs spent between their imports and their end, of the
time of all cores from snakemake's start to its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

__all__ = ["measure", "run"]

_ROOT = Path(__file__).parents[1]
_READ = ("Snakefile", "workflow", "config", "profiles", "envs")


def run() -> dict[str, float]:
    """Return minutes, the share of both cores' time spent training or evaluating, and the jobs' count."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in _READ:
            (folder / part).symlink_to(_ROOT / part)
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "snakemake", "--quiet", "all"], cwd=folder, check=True)
        return measure(folder / "results", time.perf_counter() - started)


def measure(results: Path, seconds: float) -> dict[str, float]:
    """Return the figures of a whole run that took ``seconds`` and left its records in ``results``."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in results.rglob("record.json")]
    learning = sum(
        sum(record["timings"].values()) for record in records if record["kind"] in ("training", "evaluation")
    )
    cores = os.cpu_count() or 1
    return {
        "minutes": seconds / 60,
        "cores": cores,
        "models": sum(record["kind"] == "training" for record in records),
        "share_of_cores_learning": learning / (seconds * cores),
    }
