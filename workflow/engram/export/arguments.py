"""What the commands `engram.embed` and `engram.tag` have in common."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from engram.core.errors import ConfigurationError

__all__ = ["add_batch", "add_threads", "check_output"]


def add_batch(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--batch``, by default 64; ``what`` says of what."""
    parser.add_argument("--batch", type=int, default=64, metavar="N", help=f"{what} (default: %(default)s)")


def add_threads(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--threads``, by default as many as the process may use; ``what`` says of what."""
    parser.add_argument(
        "--threads",
        type=int,
        default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        metavar="N",
        help=f"{what} (default: all cores, %(default)s)",
    )


def check_output(path: Path, *endings: str) -> None:
    """Refuse, before any work, a table that could not be written.

    Raises
    ------
    ConfigurationError
        If its folder is not there or its ending is none of these.
    """
    if path.suffix not in endings:
        raise ConfigurationError(
            f"{path}: this table ends in {' or '.join(endings)}. Choose another --output."
        )
    if not path.parent.is_dir():
        raise ConfigurationError(
            f"{path}: the folder {path.parent} is not there. Make it, or choose another."
        )
