"""A real tracking server, and a real PostgreSQL behind it, on ports of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Where Debian keeps what `initdb` and `postgres` are.
_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))


@contextmanager
def tracking_server(folder: Path, store: str) -> Iterator[str]:
    """Run `mlflow server` on a store and give its address; artifacts go through it into ``folder``."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", store, "--artifacts-destination", str(folder / "artifacts")),
        *("--workers", "1"),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    # Its own jobs, which nobody asks for here, would be eight more processes.
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    environment = {**os.environ, **quiet}
    with open(folder / "server.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, cwd=folder, start_new_session=True
        )
    try:
        _await(f"http://127.0.0.1:{port}/health", process, folder / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        # The server starts others; all of them are of its process group.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def postgres_programs() -> dict[str, str]:
    """Return where `initdb`, `postgres` and `createdb` are; those that are missing are left out."""
    path = os.pathsep.join([*map(str, reversed(_POSTGRES)), os.environ.get("PATH", "")])
    found = {name: shutil.which(name, path=path) for name in ("initdb", "postgres", "createdb")}
    return {name: place for name, place in found.items() if place}


def postgres_user() -> str | None:
    """Return whom to run PostgreSQL as, which refuses root: ``postgres`` for root, else None, ourselves."""
    return "postgres" if os.geteuid() == 0 else None


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run PostgreSQL in a temporary folder and give the address of its database ``mlflow``.

    Not below pytest's folders, into which another user may not look.
    """
    programs, user, port = postgres_programs(), postgres_user(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="engram-postgres-"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    who = {
        "user": user,
        "cwd": folder,
        "stdin": subprocess.DEVNULL,
        "env": {**os.environ, "HOME": str(folder)},
    }
    subprocess.run(
        [programs["initdb"], "-D", str(data), "-U", "engram", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        capture_output=True,
        **who,
    )
    command = [
        programs["postgres"],
        "-D",
        str(data),
        "-p",
        str(port),
        "-h",
        "127.0.0.1",
        "-k",
        str(folder),
        "-F",
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **who
    )
    try:
        make = [programs["createdb"], "-h", "127.0.0.1", "-p", str(port), "-U", "engram", "mlflow"]
        deadline = time.monotonic() + 60
        while (done := subprocess.run(make, capture_output=True, text=True, check=False, **who)).returncode:
            assert process.poll() is None, "postgres ended"
            assert time.monotonic() < deadline, done.stderr
            time.sleep(0.2)
        yield f"postgresql://engram@127.0.0.1:{port}/mlflow"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        shutil.rmtree(folder)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def _await(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.2)
