"""Python imports this file at its start if its folder is on the path: it notes what a job opens for reading.

At the end of a rule's script it writes a file into the folder that ``ENGRAM_AUDIT`` names: the rule, what it
declares, and every file that was opened. Libraries that open files outside Python are covered as far as they
are named here.
"""

import atexit
import json
import os
import sys
import uuid
from pathlib import Path

_FOLDER = os.environ.get("ENGRAM_AUDIT")
_opened: set[str] = set()


def _note(event: str, arguments: tuple) -> None:
    if event != "open":
        return
    path, mode, flags = arguments
    if not isinstance(path, (str, bytes)):
        return
    writes = mode[:1] in ("w", "a", "x") if isinstance(mode, str) else bool((flags or 0) & os.O_WRONLY)
    if not writes:
        _opened.add(str(Path.cwd() / os.fsdecode(path)))


def _write() -> None:
    job = getattr(sys.modules["__main__"], "snakemake", None)
    if job is None:
        return
    found = {
        "rule": job.rule,
        "declared": [str(Path.cwd() / str(path)) for path in [*job.input, *job.output, *job.log]],
        "opened": sorted(_opened),
    }
    with open(Path(_FOLDER) / f"{uuid.uuid4().hex}.json", "w", encoding="utf-8") as stream:
        json.dump(found, stream)


if _FOLDER:
    sys.addaudithook(_note)
    atexit.register(_write)
