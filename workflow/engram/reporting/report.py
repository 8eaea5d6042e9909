"""The one page that gathers a run's tables, figures and claims, and opens offline: Snakemake's report."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engram.core.errors import ReportError
from engram.core.files import atomic_path, write_json

__all__ = ["write_report"]


def write_report(
    page: str | Path, parts: Sequence[str], config: Mapping[str, Any], configuration: Path
) -> None:
    """Write ``page`` of the files in ``parts`` and of all that they were made from.

    Parameters
    ----------
    config
        The run's merged configuration, as Snakemake has it.
    configuration
        Where it is written down: the Snakemake that makes the page reads it there.

    Raises
    ------
    ReportError
        If Snakemake cannot make it; the message holds its own words.
    """
    write_json(configuration, config)
    with atomic_path(page) as temporary:
        # The run that this job belongs to holds the folder's lock, and a report changes nothing.
        command = [sys.executable, "-m", "snakemake", *parts, "--nolock", "--report", str(temporary)]
        done = subprocess.run(
            [*command, "--configfile", str(configuration)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ReportError(f"{page}: the report cannot be made.\n{done.stdout}{done.stderr}")
