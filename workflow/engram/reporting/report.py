"""The one page that gathers a run's tables, figures and claims, and opens offline: Snakemake's report."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engram.core.errors import ReportError
from engram.core.files import atomic_path, write_json, write_text
from engram.reporting.overview import draw_overview

__all__ = ["write_report"]


def write_report(
    parts: Sequence[str], style: str | Path, page: str | Path, overview: str | Path, config: Mapping[str, Any]
) -> None:
    """Write a page with the files in ``parts`` and with how each was made.

    Parameters
    ----------
    parts
        Tables, figures and other results; those that rules mark with ``report()`` are shown.
    style
        CSS file for the page.
    page
        HTML file that is written.
    overview
        SVG file of the workflow that is written, which the page's first words embed.
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
        asked = [*parts, "--configfile", str(configuration)]
        write_text(overview, draw_overview(_snakemake(page, *asked, "--rulegraph", "dot")))
        _snakemake(page, *asked, "--report", str(temporary), "--report-stylesheet", str(style))


def _snakemake(page: str | Path, *arguments: str) -> str:
    """Return what a second Snakemake prints, which changes nothing."""
    # The run that this job belongs to holds the folder's lock.
    command = [sys.executable, "-m", "snakemake", *arguments, "--nolock"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReportError(f"{page}: the report cannot be made.\n{done.stdout}{done.stderr}")
    return done.stdout
