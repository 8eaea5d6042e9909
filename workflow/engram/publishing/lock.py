"""One writer of an experiment at a time, however many clones and machines track to one server.

MLflow has no lock, but a registered model's name is unique in its database, and whoever registers it
first is told so. The model that stands for the lock is there only while somebody writes. Its holder
shows that it lives by a counter that goes up; clocks of different machines play no part.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from engram.core.errors import SharingError

__all__ = ["sole_writer"]

#: Seconds between two signs of life, and how long a waiting process does without one.
BEAT, SILENCE = 10.0, 120.0
#: Longest wait for others that do live.
_PATIENCE = 3600.0
_POLL = 0.5
_PREFIX = "engram-lock-"
_HOLDER, _BEATS, _PLACE, _PROCESS = "engram.holder", "engram.beats", "engram.place", "engram.process"


@contextmanager
def sole_writer(client: Any, experiment: str) -> Iterator[Callable[[], None]]:
    """Wait until nobody else writes to an experiment; give what to call while writing, again and again.

    A holder that was killed is passed over: at once where its process is known to be gone, else
    after `SILENCE` seconds without a sign of life.

    Raises
    ------
    SharingError
        If others write for more than an hour, or another process took this one for dead.
    """
    lock = _Lock(client, _PREFIX + re.sub(r"[/:]", "-", experiment))
    lock.acquire()
    try:
        yield lock.beat
    finally:
        lock.release()


class _Lock:
    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name, self._token = client, name, uuid.uuid4().hex
        self._beats, self._last = 0, 0.0

    def acquire(self) -> None:
        """Become the holder."""
        started = seen = time.monotonic()
        last: dict[str, str] = {}
        while not self._create():
            tags, now = self._tags(), time.monotonic()
            if tags != last:
                last, seen = tags, now
            if tags and (now - seen > SILENCE or _is_gone(tags)):
                self._break(tags[_HOLDER])
            elif now - started > _PATIENCE:
                raise SharingError(
                    f"MLflow: others have been writing for {_PATIENCE / 60:.0f} minutes (their lock is "
                    f"the registered model '{self._name}'). Try again when they are done."
                )
            else:
                time.sleep(_POLL)

    def beat(self) -> None:
        """Show that the holder lives; cheap to call often."""
        if time.monotonic() - self._last < BEAT:
            return
        if self._tags().get(_HOLDER) != self._token:
            raise SharingError(
                "MLflow: another process took over, because this one gave no sign of life for "
                f"{SILENCE:.0f} seconds. Run the same command again: what is logged is not logged twice."
            )
        self._beats += 1
        self._client.set_registered_model_tag(self._name, _BEATS, str(self._beats))
        self._last = time.monotonic()

    def release(self) -> None:
        """Let the next one in, and remove what is left of dead holders' locks."""
        from mlflow.exceptions import MlflowException

        # Where the server has gone the lock stays, and is passed over later.
        with suppress(MlflowException):
            if self._tags().get(_HOLDER) == self._token:
                # What cannot be removed now is left to the next holder, which must not wait for it.
                with suppress(MlflowException):
                    self._remove_graves()
                self._client.delete_registered_model(self._name)

    def _create(self) -> bool:
        from mlflow.exceptions import MlflowException

        tags = {_HOLDER: self._token, _BEATS: "0", _PLACE: _place(), _PROCESS: str(os.getpid())}
        try:
            self._client.create_registered_model(
                self._name, tags=tags, description="Somebody writes to the experiment. Gone when done."
            )
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            # Ours, if the first try succeeded and its answer was lost.
            if self._tags().get(_HOLDER) != self._token:
                return False
        self._last = time.monotonic()
        return True

    def _tags(self) -> dict[str, str]:
        """Return what the holder says; nothing if there is none."""
        from mlflow.exceptions import MlflowException

        try:
            return dict(self._client.get_registered_model(self._name).tags)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return {}

    def _break(self, holder: str) -> None:
        """Take the lock from a dead holder.

        It is renamed after that holder, a name that can be given once: of several processes that want
        to break the same lock one succeeds, and none breaks the lock of the next holder. What it is
        renamed to stays until a holder is done, whoever that is: this process may be killed too.
        """
        from mlflow.exceptions import MlflowException

        try:
            self._client.rename_registered_model(self._name, self._grave(holder))
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"):
                raise

    def _grave(self, holder: str) -> str:
        return f"{self._name}-{holder}"

    def _remove_graves(self) -> None:
        """Remove locks that were broken; their tags tell them from the locks of other experiments."""
        for found in self._client.search_registered_models(f"name LIKE '{_PREFIX}%'", max_results=1000):
            if found.name == self._grave(found.tags.get(_HOLDER, "")):
                self._client.delete_registered_model(found.name)


def _place() -> str:
    """Return what names this machine since its start, and its table of processes; empty if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_gone(tags: dict[str, str]) -> bool:
    """Return whether the holder was a process of this machine that is no more."""
    if not tags.get(_PLACE) or tags[_PLACE] != _place():
        return False
    # Other users' processes may be hidden in /proc; a signal that is none finds them all the same.
    try:
        os.kill(int(tags[_PROCESS]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        # Another user's, which is there.
        return False
    return False
