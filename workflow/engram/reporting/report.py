"""The one page that gathers a run's tables, figures and claims, and opens offline: Snakemake's report."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engram.core.errors import ReportError
from engram.core.files import atomic_path, write_json

__all__ = ["write_report"]


def write_report(parts: Sequence[str], page: str | Path, config: Mapping[str, Any]) -> None:
    """Write a page with the files in ``parts`` and with how each was made.

    Parameters
    ----------
    parts
        Tables, figures and other results; those that rules mark with ``report()`` are shown.
    page
        HTML file that is written.
    config
        The run's merged configuration, as Snakemake has it: the report is made by a second Snakemake, which
        reads all rules again.

    Raises
    ------
    ReportError
        If Snakemake cannot make the page; the message repeats Snakemake's own.
    """
    with tempfile.TemporaryDirectory() as folder, atomic_path(page) as temporary:
        configuration = Path(folder) / "configuration.json"
        write_json(configuration, config)
        # The run that this job belongs to holds the folder's lock, and a report changes nothing.
        command = [sys.executable, "-m", "snakemake", *parts, "--nolock", "--report", str(temporary)]
        done = subprocess.run(
            [*command, "--configfile", str(configuration)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ReportError(f"{page}: the report cannot be made.\n{done.stdout}{done.stderr}")
