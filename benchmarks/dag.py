"""Building the graph of jobs at published scale, against a toy Snakefile with as many jobs.

The toy has one rule with as many outputs, each its own job with a script, an input, a log, a timing and
a parameter, and no settings: what it costs is Snakemake's own. Both are `snakemake -n` in a fresh
folder, with no data, from the start of the process to its end, in turns; seconds are the processor's,
which others that use the machine do not lengthen. Scaled up are twenty seeds, five fractions and two
sources.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

__all__ = ["plan_seconds", "run"]

_ROOT = Path(__file__).parents[1]
_READ = ("Snakefile", "workflow", "config", "profiles", "envs")
_TURNS = 3
#: Twenty seeds, five fractions, two sources.
_SCALED = {
    "seeds": list(range(1, 21)),
    "memory": {
        "transfers": [
            {"source": "fer2013", "targets": ["jaffe", "tfeid", "mug"]},
            {"source": "mug", "targets": ["jaffe", "tfeid", "fer2013"]},
        ],
        "fractions": [10, 25, 50, 75, 100],
    },
}


def run() -> dict[str, float]:
    """Return seconds and jobs of both configurations, and the ratios to a toy of as many jobs."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in _READ:
            (folder / part).symlink_to(_ROOT / part)
        (folder / "scaled.yaml").write_text(yaml.safe_dump(_SCALED), encoding="utf-8")
        for title, files in (
            ("paper", ["config/paper.yaml"]),
            ("scaled_up", ["config/paper.yaml", "scaled.yaml"]),
            ("demonstration", ["config/default.yaml"]),
        ):
            first = plan_seconds(folder, "--configfile", *files)
            jobs = first[2]
            toy = folder / f"toy_{title}"
            _write_toy(toy, jobs)
            turns: dict[str, list[tuple[float, float, int]]] = {"ours": [first], "toy": []}
            # In turns, so that a change of the machine's speed touches both alike.
            for _ in range(_TURNS):
                turns["toy"].append(plan_seconds(toy))
                turns["ours"].append(plan_seconds(folder, "--configfile", *files))
            spent = {kind: min(each[0] for each in runs) for kind, runs in turns.items()}
            found |= {
                f"{title}_jobs": jobs,
                f"{title}_seconds_by_the_clock": min(each[1] for each in turns["ours"]),
                f"{title}_seconds": spent["ours"],
                f"{title}_toy_seconds": spent["toy"],
                f"{title}_over_toy": spent["ours"] / spent["toy"],
            }
    return found


def plan_seconds(folder: Path, *arguments: str) -> tuple[float, float, int]:
    """Return the processor's and the clock's seconds of `snakemake -n` in ``folder``, and its jobs."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", *arguments]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    total = re.findall(r"^total +([0-9]+)$", done.stdout, re.MULTILINE)
    return spent, clock, int(total[-1])


def _write_toy(folder: Path, jobs: int) -> None:
    """Write a Snakefile of ``jobs`` jobs: one of them asks for all others."""
    folder.mkdir()
    (folder / "profiles").symlink_to(_ROOT / "profiles")
    (folder / "Snakefile").write_text(
        "rule all:\n"
        f'    input: expand("made/{{number}}.txt", number=range({jobs - 1}))\n'
        "rule make:\n"
        '    input: "given.txt"\n'
        '    output: "made/{number}.txt"\n'
        '    log: "logs/{number}.log"\n'
        '    benchmark: "logs/{number}.jsonl"\n'
        '    conda: "environment.yaml"\n'
        "    params: number=lambda wildcards: wildcards.number\n"
        '    script: "make.py"\n',
        encoding="utf-8",
    )
    for name in ("given.txt", "make.py", "environment.yaml"):
        (folder / name).write_text("", encoding="utf-8")
