"""One writer at a time: the others wait, and pass over one that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from engram.core.errors import SharingError
from engram.publishing import lock
from engram.publishing.lock import sole_writer
from tests.publishing.conftest import client_of

HOLD = """
import sys, time
from mlflow import MlflowClient
from engram.publishing.lock import sole_writer
with sole_writer(MlflowClient(sys.argv[1]), "engram"):
    print("holding", flush=True)
    time.sleep(float(sys.argv[2]))
    print("done", flush=True)
"""


@pytest.fixture
def hold(store):
    """Return a function that starts a process which holds the lock for some seconds."""
    started = []

    def start(seconds: float) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, store, str(seconds)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "holding\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def locks(client) -> list[str]:
    return [model.name for model in client.search_registered_models()]


def test_a_lock_is_there_while_somebody_writes(store):
    """And gone afterwards, after an error too."""
    client = client_of(store)
    with sole_writer(client, "a/b:c") as beat:
        beat()
        assert locks(client) == ["engram-lock-a-b-c"]
    assert locks(client) == []
    with pytest.raises(KeyError), sole_writer(client, "engram"):
        raise KeyError
    assert locks(client) == []


def test_the_second_waits_for_the_first(store, hold):
    """It goes on when the first is done, not before."""
    process = hold(2.0)
    with sole_writer(client_of(store), "engram"):
        assert process.stdout.readline() == "done\n"


def test_a_killed_holder_on_this_machine_is_passed_over_at_once(store, hold):
    """Its process is known to be gone; nothing of its lock is left."""
    process = hold(60.0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    started = time.monotonic()
    with sole_writer(client_of(store), "engram"):
        assert time.monotonic() - started < 10
    assert locks(client_of(store)) == []


def test_a_silent_holder_elsewhere_is_passed_over_later(store, monkeypatch):
    """Of another machine's process nothing is known but that its counter stands still."""
    client = client_of(store)
    tags = {"engram.holder": "0", "engram.beats": "3", "engram.place": "elsewhere", "engram.process": "1"}
    client.create_registered_model("engram-lock-engram", tags=tags)
    monkeypatch.setattr(lock, "SILENCE", 2.0)
    started = time.monotonic()
    with sole_writer(client, "engram"):
        assert time.monotonic() - started > 2.0
    assert locks(client) == []


def test_a_holder_that_lives_is_not_passed_over(store, monkeypatch):
    """A counter that goes up keeps the lock, and patience ends with an error that says who holds it."""
    client = client_of(store)
    tags = {"engram.holder": "0", "engram.beats": "0", "engram.place": "elsewhere", "engram.process": "1"}
    client.create_registered_model("engram-lock-engram", tags=tags)
    monkeypatch.setattr(lock, "SILENCE", 1.0)
    monkeypatch.setattr(lock, "_PATIENCE", 4.0)
    beats = iter(range(1, 1000))

    def pause(seconds: float) -> None:
        client.set_registered_model_tag("engram-lock-engram", "engram.beats", str(next(beats)))
        real_sleep(seconds)

    real_sleep = time.sleep
    monkeypatch.setattr(lock.time, "sleep", pause)
    with pytest.raises(SharingError, match="engram-lock-engram"), sole_writer(client, "engram"):
        pass
    assert locks(client) == ["engram-lock-engram"]


def test_one_of_two_breaks_a_lock(store):
    """Both saw the same dead holder: the slower one does not break the lock of the faster."""
    client = client_of(store)
    dead = {"engram.holder": "dead", "engram.beats": "0", "engram.place": "", "engram.process": "1"}
    client.create_registered_model("engram-lock-engram", tags=dead)
    faster, slower = (lock._Lock(client, "engram-lock-engram") for _ in range(2))
    faster._break("dead")
    assert faster._create()
    slower._break("dead")
    assert faster._tags()["engram.holder"] == faster._token
    assert not slower._create()
    faster.release()
    assert locks(client) == []


def test_what_a_killed_breaker_left_is_removed(store):
    """It broke a lock and was killed: the next holder removes what is left, and no other's lock."""
    client = client_of(store)
    other = "engram-lock-engram-two"
    for name, holder in (("engram-lock-engram", "dead"), (other, "alive")):
        tags = {"engram.holder": holder, "engram.beats": "0", "engram.place": "", "engram.process": "1"}
        client.create_registered_model(name, tags=tags)
    lock._Lock(client, "engram-lock-engram")._break("dead")
    assert sorted(locks(client)) == ["engram-lock-engram-dead", other]
    with sole_writer(client, "engram"):
        assert len(locks(client)) == 3
    assert locks(client) == [other]


def test_a_holder_that_was_passed_over_stops(store, monkeypatch):
    """It notices at its next sign of life, and leaves the new holder's lock alone."""
    client = client_of(store)
    monkeypatch.setattr(lock, "BEAT", 0.0)
    first, second = (lock._Lock(client, "engram-lock-engram") for _ in range(2))
    first.acquire()
    second._break(first._token)
    assert second._create()
    with pytest.raises(SharingError, match="another process took over"):
        first.beat()
    first.release()
    assert second._tags()["engram.holder"] == second._token


def test_a_process_that_lives_is_not_gone():
    """Only a process of this very machine can be known to be gone."""
    here = {"engram.place": lock._place(), "engram.process": str(os.getpid())}
    assert not lock._is_gone(here)
    assert not lock._is_gone(here | {"engram.place": "elsewhere", "engram.process": "999999999"})
    assert not lock._is_gone({"engram.place": "", "engram.process": "999999999"})
    if lock._place():
        assert lock._is_gone(here | {"engram.process": "999999999"})


@pytest.mark.skipif(not lock._place(), reason="processes can be looked for on Linux alone")
def test_a_process_of_another_user_is_not_gone(monkeypatch):
    """Where /proc hides it, the kernel still says that it is there and not ours."""

    def refuse(process: int, number: int) -> None:
        assert (process, number) == (999999999, 0)
        raise PermissionError

    monkeypatch.setattr(lock.os, "kill", refuse)
    assert not lock._is_gone({"engram.place": lock._place(), "engram.process": "999999999"})
